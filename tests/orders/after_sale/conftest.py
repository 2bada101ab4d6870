"""Orders that are on their way, and requests about them."""

import uuid
from io import BytesIO

import pytest
from PIL import Image

from catalog.queries import stock_breaks
from core import actors
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.models import AfterSaleKind, Carrier, OrderState
from orders.payments.services import paying
from orders.shipping.services import shipping
from points.ledger import audit
from points.ledger.queries import balance

STAFF = actors.staff(9001)  # no member of these tests


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    """Pictures of tests go to a folder that pytest removes."""
    location = tmp_path / "private"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": location}}
    settings.STORAGES = settings.STORAGES | {"private": backend}
    return location


@pytest.fixture
def carrier(db):
    return Carrier.objects.get(code="shunfeng")


@pytest.fixture
def shipped(place, carrier, at):
    """``shipped((cup, "points", 2))`` -> an order that was paid and is on its way."""

    def do(*lines, **options):
        order = place(*lines, **options)
        if order.state == OrderState.PENDING_PAYMENT:
            payment = order.payments.get()
            paying.settle(payment_id=payment.pk, outcome="paid", provider_id="P1", by=STAFF, at=at)
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=at)
        order.refresh_from_db()
        return order

    return do


@pytest.fixture
def ask(member, at):
    """``ask(order)`` -> a request for all of it."""

    def do(order, kind="return", pieces=None, reason="not_wanted", **options):
        options = {"form_key": uuid.uuid4(), "by": actors.member(member.pk), "at": at} | options
        if pieces is None:
            pieces = {item.pk: left for item, left in queries.askable_pieces(order).items()}
        return after_sale.ask(order=order, kind=kind, pieces=pieces, reason=reason, **options)

    return do


@pytest.fixture
def returned(ask, at):
    """``returned(order, ...)`` -> a request whose goods are back."""

    def do(order, **options):
        request = ask(order, **options)
        after_sale.approve(case=request, by=STAFF, at=at)
        return after_sale.receive(case=request, by=STAFF, at=at)

    return do


def number():
    return f"SF{uuid.uuid4().int % 10**12:012d}"


def settle(request, at, amounts=None, stock_back="sellable", **options):
    if amounts is None:
        amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
    if request.kind == AfterSaleKind.REFUND:
        stock_back = ""
    return after_sale.settle(case=request, amounts=amounts, stock_back=stock_back, by=STAFF, at=at, **options)


def available(member, at):
    return balance(member.pk, at=at).available


def all_adds_up():
    assert audit.run().breaks == []
    assert list(stock_breaks()) == []


def picture(size=(400, 300), kind="JPEG"):
    file = BytesIO()
    Image.new("RGB", size, "#884422").save(file, kind)
    file.seek(0)
    return file
