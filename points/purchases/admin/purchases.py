"""What members bought, and what it earned (C1, C11)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import actors
from core import staff_tables as tables
from core.formats import grouped, yuan_sum
from core.staff import LookOnlyAdmin
from points.earning.admin.breakdown import breakdown
from points.earning.queries import categories
from points.ledger.models import PointsEntry
from points.purchases.models import Purchase
from points.tiers import rules as tiers


@admin.register(Purchase)
class PurchaseAdmin(LookOnlyAdmin):
    """Purchases by time; the page of one shows its lines, refunds and why it earned so much."""

    list_display = ["paid_at", "member", "source", "number", "amount", "points", "rule_version", "refunded"]
    list_select_related = ["member"]
    search_fields = ["number__exact", "member__phone", "member__username", "member__email"]
    search_help_text = _("the whole order number, or phone, username or e-mail")
    ordering = ["-paid_at", "-pk"]
    fields = [
        ("member", "tier_at_that_time"),
        ("source", "number"),
        ("amount", "refunded"),
        ("points", "points_back"),
        ("paid_at", "active_from"),
        ("rule_version", "recorded_at"),
        "by",
    ]
    readonly_fields = ["amount", "refunded", "tier_at_that_time"]
    change_form_template = "points/admin/account.html"

    @display(description=_("amount"), ordering="amount_fen")
    def amount(self, purchase):
        return yuan_sum(purchase.amount_fen)

    @display(description=_("refunded"), ordering="refunded_fen")
    def refunded(self, purchase):
        return yuan_sum(purchase.refunded_fen) if purchase.refunded_fen else "—"

    @display(description=_("tier"))
    def tier_at_that_time(self, purchase):
        return f"{tiers.by_code(purchase.tier).title} × {purchase.multiplier.normalize():f}"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        purchase = self.get_object(request, object_id)
        context = {} if purchase is None else {"tables": _tables(purchase)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def _tables(purchase):
    called = categories.titles()
    lines = [
        (
            called.get(line.category, line.category) or "—",
            yuan_sum(line.amount_fen),
            grouped(line.points),
            yuan_sum(line.refunded_fen),
            grouped(line.points_back),
        )
        for line in purchase.lines.order_by("pk")
    ]
    refunds = [
        (
            tables.when(refund.at),
            refund.number,
            called.get(refund.category, refund.category) or _("all lines"),
            yuan_sum(refund.amount_fen),
            grouped(refund.points),
            grouped(refund.taken_points),
            grouped(refund.owed_points),
            refund.who,
        )
        for refund in actors.named(purchase.refunds.order_by("pk"))
    ]
    found = [
        breakdown(_steps(purchase)),
        tables.table(
            _("Lines"), [_("category"), _("amount"), _("points"), _("refunded"), _("points asked back")], lines
        ),
    ]
    headers = [
        _("at"), _("refund number"), _("category"), _("amount"), _("points asked back"), _("points taken"),
        _("points owed"), _("by"),
    ]  # fmt: skip
    return [*found, tables.table(_("Refunds"), headers, refunds)] if refunds else found


def _steps(purchase):
    if purchase.steps is not None:
        return purchase.steps
    entry = PointsEntry.objects.filter(account_id=purchase.member_id, key=purchase.key).first()
    return ((entry and entry.breakdown) or {}).get("steps", [])
