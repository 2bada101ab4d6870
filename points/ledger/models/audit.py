"""Each proof of the ledger, kept (B12)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditRun(models.Model):
    """One proof of the whole ledger: the seal on the staff's first page. ``breaks`` keeps the first ones, each
    ``{"account", "kind", "detail"}``."""

    at = models.DateTimeField(_("at"), db_index=True)
    by = models.CharField(_("by"), max_length=64)
    accounts = models.BigIntegerField(_("accounts"))
    entries = models.BigIntegerField(_("entries"))
    break_count = models.IntegerField(_("discrepancies"))
    breaks = models.JSONField(_("discrepancies in detail"), default=list)
    took_ms = models.BigIntegerField(_("took (ms)"))

    class Meta:
        verbose_name = _("ledger audit")
        verbose_name_plural = _("ledger audits")
        constraints = [
            models.CheckConstraint(
                condition=Q(accounts__gte=0, entries__gte=0, break_count__gte=0, took_ms__gte=0),
                name="points_audit_run_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
