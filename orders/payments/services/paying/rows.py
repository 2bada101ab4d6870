"""What the modules of payments share: locking, setting, and how a payment looks to its provider."""

from django.conf import settings
from django.urls import reverse

from orders.lifecycle.services import moves
from orders.models import Payment, PaymentState, RefundState
from orders.payments.base import Charge, RefundOrder


def lock(payment_id):
    """``(order, payment)`` as they are now, both rows locked in the project's order."""
    order = moves.lock(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
    payment.order = order
    return order, payment


def change(payment, state, **changes):
    """Set the state of a locked payment, and the fields of ``changes`` with it."""
    payment.state = state
    for name, value in changes.items():
        setattr(payment, name, value)
    payment.save(update_fields=["state", *changes])


def charge(payment):
    """The payment as its provider knows it."""
    return Charge(
        reference=payment.reference,
        amount_fen=payment.arrived_fen,
        opened_at=payment.created_at,
        expires_at=payment.order.pay_before,
        provider_id=payment.provider_id,
    )


def refund_order(refund):
    """The refund as sent to its provider."""
    return RefundOrder(
        charge=charge(refund.payment),
        reference=refund.reference,
        amount_fen=refund.amount_fen,
        asked_at=refund.asked_at,
        notify_url=notify_url(refund.payment.provider),
    )


def notify_url(provider):
    """Where a provider tells us what happened."""
    return settings.SITE_URL + reverse("orders:payment_callback", args=[provider])


def follow_refunds(payment):
    """A locked payment of which everything goes back is where its refunds are; one that keeps a part stays paid."""
    if payment.left_fen:
        return
    states = set(payment.refunds.values_list("state", flat=True))
    if RefundState.UNDERWAY in states:
        change(payment, PaymentState.REFUNDING)
    elif RefundState.REFUSED in states:
        change(payment, PaymentState.REFUND_REFUSED)
    else:
        last = payment.refunds.order_by("done_at").last()
        change(payment, PaymentState.REFUNDED, refunded_at=last.done_at)
