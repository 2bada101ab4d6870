"""Payments, refunds and what the providers told us, for finance (F4, F5, F6)."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import actors, codes
from core.formats import yuan_sum
from core.staff import LookOnlyAdmin, LookOnlyInline
from orders.models import NotificationState, Payment, PaymentNotification, PaymentRefund, PaymentState, RefundState
from orders.payments import base
from orders.payments.admin import providers
from orders.payments.admin.payment_acts import PaymentActs
from orders.payments.queries import books

TONES = {
    PaymentState.OPEN: "info",
    PaymentState.PAID: "success",
    PaymentState.FAILED: "danger",
    PaymentState.REFUNDING: "warning",
    PaymentState.REFUNDED: "default",
    PaymentState.DISPUTED: "danger",
    PaymentState.REFUND_REFUSED: "danger",
    PaymentState.CLOSED: "default",
}


OUTCOMES = {
    base.PAID: _("Paid"),
    base.RETURNED: _("Paid, and some went back"),
    base.FAILED: _("Not paid, for good"),
    base.DECLINED: _("A try was refused"),
    base.WAITING: _("Nothing came so far"),
    base.UNCLEAR: _("Unclear"),
    base.REFUND_NEWS: _("News of a refund"),
}
REASONS = {
    "signature": _("Wrong signature"),
    "malformed": _("Cannot be read"),
    "merchant": _("Another merchant"),
    "application": _("Another application"),
    "currency": _("Another currency"),
    "order": _("Unknown payment"),
    "amount": _("Another amount"),
}


class Told:
    """What a notification says, in words."""

    @display(description=_("outcome"), ordering="outcome")
    def told(self, notification):
        return OUTCOMES.get(notification.outcome, notification.outcome) or "-"

    @display(description=_("reason"), ordering="reason")
    def why(self, notification):
        return REASONS.get(notification.reason, notification.reason) or "-"


class NotificationInline(Told, LookOnlyInline):
    model = PaymentNotification
    fields = ["event_id", "told", "word", "state", "why", "received_at", "worked_at"]
    readonly_fields = ["told", "why"]


class RefundInline(LookOnlyInline):
    model = PaymentRefund
    fields = ["reference", "sum", "state", "said", "asked_at", "done_at", "tries", "next_ask_at", "asked_by", "note"]
    readonly_fields = ["sum", "asked_by"]

    @display(description=_("amount"))
    def sum(self, refund):
        return yuan_sum(refund.amount_fen)

    @display(description=_("by"))
    def asked_by(self, refund):
        return actors.label(refund.by)


class LookFilter(admin.SimpleListFilter):
    """Payments that wait for somebody to look, themselves or a refund of theirs."""

    title = _("waits for staff")
    parameter_name = "look"

    def lookups(self, request, model_admin):
        return [("1", _("Waits for staff"))]

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=books.to_look_at()) if self.value() == "1" else queryset


class RefundFilter(admin.SimpleListFilter):
    """Payments with refunds that wait for staff, whatever the whole payment's state is."""

    title = _("refunds")
    parameter_name = "refund"

    def lookups(self, request, model_admin):
        return RefundState.choices

    def queryset(self, request, queryset):
        if self.value() not in RefundState.values:
            return queryset
        return queryset.filter(pk__in=PaymentRefund.objects.filter(state=self.value()).values("payment_id"))


@admin.register(Payment)
class PaymentAdmin(PaymentActs, LookOnlyAdmin):
    list_display = ["reference", "of_order", "way", "amount", "returned", "state_label", "created_at", "paid_at"]
    list_filter = [LookFilter, "state", RefundFilter, providers.ProviderFilter]
    list_filter_sheet = False
    list_select_related = ["order"]
    search_fields = ["reference", "provider_id", "order__number", "refunds__reference"]
    search_help_text = _("Reference, provider's number or order number")
    ordering = ["-pk"]
    date_hierarchy = "created_at"
    inlines = [RefundInline, NotificationInline]
    fields = [
        ("reference", "of_order"),
        ("state", "amount"),
        ("arrived", "returned"),
        ("way", "kind_label"),
        ("provider_id", "said"),
        ("created_at", "paid_at"),
        ("refunded_at", "next_ask_at"),
        "look_since",
    ]
    readonly_fields = ["of_order", "amount", "arrived", "returned", "way", "kind_label"]

    def get_inlines(self, request, obj):
        """Tables that would be empty are left out."""
        told = {RefundInline: "refunds", NotificationInline: "notifications"}
        return [inline for inline, name in told.items() if obj is not None and getattr(obj, name).exists()]

    # The list and the page of one

    @display(description=_("order"), ordering="order")
    def of_order(self, payment):
        url = reverse("admin:orders_order_change", args=[payment.order_id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, payment.order)

    @display(description=_("provider"), ordering="provider")
    def way(self, payment):
        return codes.word("provider", payment.provider)

    @display(description=_("kind"))
    def kind_label(self, payment):
        return providers.kind(payment.kind) or "-"

    @display(description=_("amount"), ordering="amount_fen")
    def amount(self, payment):
        return yuan_sum(payment.amount_fen)

    @display(description=_("arrived"))
    def arrived(self, payment):
        return yuan_sum(payment.arrived_fen) if payment.paid_at or payment.paid_fen else "-"

    @display(description=_("given back"), ordering="returned_fen")
    def returned(self, payment):
        return yuan_sum(payment.returned_fen) if payment.returned_fen else "-"

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, payment):
        return payment.state, payment.get_state_display()


class ReasonFilter(admin.SimpleListFilter):
    """Why callbacks were refused."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request, model_admin):
        return list(REASONS.items())

    def queryset(self, request, queryset):
        return queryset.filter(reason=self.value()) if self.value() in REASONS else queryset


@admin.register(PaymentNotification)
class PaymentNotificationAdmin(Told, LookOnlyAdmin):
    list_display = ["received_at", "way", "event_id", "payment", "told", "word", "state_label", "why"]
    list_filter = ["state", ReasonFilter, providers.ProviderFilter]
    list_select_related = ["payment"]
    search_fields = ["event_id", "payment__reference"]
    fields = [
        ("way", "event_id"),
        ("payment", "provider_id"),
        ("told", "word"),
        ("state", "why"),
        ("received_at", "worked_at"),
        "headers",
        "body",
    ]
    readonly_fields = ["way", "told", "why"]

    @display(description=_("provider"), ordering="provider")
    def way(self, notification):
        return codes.word("provider", notification.provider)

    @display(
        description=_("state"),
        ordering="state",
        label={
            NotificationState.RECEIVED: "info",
            NotificationState.WORKED: "success",
            NotificationState.REFUSED: "danger",
        },
    )
    def state_label(self, notification):
        return notification.state, notification.get_state_display()
