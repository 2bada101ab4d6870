"""Refunds under many hands: never more than arrived, each once (F6, F10)."""

import pytest
from django.db.models import Sum

from core import clock
from orders import payments
from orders.models import PaymentRefund, PaymentState, RefundState
from orders.payments.base import PAID, Status
from orders.payments.services import paying
from orders.placing.services import cancelling
from tests.races.test_orders import BY, STAFF, at_once, make_member, place, sku  # noqa: F401 - a fixture

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 25


@pytest.fixture(autouse=True)
def patient(lock_timeout):
    lock_timeout(60_000)


@pytest.fixture(autouse=True)
def given(monkeypatch):
    """``{reference: fen}`` that the provider was asked to give back, the same reference once."""
    books = {}

    def refund(self, *, refund):
        books.setdefault(refund.reference, refund.amount_fen)
        return Status("done", refund.amount_fen, "R")

    monkeypatch.setattr(payments.SandboxProvider, "refund", refund)
    monkeypatch.setattr(payments.SandboxProvider, "query", lambda self, *, charge, at: Status("waiting"))
    monkeypatch.setattr(payments.SandboxProvider, "query_refund", lambda self, *, refund: Status("unknown"))
    return books


@pytest.fixture
def paid(sku):  # noqa: F811 - the fixture of that name
    """``paid()`` -> a payment of 500 fen that has come."""
    member, address = make_member(1, 100_000)

    def make():
        order = place(member, address, sku, "mixed")
        payment = order.payments.get()
        paying.settle(payment_id=payment.pk, outcome=PAID, provider_id="P", by=BY, at=clock.now())
        payment.refresh_from_db()
        return payment

    return make


def part(payment, fen, key):
    return lambda: paying.refund_part(payment=payment, amount_fen=fen, key=key, by=BY, at=clock.now())


def test_parts_never_pass_the_whole(paid, given):
    for number in range(ROUNDS):
        payment = paid()
        outcomes = at_once(*(part(payment, 120, f"{number}:{each}") for each in range(8)))
        refused = [outcome for outcome in outcomes if isinstance(outcome, paying.RefundTooLarge)]
        assert len(refused) == 4
        payment.refresh_from_db()
        assert (payment.returned_fen, payment.left_fen, payment.state) == (480, 20, PaymentState.PAID)
        assert payment.refunds.aggregate(sum=Sum("amount_fen"))["sum"] == 480
        cancelling.cancel_order(order=payment.order, by=STAFF, at=clock.now())  # the rest goes back, and the piece


def test_one_key_is_one_refund(paid, given):
    for number in range(ROUNDS):
        payment = paid()
        outcomes = at_once(*(part(payment, 100, f"one:{number}") for _each in range(6)))
        assert len({outcome.pk for outcome in outcomes}) == 1
        payment.refresh_from_db()
        assert payment.returned_fen == 100
        cancelling.cancel_order(order=payment.order, by=STAFF, at=clock.now())


def test_cancelling_against_parts_and_senders(paid, given):
    for number in range(ROUNDS):
        payment = paid()
        given.clear()
        at_once(
            part(payment, 200, f"race:{number}"),
            lambda payment=payment: cancelling.cancel_order(order=payment.order, by=STAFF, at=clock.now()),
            lambda payment=payment: paying.refund_at_provider(payment_id=payment.pk, by=BY, at=clock.now()),
        )
        at_once(
            *(
                lambda payment=payment: paying.refund_at_provider(payment_id=payment.pk, by=BY, at=clock.now())
                for _n in range(4)
            )
        )
        payment.refresh_from_db()
        assert (payment.returned_fen, payment.state) == (500, PaymentState.REFUNDED)
        assert sum(given.values()) == 500
        assert set(payment.refunds.values_list("state", flat=True)) == {RefundState.DONE}
    assert not PaymentRefund.objects.filter(state=RefundState.UNDERWAY).exists()
