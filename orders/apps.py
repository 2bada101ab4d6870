from importlib import import_module

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

# What takes effect by being imported: figures that staff set, receivers, tasks, kinds of approvals.
REGISTERING = (
    "parameters", "approvals", "receivers", "coupons.tasks", "shipping.tasks", "payments.tasks",
    "payments.sandbox_gateway.tasks", "after_sale.tasks", "placing.tasks",
)  # fmt: skip


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self):
        for module in REGISTERING:
            import_module(f"orders.{module}")

        from orders import parameters
        from orders.models import Carrier
        from orders.shipping.services.shipping import ensure_carriers
        from points.pages.views import rules

        rules.FIGURES["payment_minutes"] = lambda: parameters.PAYMENT_WINDOW_MINUTES.value

        def fill(**kwargs):
            # ``migrate points`` alone comes here too, before there is a table of ours.
            if Carrier._meta.db_table in connection.introspection.table_names():
                ensure_carriers()

        # Not in a migration: a table emptied by a test or by hand is filled again by the next ``migrate``.
        post_migrate.connect(fill, sender=self, weak=False, dispatch_uid="orders.carriers")
