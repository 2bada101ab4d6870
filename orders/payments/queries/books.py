"""Our payments and refunds as finance look at them, and as a statement is compared with them (F14)."""

from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Sum
from django.db.models.functions import Coalesce

from orders.models import Order, OrderState, Payment, PaymentRefund, PaymentState, RefundState, StatementLine
from orders.payments import KNOWN
from orders.payments.base import CHINA
from orders.payments.rules import PAYMENT, REFUND, Booked, Stated

TOOK_MONEY = (
    PaymentState.PAID,
    PaymentState.REFUNDING,
    PaymentState.REFUNDED,
    PaymentState.REFUND_REFUSED,
)

KEPT = [state for state in OrderState if state != OrderState.CANCELLED]


def placed(*, since):
    """How many orders were placed from the moment ``since`` on, cancelled ones apart."""
    return Order.objects.filter(state__in=KEPT, placed_at__gte=since).count()


def cash_in(*, since):
    """Fen that members paid from the moment ``since`` on, whatever was given back later."""
    paid = Payment.objects.filter(provider__in=list(KNOWN), paid_at__gte=since, state__in=TOOK_MONEY)
    arrived = Coalesce("paid_fen", "amount_fen", output_field=BigIntegerField())
    return int(paid.aggregate(fen=Sum(arrived))["fen"] or 0)


def to_look_at():
    """Ids of the payments that wait for somebody to look, themselves or a refund of theirs."""
    own = Payment.objects.filter(look_since__isnull=False).order_by().values("pk")
    refunds = PaymentRefund.objects.filter(look_since__isnull=False).order_by().values("payment_id")
    return own.union(refunds)


def day_of(provider, day):
    """``(start, end)`` of a statement's day."""
    end = datetime.combine(day, provider.day_ends, tzinfo=CHINA)
    if provider.day_ends.microsecond:  # midnight, as the last moment before it
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=CHINA)
    return end - timedelta(days=1), end


def booked(provider, day, lines):
    """``{(of, reference): (Booked, row)}`` of what ``lines`` name and of what our books have within the day."""
    start, end = day_of(provider, day)
    payments = Payment.objects.filter(provider=provider.code)
    refunds = PaymentRefund.objects.filter(payment__provider=provider.code).select_related("payment")
    found = {}
    for row in _all(
        payments.filter(reference__in=[line.reference for line in lines if line.kind == PAYMENT]),
        payments.filter(paid_at__gte=start, paid_at__lt=end),
    ):
        is_due = row.paid_at is not None and start <= row.paid_at < end
        is_settled = row.state in TOOK_MONEY
        found[PAYMENT, row.reference] = Booked(PAYMENT, row.reference, row.arrived_fen, is_settled, is_due), row
    for row in _all(
        refunds.filter(reference__in=[line.refund_reference for line in lines if line.kind == REFUND]),
        refunds.filter(state=RefundState.DONE, done_at__gte=start, done_at__lt=end),
    ):
        is_settled = row.state == RefundState.DONE
        is_due = is_settled and start <= row.done_at < end
        found[REFUND, row.reference] = Booked(REFUND, row.reference, row.amount_fen, is_settled, is_due), row
    return found


def stated(lines):
    """``Stated`` of statement lines; a refund goes by its own name."""
    return [
        Stated(
            line.kind,
            line.refund_reference if line.kind == REFUND else line.reference,
            line.amount_fen,
            line.provider_id,
        )
        for line in lines
    ]


def stated_elsewhere(provider, day, names):
    """Those of ``names`` (``(of, reference)``) that statements of other days have."""
    lines = StatementLine.objects.filter(statement__provider=provider.code).exclude(statement__day=day)
    sales = lines.filter(kind=PAYMENT, reference__in=[name for of, name in names if of == PAYMENT])
    # A refund is found by its payment's reference: that is the indexed column.
    parents = [name.rpartition("R")[0] for of, name in names if of == REFUND]
    backs = lines.filter(kind=REFUND, reference__in=parents)
    return {(PAYMENT, name) for name in sales.values_list("reference", flat=True)} | {
        (REFUND, name) for name in backs.values_list("refund_reference", flat=True)
    }


def _all(*querysets):
    return {row.pk: row for queryset in querysets for row in queryset}.values()
