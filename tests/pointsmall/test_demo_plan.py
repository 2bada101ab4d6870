"""The demo content before it is written: whole, sensible, the same on the same day."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from PIL import Image

from accounts import regions
from activities import rules as sign_in_rules
from core.clock import shop_date
from pointsmall.demo import members, plan, products
from pointsmall.demo.offers import OFFERS

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MOMENTS = [
    NOW,
    datetime(2026, 11, 20, 16, 1, tzinfo=UTC),  # just after midnight in the shop
    datetime(2026, 11, 21, 15, 59, tzinfo=UTC),  # just before it
    datetime(2026, 12, 31, 8, 0, tzinfo=UTC),
    datetime(2027, 1, 30, 8, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 8, 0, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def goods():
    return products.load()


def test_56_products_in_8_categories(goods):
    assert len(goods) == 56
    per_category = defaultdict(int)
    for product in goods:
        per_category[product.category] += 1
    assert per_category == {code: 7 for code, *_ in products.CATEGORIES}


def test_every_offer_is_used_and_fits_its_options(goods):
    assert {product.slug for product in goods} == set(OFFERS)
    for product in goods:
        offer = OFFERS[product.slug]
        assert len(offer.stock) in (1, len(product.skus)), product.slug
        assert offer.scale is None or len(offer.scale) == len(product.skus), product.slug


def test_pictures_are_there_and_square(goods):
    for product in goods:
        with Image.open(product.picture) as picture:
            assert picture.size == (800, 800), product.slug


def test_prices_are_worth_less_than_the_market_price(goods):
    """Of the variant that the market price belongs to: 100 points are 1 yuan."""
    for product in goods:
        values = [sku.points for sku in product.skus if sku.points]
        values += [sku.mixed_points + sku.mixed_fen for sku in product.skus if sku.mixed_points]
        assert all(value > 0 and value % 10 == 0 for value in values)
        assert min(values) <= product.market_price_fen, product.slug


def test_there_is_something_of_every_kind(goods):
    skus = [sku for product in goods for sku in product.skus]
    assert any(sku.points and not sku.mixed_points for sku in skus)
    assert any(sku.mixed_points and not sku.points for sku in skus)
    assert any(sku.points and sku.mixed_points for sku in skus)
    assert any(1 <= sku.stock <= 5 for sku in skus)
    assert any(all(sku.stock == 0 for sku in product.skus) for product in goods if product.listed)
    assert 1 <= sum(product.listed is None for product in goods) <= 2
    assert len({sku.code for sku in skus}) == len(skus)


def test_twenty_members_at_real_districts():
    assert [member.phone for member in members.MEMBERS] == [f"+86{13800000000 + n}" for n in range(1, 21)]
    for member in members.MEMBERS:
        assert 1 <= len(member.addresses) <= 2
        assert all(regions.region(address.region_code) for address in member.addresses), member.name


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_nothing_lies_in_the_future_and_everything_in_order(goods, now):
    events = plan.plan(goods, now=now)
    assert max(event.at for event in events) <= now
    assert [event.at for event in events] == sorted(event.at for event in events)
    first = {}
    for event in events:
        first.setdefault(event.member, event.act)
    assert first == {member.number: "joins" for member in members.MEMBERS}


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_an_order_goes_through_its_states_in_order(goods, now):
    stories = defaultdict(list)
    for event in plan.plan(goods, now=now):
        if "order" in event.details:
            stories[event.details["order"]].append(event.act)
    allowed = ["places", "pays", "gets_shipped", "receives"]
    for acts in stories.values():
        assert acts[0] == "places"
        if acts[-1] in ("cancels", "runs_out_of_time"):
            assert acts[1:-1] in ([], ["pays"])
        else:
            assert acts == [act for act in allowed if act in acts]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_one_sign_in_a_day(goods, now):
    days = [(event.member, shop_date(event.at)) for event in plan.plan(goods, now=now) if event.act == "signs_in"]
    assert len(days) == len(set(days))


def test_the_same_day_gives_the_same_plan(goods):
    assert plan.plan(goods, now=NOW) == plan.plan(goods, now=NOW)


def purse(events, prices, now):
    """Points spendable at ``now``, replayed as the ledger will; never less than nothing on the way."""
    points, coming, streak, spent = 200, [], [], {}
    for event in events:
        points += sum(amount for due, amount in coming if due <= event.at)
        coming = [(due, amount) for due, amount in coming if due > event.at]
        if event.act == "signs_in":
            day = shop_date(event.at)
            streak = [*streak, day] if streak and (day - streak[-1]).days == 1 else [day]
            points += sign_in_rules.points_for(len(streak))
        elif event.act in ("buys", "bought"):
            coming.append((event.at + plan.AFTER_SALE, event.details["points"]))
        elif event.act == "is_granted":
            points += event.details["points"]
        elif event.act == "places":
            cost = sum(prices[line.sku, line.way] * line.quantity for line in event.details["lines"])
            spent[event.details["order"]] = cost
            points -= cost
            assert points >= 0, event
        elif event.act in ("cancels", "runs_out_of_time"):
            points += spent[event.details["order"]]
    return points + sum(amount for due, amount in coming if due <= now)


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_nobody_spends_more_than_the_purse_holds(goods, now):
    prices = {(sku.code, "points"): sku.points for product in goods for sku in product.skus}
    prices |= {(sku.code, "mixed"): sku.mixed_points for product in goods for sku in product.skus}
    events = plan.plan(goods, now=now)
    for member in members.MEMBERS:
        left = purse([event for event in events if event.member == member.number], prices, now)
        assert left == 12_480 if member.number == 1 else left > 0


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_heroine_ends_as_the_pictures_show_her(goods, now):
    events = [event for event in plan.plan(goods, now=now) if event.member == 1]
    (grant,) = [event for event in events if event.act == "is_granted"]
    assert grant.details["points"] == 1680
    assert 29 <= (grant.details["expires_at"] - now).days <= 61
    signed = [(shop_date(now) - shop_date(event.at)).days for event in events if event.act == "signs_in"]
    assert sorted(signed)[:5] == [1, 2, 3, 4, 6]
