from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = _("Points")

    def ready(self):
        from points import parameters, receivers  # noqa: F401 - registers its handlers, declares its parameters
        from points.models import Tier
        from points.services import tier_figures

        def fill_tiers(**kwargs):
            # ``migrate points 0003`` comes here too, before there is the table.
            if Tier._meta.db_table in connection.introspection.table_names():
                tier_figures.install()

        # Not in a migration: a table emptied by a test or by hand is filled again by the next ``migrate``.
        post_migrate.connect(fill_tiers, sender=self, weak=False, dispatch_uid="points.tiers")
