from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsmallConfig(AppConfig):
    name = "pointsmall"
    verbose_name = _("Points mall")

    def ready(self):
        from pointsmall import celery, checks  # noqa: F401 - registers the checks

        celery.app.autodiscover_tasks(force=True)  # every process must know all tasks to call them by name
