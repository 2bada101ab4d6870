"""Statements of the providers and where they differ from our books, for finance (F14)."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock, codes
from core.formats import yuan_sum
from core.staff import LookOnlyAdmin, LookOnlyInline
from orders.models import DifferenceKind, DifferenceState, Statement, StatementDifference
from orders.payments.admin import providers
from orders.payments.admin.notes import NoteForm
from orders.payments.services import reconciling

KIND_TONES = {
    DifferenceKind.MISSING_HERE: "danger",
    DifferenceKind.MISSING_THERE: "danger",
    DifferenceKind.AMOUNT: "danger",
    DifferenceKind.STATE: "warning",
}
STATE_TONES = {DifferenceState.OPEN: "warning", DifferenceState.RESOLVED: "success", DifferenceState.GONE: "default"}


class DifferenceInline(LookOnlyInline):
    model = StatementDifference
    fields = ["kind", "of", "reference", "ours", "theirs", "state", "note"]
    readonly_fields = ["ours", "theirs"]
    show_change_link = True

    @display(description=_("ours"))
    def ours(self, row):
        return _sum(row.ours_fen)

    @display(description=_("theirs"))
    def theirs(self, row):
        return _sum(row.theirs_fen)


@admin.register(Statement)
class StatementAdmin(LookOnlyAdmin):
    list_display = [
        "day",
        "way",
        "paid_count",
        "paid",
        "refund_count",
        "given_back",
        "open_count",
        "unread_count",
        "fetched_at",
    ]
    list_filter = [providers.ProviderFilter]
    date_hierarchy = "day"
    inlines = [DifferenceInline]
    readonly_fields = ["way", "paid", "given_back", "fetched_by", "unread_rows"]

    def get_fields(self, request, obj=None):
        sums = [("way", "day"), ("paid_count", "paid"), ("refund_count", "given_back")]
        unread = ["unread_rows"] if obj is not None and obj.unread else []
        return [*sums, ("fetched_at", "fetched_by"), *unread]

    def get_queryset(self, request):
        is_open = Q(differences__state=DifferenceState.OPEN)
        return super().get_queryset(request).annotate(open_differences=Count("differences", filter=is_open))

    @display(description=_("provider"), ordering="provider")
    def way(self, statement):
        return codes.word("provider", statement.provider)

    @display(description=_("paid"), ordering="paid_fen")
    def paid(self, statement):
        return yuan_sum(statement.paid_fen)

    @display(description=_("given back"), ordering="refund_fen")
    def given_back(self, statement):
        return yuan_sum(statement.refund_fen)

    @display(description=_("open differences"), ordering="open_differences")
    def open_count(self, statement):
        return statement.open_differences or "-"

    @display(description=_("unread rows"))
    def unread_count(self, statement):
        return len(statement.unread) or "-"

    @display(description=_("fetched by"))
    def fetched_by(self, statement):
        return actors.label(statement.by)

    @display(description=_("rows that could not be read"))
    def unread_rows(self, statement):
        """Set aside: the day was compared without them."""
        rows = [(_("Row %(n)s") % {"n": row["row"]}, row["text"]) for row in statement.unread]
        return format_html_join("", '<div class="mb-2"><b>{}</b> <code class="break-all">{}</code></div>', rows)


@admin.register(StatementDifference)
class StatementDifferenceAdmin(LookOnlyAdmin):
    list_display = ["reference", "of_statement", "kind_label", "of", "ours", "theirs", "state_label", "found_at"]
    list_filter = ["state", "kind", "of", providers.StatementProviderFilter]
    list_filter_sheet = False
    list_select_related = ["statement"]
    search_fields = ["reference", "provider_id", "payment__order__number"]
    search_help_text = _("Reference, provider's number or order number")
    actions_detail = ["resolve"]
    fields = [
        ("of_statement", "kind", "of"),
        ("reference", "provider_id"),
        ("ours", "theirs"),
        "books",
        ("state", "found_at", "closed_at"),
        ("resolved_by", "note"),
    ]
    readonly_fields = ["of_statement", "ours", "theirs", "books", "resolved_by"]

    def has_resolve_permission(self, request, object_id=None):
        return request.user.has_perm("orders.settle_payment") and (
            object_id is None or StatementDifference.objects.filter(pk=object_id, state=DifferenceState.OPEN).exists()
        )

    @action(description=_("Resolve"), url_path="resolve", permissions=["resolve"], icon="check", variant="primary")
    def resolve(self, request, object_id):
        """Finance have looked into it; the note says what was done."""
        difference = get_object_or_404(StatementDifference, pk=object_id)
        if not self.has_resolve_permission(request, object_id):
            raise PermissionDenied
        url = reverse("admin:orders_statementdifference_changelist")

        def act(data):
            reconciling.resolve(
                difference=difference, by=actors.staff(request.user.pk), at=clock.now(), note=data["note"]
            )
            return url, _("The difference is resolved.")

        return self.act_page(
            request,
            NoteForm(request.POST or None),
            act,
            title=_("Resolve the difference"),
            label=_("Resolve"),
            back_url=reverse("admin:orders_statementdifference_change", args=[difference.pk]),
            facts=[
                (_("difference"), f"{difference.get_kind_display()} · {difference.get_of_display()}"),
                (_("reference"), difference.reference),
                (_("ours"), _sum(difference.ours_fen)),
                (_("theirs"), _sum(difference.theirs_fen)),
            ],
        )

    @display(description=_("statement"), ordering="statement")
    def of_statement(self, row):
        return f"{codes.word('provider', row.statement.provider)} {row.statement.day}"

    @display(description=_("difference"), ordering="kind", label=KIND_TONES)
    def kind_label(self, row):
        return row.kind, row.get_kind_display()

    @display(description=_("state"), ordering="state", label=STATE_TONES)
    def state_label(self, row):
        return row.state, row.get_state_display()

    @display(description=_("ours"), ordering="ours_fen")
    def ours(self, row):
        return _sum(row.ours_fen)

    @display(description=_("theirs"), ordering="theirs_fen")
    def theirs(self, row):
        return _sum(row.theirs_fen)

    @display(description=_("by"))
    def resolved_by(self, row):
        return actors.label(row.by) or "-"

    @display(description=_("in our books"))
    def books(self, row):
        if row.payment_id is None:
            return "-"
        url = reverse("admin:orders_payment_change", args=[row.payment_id])
        return format_html('<a class="underline" href="{}">{}</a>', url, row.payment.reference)


def _sum(fen):
    return "-" if fen is None else yuan_sum(fen)
