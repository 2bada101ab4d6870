"""``manage.py seed_demo``: loads once, adds up, never in production."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Address, User
from activities import queries as activity_queries
from activities.models import SignIn
from catalog.models import SKU, Category, Product, ProductImage, StockMovement
from core import clock
from core.models import OutboxMessage
from orders.models import CartLine, Order, OrderState
from orders.placing.queries.basket import cart_count
from points.ledger import queries as points_queries
from points.ledger.audit import Break, Report
from points.ledger.models import PointsEntry, PointsHold
from points.tiers.models import MemberTier
from pointsmall.demo import loading, offers

OURS = {"accounts", "points", "catalog", "orders", "activities", "core"}


def seed(*arguments):
    out = StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


def counts():
    return {model.__name__: model.objects.count() for model in apps.get_models() if model._meta.app_label in OURS}


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Twenty members wait for twenty hashes; here the cheapest will do."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def few_products(monkeypatch):
    """Only the goods that the first members redeem: pictures cost the most time."""
    load = loading.goods.load

    def some():
        needed = {line.sku for _day, lines, _fate in loading.plan.Heroine.ORDERS for line in lines}
        needed |= {line.sku for line in (*loading.plan.Heroine.UNPAID, *loading.plan.Heroine.CART)}
        return [item for item in load() if {sku.code for sku in item.skus} & needed]

    monkeypatch.setattr(loading.goods, "load", some)


@pytest.mark.django_db
def test_loading_twice_is_loading_once(few_products):
    assert "3 members" in seed("--members", "3")
    before = counts()
    assert "nothing was changed" in seed("--members", "3")
    assert counts() == before
    assert before["Category"] == 8
    assert User.objects.filter(is_staff=False).count() == 3


@pytest.mark.django_db
def test_more_members_can_follow(few_products):
    seed("--members", "1")
    entries = PointsEntry.objects.count()
    seed("--members", "2")
    assert User.objects.filter(is_staff=False).count() == 2
    assert PointsEntry.objects.count() > entries
    assert "nothing was changed" in seed("--members", "2")


@pytest.mark.django_db
def test_a_dry_run_writes_nothing():
    before = counts()
    assert "Nothing was written" in seed("--dry-run")
    assert counts() == before


@pytest.mark.django_db
def test_it_refuses_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        seed()
    assert not User.objects.exists()


@pytest.mark.parametrize("number", ["0", "21", "-1"])
def test_it_refuses_numbers_that_make_no_sense(number):
    with pytest.raises(CommandError, match="1 to 20"):
        seed("--members", number)


@pytest.mark.django_db
def test_an_error_leaves_nothing_behind(few_products, monkeypatch):
    before = counts()

    def refuse(*_arguments, **_details):
        raise loading.ledger.NotEnoughPoints(needed=1, available=0)

    monkeypatch.setattr(loading.ledger, "earn", refuse)
    with pytest.raises(CommandError, match="nothing was kept"):
        seed("--members", "1")
    assert counts() == before


@pytest.mark.django_db
def test_a_ledger_that_does_not_add_up_is_not_kept(few_products, monkeypatch):
    before = counts()
    broken = Report(accounts=1, entries=1, breaks=[Break(1, "balance", "off by one")])
    monkeypatch.setattr(loading.audit, "run", lambda: broken)
    with pytest.raises(CommandError, match="off by one"):
        seed("--members", "1")
    assert counts() == before


@pytest.mark.django_db
def test_the_first_member_looks_like_the_pictures(few_products, client):
    seed("--members", "1")
    member = User.objects.get(phone="+8613800000001")
    now = clock.now()
    balance = points_queries.balance(member.pk, at=now)
    assert (balance.available, balance.pending, balance.held) == (12_480, 320, 1_000)
    assert balance.expiring_points == 680
    assert (member.nickname, member.addresses.get(is_default=True).name) == ("晓雯", "林晓雯")
    strip = activity_queries.strip(member, at=now)
    assert (strip.streak, strip.signed_today, strip.today_points) == (4, False, 16)
    assert cart_count(member) == 2
    states = set(Order.objects.filter(member=member).values_list("state", flat=True))
    assert states == set(OrderState.values) - {OrderState.PARTLY_SHIPPED}
    assert PointsHold.objects.filter(state="open").count() == 1
    assert Client().login(username="admin", password="admin-demo-1")


@pytest.mark.django_db
def test_the_whole_of_it():
    """All pictures and members: about half a minute."""
    out = seed()
    assert "56 products and 20 members" in out
    assert (Category.objects.count(), Product.objects.count(), ProductImage.objects.count()) == (8, 56, 56)
    assert User.objects.filter(is_staff=False).count() == 20
    assert Address.objects.count() >= 20
    assert set(Order.objects.values_list("state", flat=True)) == set(OrderState.values) - {OrderState.PARTLY_SHIPPED}
    assert {row.code for row in MemberTier.objects.all()} >= {"silver", "gold", "diamond"}
    assert MemberTier.objects.filter(grace_until__isnull=False).exists()
    assert MemberTier.objects.exclude(pinned_tier="").exists()
    assert 1 <= Product.objects.filter(is_listed=False).count() <= 2
    assert CartLine.objects.exists()
    assert SignIn.objects.count() > 1000
    assert not OutboxMessage.objects.filter(topic="member.signed_up", handled_at=None).exists()
    for sku in SKU.objects.all():
        offer = offers.OFFERS[sku.code.rsplit("-", 1)[0]]
        left = offer.stock[sku.position] if len(offer.stock) > 1 else offer.stock[0]
        assert sku.stock == left, sku.code
        moved = sum(StockMovement.objects.filter(sku=sku).values_list("delta", flat=True))
        assert moved == sku.stock, sku.code
    for member in User.objects.filter(is_staff=False):
        joined = member.date_joined
        assert not PointsEntry.objects.filter(account_id=member.pk, at__lt=joined).exists()
        assert not Order.objects.filter(member=member, placed_at__lt=joined).exists()
