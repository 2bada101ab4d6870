"""Payments and what the providers told us, for finance."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.templatetags.mall import yuan_sum
from orders.admin.readonly import LookOnlyAdmin, LookOnlyInline
from orders.models import NotificationState, Payment, PaymentNotification, PaymentState

TONES = {
    PaymentState.OPEN: "info",
    PaymentState.PAID: "success",
    PaymentState.FAILED: "danger",
    PaymentState.REFUNDING: "warning",
    PaymentState.REFUNDED: "default",
    PaymentState.CLOSED: "default",
}


class NotificationInline(LookOnlyInline):
    model = PaymentNotification
    fields = ["event_id", "outcome", "state", "reason", "received_at", "worked_at"]


@admin.register(Payment)
class PaymentAdmin(LookOnlyAdmin):
    list_display = ["reference", "order", "provider", "amount", "state_label", "created_at", "paid_at"]
    list_filter = ["state", "provider"]
    list_filter_sheet = False
    list_select_related = ["order"]
    search_fields = ["reference", "provider_id", "order__number"]
    search_help_text = _("Reference, provider's number or order number")
    date_hierarchy = "created_at"
    inlines = [NotificationInline]
    fields = [
        ("order", "reference"),
        ("provider", "provider_id"),
        ("amount", "state"),
        ("created_at", "paid_at", "refunded_at"),
        "next_ask_at",
    ]
    readonly_fields = ["amount"]

    @display(description=_("amount"), ordering="amount_fen")
    def amount(self, payment):
        return yuan_sum(payment.amount_fen)

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, payment):
        return payment.state, payment.get_state_display()


@admin.register(PaymentNotification)
class PaymentNotificationAdmin(LookOnlyAdmin):
    list_display = ["received_at", "provider", "event_id", "payment", "outcome", "state_label", "reason"]
    list_filter = ["state", "reason", "provider"]
    list_select_related = ["payment"]
    search_fields = ["event_id", "payment__reference"]

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
