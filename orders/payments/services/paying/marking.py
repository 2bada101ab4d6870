"""What staff do to a payment themselves: ask, mark, give back (F4, F6). Each leaves a trail with a reason.

Whether a second person is needed is asked by ``orders.payments.services.by_hand``, before it comes here.
"""

from django.utils.translation import gettext_lazy as _

from core import audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from orders.lifecycle.services import giving_back, notices
from orders.models import Payment, PaymentState
from orders.payments.services.paying import rows
from orders.payments.services.paying.refunding import LONGEST_NOTE, refund_at_provider, refund_part
from orders.payments.services.paying.settling import STILL_ASKED, ask
from orders.payments.services.paying.taking import take_money


class NotToMark(DomainError):
    code = "payment_not_to_mark"
    message = _("The provider has said its last word on this payment. Nothing was changed.")


class NotPaid(DomainError):
    code = "payment_not_paid"
    message = _("Nothing of this payment is with us. Ask the provider, or mark it as paid first. Nothing was changed.")


def ask_again(*, payment, by, at):
    """Have the provider asked now what became of a payment and its refunds; returns the payment as it is then.

    Raises ``ProviderUnavailable`` or ``UnknownProvider``. No lock is held while the provider is asked.
    """
    ask(payment_id=payment.pk, by=by, at=at)
    refund_at_provider(payment_id=payment.pk, by=by, at=at)
    payment = Payment.objects.select_related("order").get(pk=payment.pk)
    audit.record(
        "payment.asked", by=by, subject=payment.order.subject, at=at, reference=payment.reference, word=payment.said
    )
    return payment


def mark_unpaid(*, payment, note, by, at):
    """Nobody paid, and nobody will: the provider is not asked any more. Money that comes all the same is still taken.

    Raises ``NotToMark`` or ``InvalidInput``.
    """
    note = _reason(note)
    with locking_transaction():
        order, payment = _markable(payment)
        state = PaymentState.FAILED if payment.state == PaymentState.OPEN else payment.state
        rows.change(payment, state, next_ask_at=None, look_since=None)
        audit.record(
            "payment.marked_unpaid", by=by, subject=order.subject, at=at, reference=payment.reference, note=note
        )


def mark_paid(*, payment, amount_fen, provider_id, note, by, at):
    """The money is at the provider, though it does not tell us: the order moves on, or the money goes back.

    ``amount_fen`` is what arrived, ``provider_id`` the provider's number of it. Raises ``NotToMark``, ``InvalidInput``.
    """
    note, provider_id = _reason(note), provider_id.strip()[:64]
    if amount_fen <= 0:
        raise InvalidInput(field=_("Amount"))
    with locking_transaction():
        order, payment = _markable(payment)
        if amount_fen != payment.amount_fen:
            rows.change(payment, payment.state, paid_fen=amount_fen)
        audit.record(
            "payment.marked_paid", by=by, subject=order.subject, at=at, reference=payment.reference,
            arrived_fen=amount_fen, provider_id=provider_id, note=note,
        )  # fmt: skip
        provider_id = provider_id or payment.provider_id
        take_money(order, payment, provider_id=provider_id, word=payment.said, by=by, at=at)


def give_back(*, payment, amount_fen, key, note, by, at):
    """Give some of a paid payment back without an after-sale request; what it earned as cash for goods goes with it.

    The same ``key`` again changes nothing. Raises ``NotPaid``, ``RefundTooLarge``, ``RefundKeyReused`` or
    ``InvalidInput``. Returns the refund.
    """
    note = _reason(note)
    with locking_transaction():
        order, payment = rows.lock(payment.pk)
        is_known = payment.refunds.filter(key=key).exists()
        if payment.state != PaymentState.PAID and not is_known:
            raise NotPaid
        refund = refund_part(payment=payment, amount_fen=amount_fen, key=key, note=note, by=by, at=at)
        if is_known:
            return refund
        order.returned = {**order.returned, "fen": order.returned.get("fen", 0) + amount_fen}
        order.save(update_fields=["returned"])
        goods_fen = min(amount_fen, order.cash_fen - order.shipping_fen)
        giving_back.publish_refunded_cash(order, goods_fen, key=key, at=at)
        notices.tell(order, "refunded", key=f"refund:{refund.reference}", at=at, sum={"fen": amount_fen})
        return refund


def is_markable(payment):
    """Whether the provider may still say something new of a payment."""
    return payment.state in STILL_ASKED


def _markable(payment):
    order, payment = rows.lock(payment.pk)
    if not is_markable(payment):
        raise NotToMark
    return order, payment


def _reason(note):
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise InvalidInput(field=_("Note"))
    return note
