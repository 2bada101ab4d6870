"""What providers state day by day, and where it differs from our books (F14)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import codes
from orders.models.payment import Payment, PaymentRefund


class Statement(models.Model):
    """A provider's statement of one day of its own, fetched and compared; fetching it again replaces its lines.

    ``unread`` are the rows that nobody could read, ``[{"row": line in the file, "text"}]``.
    """

    provider = models.CharField(_("provider"), max_length=16)
    day = models.DateField(_("day"))
    paid_count = models.PositiveIntegerField(_("payments"), default=0)
    paid_fen = models.PositiveBigIntegerField(_("paid (fen)"), default=0)
    refund_count = models.PositiveIntegerField(_("refunds"), default=0)
    refund_fen = models.PositiveBigIntegerField(_("given back (fen)"), default=0)
    unread = models.JSONField(_("rows that could not be read"), default=list, blank=True)
    fetched_at = models.DateTimeField(_("fetched at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["-day", "provider"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "day"], name="statement_once"),
            models.CheckConstraint(condition=Q(paid_fen__gte=0, refund_fen__gte=0), name="statement_sums_not_negative"),
        ]

    def __str__(self):
        return f"{codes.word('provider', self.provider)} {self.day}"


class LineKind(models.TextChoices):
    PAYMENT = "payment", _("Payment")
    REFUND = "refund", _("Refund")


class StatementLine(models.Model):
    """One line of a statement. ``reference`` is our name for the payment, ``refund_reference`` for the refund."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    kind = models.CharField(_("kind"), max_length=8, choices=LineKind)
    reference = models.CharField(_("reference"), max_length=64)
    refund_reference = models.CharField(_("refund"), max_length=64, blank=True)
    amount_fen = models.PositiveBigIntegerField(_("amount (fen)"))
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="statement_line_not_negative"),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="statement_line_kind_known"),
        ]
        indexes = [models.Index(fields=["reference"], name="statement_line_reference")]

    def __str__(self):
        return self.refund_reference or self.reference


class DifferenceKind(models.TextChoices):
    MISSING_HERE = "missing_here", _("Not in our books")
    MISSING_THERE = "missing_there", _("Not in the statement")
    AMOUNT = "amount", _("Another amount")
    STATE = "state", _("Not so far in our books")


class DifferenceState(models.TextChoices):
    """GONE: a later look found that both agree (the statement came later, the payment was settled)."""

    OPEN = "open", _("To be looked into")
    RESOLVED = "resolved", _("Resolved")
    GONE = "gone", _("Agrees by now")


class StatementDifference(models.Model):
    """Statement and books do not agree on one payment or refund. ``fen`` are NULL where that side knows of nothing."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="differences", verbose_name=_("statement"))
    kind = models.CharField(_("difference"), max_length=16, choices=DifferenceKind)
    of = models.CharField(_("of a"), max_length=8, choices=LineKind)
    reference = models.CharField(_("reference"), max_length=64)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    ours_fen = models.BigIntegerField(_("ours (fen)"), null=True, blank=True)
    theirs_fen = models.BigIntegerField(_("theirs (fen)"), null=True, blank=True)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="differences", verbose_name=_("payment")
    )
    refund = models.ForeignKey(
        PaymentRefund, models.PROTECT, null=True, blank=True, related_name="differences", verbose_name=_("refund")
    )
    state = models.CharField(_("state"), max_length=16, choices=DifferenceState, default=DifferenceState.OPEN)
    found_at = models.DateTimeField(_("found at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=64, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind", "of", "reference"], name="difference_once"),
            models.CheckConstraint(condition=Q(kind__in=DifferenceKind.values), name="difference_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DifferenceState.values), name="difference_state_known"),
            models.CheckConstraint(
                condition=(Q(ours_fen__isnull=True) | Q(ours_fen__gte=0))
                & (Q(theirs_fen__isnull=True) | Q(theirs_fen__gte=0)),
                name="difference_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="difference_closed_has_moment",
            ),
            models.CheckConstraint(condition=~Q(state="resolved") | ~Q(note=""), name="difference_resolved_has_note"),
        ]
        indexes = [models.Index(fields=["found_at"], name="difference_open", condition=Q(state="open"))]

    def __str__(self):
        return f"{self.reference} {self.get_kind_display()}"
