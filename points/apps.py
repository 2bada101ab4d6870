from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = _("Points")

    def ready(self):
        from points import approvals, checks, parameters, receivers  # noqa: F401 - each registers what is its own
        from points.models import RuleSetStage, Tier
        from points.services import rule_sets, scripts, tier_figures  # noqa: F401 - scripts hears of failures

        def fill(**kwargs):
            # ``migrate points 0003`` comes here too, before there are the tables.
            tables = connection.introspection.table_names()
            if Tier._meta.db_table in tables:
                tier_figures.install()
            if RuleSetStage._meta.db_table in tables:
                rule_sets.ensure_first()

        # Not in a migration: a table emptied by a test or by hand is filled again by the next ``migrate``.
        post_migrate.connect(fill, sender=self, weak=False, dispatch_uid="points.fill")
