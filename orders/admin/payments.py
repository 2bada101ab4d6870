"""Payments, refunds and what the providers told us, for finance (F4, F5, F6)."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock
from core.models import Approval
from core.staff import LookOnlyAdmin, LookOnlyInline, waits
from core.templatetags.mall import yuan_sum
from orders.admin.notes import ConfirmForm, NoteForm
from orders.models import NotificationState, Payment, PaymentNotification, PaymentRefund, PaymentState, RefundState
from orders.services import by_hand, paying

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


class RefundInline(LookOnlyInline):
    model = PaymentRefund
    fields = ["reference", "sum", "state", "asked_at", "done_at", "tries", "next_ask_at", "by", "note"]
    readonly_fields = ["sum"]

    @display(description=_("amount"))
    def sum(self, refund):
        return yuan_sum(refund.amount_fen)


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
class PaymentAdmin(LookOnlyAdmin):
    list_display = ["reference", "of_order", "provider", "amount", "returned", "state_label", "created_at", "paid_at"]
    list_filter = ["state", RefundFilter, "provider"]
    list_filter_sheet = False
    list_select_related = ["order"]
    search_fields = ["reference", "provider_id", "order__number", "refunds__reference"]
    search_help_text = _("Reference, provider's number or order number")
    ordering = ["-pk"]
    date_hierarchy = "created_at"
    inlines = [RefundInline, NotificationInline]
    actions_detail = ["accept_disputed", "refund_disputed", "refund_again", "settle_by_hand"]
    fields = [
        ("reference", "of_order"),
        ("state", "amount"),
        ("arrived", "returned"),
        ("provider", "kind"),
        "provider_id",
        ("created_at", "paid_at"),
        ("refunded_at", "next_ask_at"),
    ]
    readonly_fields = ["of_order", "amount", "arrived", "returned"]

    def get_inlines(self, request, obj):
        """Tables that would be empty are left out."""
        told = {RefundInline: "refunds", NotificationInline: "notifications"}
        return [inline for inline, name in told.items() if obj is not None and getattr(obj, name).exists()]

    # Who may what: the permission, and a payment where there is something to decide

    def has_refund_again_permission(self, request, object_id=None):
        return request.user.has_perm("orders.refund_payment") and _has_refused(object_id)

    def has_settle_permission(self, request, object_id=None):
        return request.user.has_perm("orders.settle_payment") and _has_refused(object_id)

    def has_dispute_permission(self, request, object_id=None):
        return request.user.has_perm("orders.settle_payment") and (
            object_id is None or Payment.objects.filter(pk=object_id, state=PaymentState.DISPUTED).exists()
        )

    @action(description=_("Try the refund again"), url_path="refund-again", permissions=["refund_again"], icon="undo")
    def refund_again(self, request, object_id):
        """The provider refused; what was wrong there has been put right meanwhile."""
        return self._act(
            request,
            object_id,
            self.has_refund_again_permission,
            paying.refund_again,
            form=ConfirmForm,
            title=_("Try the refund again"),
            done=_("The refund is tried again within a minute."),
        )

    @action(description=_("Settled by hand"), url_path="settle", permissions=["settle"], icon="handshake")
    def settle_by_hand(self, request, object_id):
        """The provider refused for good, and the member has the money by another way."""
        return self._act(
            request,
            object_id,
            self.has_settle_permission,
            by_hand.settle_refund,
            title=_("The refund was settled by hand"),
            done=_("Written down: the refund is settled."),
        )

    @action(description=_("Accept what arrived"), url_path="accept", permissions=["dispute"], icon="check")
    def accept_disputed(self, request, object_id):
        """Another amount arrived, and finance let it count."""
        return self._act(
            request,
            object_id,
            self.has_dispute_permission,
            by_hand.accept_payment,
            title=_("Accept what arrived as payment"),
            done=_("Accepted. The order has gone on, or the money goes back if nobody waited for it."),
        )

    @action(description=_("Send it back"), url_path="send-back", permissions=["dispute"], icon="undo")
    def refund_disputed(self, request, object_id):
        """Another amount arrived, and the member gets it back."""
        return self._act(
            request,
            object_id,
            self.has_dispute_permission,
            paying.refund_disputed,
            title=_("Send back what arrived"),
            done=_("The money goes back within a minute."),
        )

    def _act(self, request, object_id, may, service, *, title, done, form=NoteForm):
        payment = get_object_or_404(Payment, pk=object_id)
        if not may(request, object_id):
            raise PermissionDenied
        url = reverse("admin:orders_payment_change", args=[payment.pk])

        def act(data):
            result = service(payment=payment, by=actors.staff(request.user.pk), at=clock.now(), **data)
            return waits(result) if isinstance(result, Approval) else (url, done)

        facts = [
            (_("reference"), payment.reference),
            (_("state"), payment.get_state_display()),
            (_("amount"), yuan_sum(payment.amount_fen)),
            (_("arrived"), yuan_sum(payment.arrived_fen)),
            (_("given back"), yuan_sum(payment.returned_fen)),
        ]
        return self.act_page(
            request,
            form(request.POST if request.method == "POST" else None),
            act,
            title=title,
            label=_("Confirm"),
            back_url=url,
            facts=facts,
        )

    # The list and the page of one

    @display(description=_("order"), ordering="order")
    def of_order(self, payment):
        url = reverse("admin:orders_order_change", args=[payment.order_id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, payment.order)

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


def _has_refused(object_id):
    refused = PaymentRefund.objects.filter(state=RefundState.REFUSED)
    return object_id is None or refused.filter(payment_id=object_id).exists()


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
