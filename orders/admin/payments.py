"""Payments and what the providers told us, for finance."""

from django.contrib import admin, messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock
from core.errors import DomainError
from core.staff import LookOnlyAdmin, LookOnlyInline
from core.templatetags.mall import yuan_sum
from orders.models import NotificationState, Payment, PaymentNotification, PaymentState
from orders.services import paying

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
    actions_detail = ["refund_again"]
    fields = [
        ("order", "reference"),
        ("provider", "provider_id"),
        ("amount", "state"),
        ("created_at", "paid_at", "refunded_at"),
        ("next_ask_at", "refund_tries"),
    ]
    readonly_fields = ["amount"]

    def has_refund_again_permission(self, request, object_id=None):
        return request.user.has_perm("orders.refund_payment") and (
            object_id is None or Payment.objects.filter(pk=object_id, state=PaymentState.REFUND_REFUSED).exists()
        )

    @action(description=_("Try the refund again"), url_path="refund-again", permissions=["refund_again"], icon="undo")
    def refund_again(self, request, object_id):
        """The provider refused; what was wrong there has been put right meanwhile."""
        payment = get_object_or_404(Payment, pk=object_id)
        page_url = reverse("admin:orders_payment_change", args=[payment.pk])
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Try the refund again"),
                "opts": self.opts,
                "payment": payment,
                "page_url": page_url,
            }
            return render(request, "orders/admin/refund_again.html", context)
        try:
            paying.refund_again(payment=payment, by=actors.staff(request.user.pk), at=clock.now())
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The refund is tried again within a minute."))
        return redirect(page_url)

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
