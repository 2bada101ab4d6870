from importlib import import_module

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

# What takes effect by being imported: system checks, figures that staff set, receivers, tasks, kinds of approvals.
REGISTERING = (
    "ledger.deploy_checks", "ledger.parameters", "ledger.tasks",
    "tiers.approvals", "tiers.parameters", "tiers.receivers", "tiers.tasks",
    "earning.approvals", "earning.parameters", "earning.receivers", "earning.services.scripts", "earning.tasks",
    "grants.approvals", "grants.parameters", "grants.receivers", "grants.tasks",
    "purchases.parameters", "purchases.tasks",
    "partners.approvals", "partners.parameters", "partners.receivers", "partners.tasks",
)  # fmt: skip


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = _("Points")

    def ready(self):
        for module in REGISTERING:
            import_module(f"points.{module}")

        from points.earning.models import RuleSetStage
        from points.earning.services import rule_sets
        from points.tiers.models import Tier
        from points.tiers.services import tier_figures

        def fill(**kwargs):
            # ``migrate points 0003`` comes here too, before there are the tables.
            tables = connection.introspection.table_names()
            if Tier._meta.db_table in tables:
                tier_figures.install()
            if RuleSetStage._meta.db_table in tables:
                rule_sets.ensure_first()

        # Not in a migration: a table emptied by a test or by hand is filled again by the next ``migrate``.
        post_migrate.connect(fill, sender=self, weak=False, dispatch_uid="points.fill")
