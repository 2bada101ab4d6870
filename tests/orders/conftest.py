"""A small shop made by the services, and HTTP that stays in the process."""

import uuid
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from django.test import Client

from accounts.services import create_member, save_address
from catalog.services import products
from core import actors, clock
from core.models import OutboxMessage
from orders.after_sale import tasks as after_sale_tasks
from orders.payments import http
from orders.payments import tasks as payments_tasks
from orders.placing import tasks as placing_tasks
from orders.placing.rules.pricing import Choice
from orders.placing.services import placing
from points import ledger

STAFF = actors.staff(9001)  # no member of these tests


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture(autouse=True)
def no_member_day(parameters):
    """Prices of these tests do not depend on the day on which they run."""
    parameters["points.member_day"] = "none"


@pytest.fixture
def category(db, at):
    return products.create_category(code="home", name="家居", by=STAFF, at=at)


@pytest.fixture
def make_sku(category, at):
    """``make_sku("CUP", points_price=1000, stock=5)`` -> a listed SKU of a product of its own."""

    def make(code, *, name=None, listed=True, **fields):
        fields = {"stock": 10} | fields
        product = products.create_product(
            category=category,
            name=name or f"好物{code}",
            listed=listed,
            skus=[{"code": code, **fields}],
            by=STAFF,
            at=at,
        )
        return product.skus.get()

    return make


@pytest.fixture
def cup(make_sku):
    """1,000 points, or 400 points and 32 yuan; ten in stock."""
    return make_sku("CUP", name="保温杯", points_price=1000, mixed_points=400, mixed_fen=3200)


@pytest.fixture
def candle(make_sku):
    """2,300 points; ten in stock."""
    return make_sku("CANDLE", name="香薰蜡烛", points_price=2300)


@pytest.fixture
def make_member(db, at):
    """``make_member(points=5000)`` -> a member with that many points and an address."""
    count = iter(range(1, 100))

    def make(points=5000):
        number = next(count)
        member = create_member(phone=f"+86139000000{number:02d}", by=actors.system("test"), at=at)
        OutboxMessage.objects.filter(topic="member.signed_up").update(handled_at=at)  # no welcome points here
        save_address(
            member=member,
            by=actors.member(member.pk),
            at=at,
            name="林晓雯",
            phone=f"+86138000000{number:02d}",
            region_code="110105",
            detail="望京街道花家地南里8号楼2单元1103",
        )
        if points:
            give(member, points, at=at)
        return member

    return make


def give(member, points, *, at, expires_in=timedelta(days=90), key=None):
    """Points that end after ``expires_in``."""
    return ledger.earn(
        account=member.pk,
        points=points,
        kind="campaign",
        key=key or f"gift:{uuid.uuid4()}",
        by=actors.system("test"),
        at=at - timedelta(seconds=1),
        expires_at=at + expires_in,
    )


def sweep():
    """What beat starts every minute."""
    for task in (
        payments_tasks.work_notifications,
        payments_tasks.ask_providers,
        payments_tasks.send_refunds,
        placing_tasks.close_unpaid_orders,
        after_sale_tasks.confirm_receipts,
    ):
        task()


@pytest.fixture
def member(make_member):
    return make_member()


@pytest.fixture
def address(member):
    return member.addresses.get()


@pytest.fixture
def place(member, address, at):
    """``place((cup, "points", 2))`` -> the order, as ``place_order`` makes it; ``from_cart=True``: that of the cart."""

    def do(*lines, at=at, from_cart=False, **asked):
        choices = None if from_cart else tuple(Choice(sku.pk, way, quantity) for sku, way, quantity in lines)
        asked = {"member": member, "address": address, "form_key": uuid.uuid4(), "provider": "sandbox"} | asked
        new = placing.NewOrder(choices=choices, **asked)
        return placing.place_order(new=new, by=actors.member(new.member.pk), at=at)

    return do


@pytest.fixture
def signed_in(client, member):
    client.force_login(member)
    return client


@pytest.fixture
def wire(monkeypatch):
    """HTTP between the mall and the sandbox gateway goes to this process, on the test's own database connection."""

    def answer(request):
        headers = {name: value for name, value in request.headers.items() if name.startswith("x-")}
        response = Client(headers=headers).generic(
            request.method, request.url.raw_path.decode(), request.content, content_type="application/json"
        )
        return httpx.Response(response.status_code, content=response.content, headers=dict(response.headers))

    monkeypatch.setattr(http, "transport", httpx.MockTransport(answer))


@pytest.fixture
def dead_wire(monkeypatch):
    """Nobody answers. ``dead_wire.calls`` counts who tried."""

    class Dead(httpx.BaseTransport):
        calls = 0

        def handle_request(self, request):
            self.calls += 1
            raise httpx.ConnectError("nobody there", request=request)

    dead = Dead()
    monkeypatch.setattr(http, "transport", dead)
    return dead


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """``with committing():`` what waits for the commit happens at its end, as it would outside a test."""

    @contextmanager
    def run():
        with django_capture_on_commit_callbacks(execute=True):
            yield

    return run


@pytest.fixture
def time_machine_at(monkeypatch):
    """``time_machine_at(moment)``: tasks and views, which read the clock, read that."""

    def travel(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    return travel
