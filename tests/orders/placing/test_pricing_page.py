"""``docs/pricing.md``: its example is worked out, its table of rules names every stage."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.prices import Price
from orders.placing.rules.pricing import Choice, CouponTerms, Goods, PricingFacts, Stage, price_order
from orders.shipping.rules import Rate
from points.tiers.rules import Benefits

PAGE = (Path(__file__).parents[3] / "docs" / "pricing.md").read_text()
NAMES = {1: "thermos", 2: "towels", 3: "lamp"}


@pytest.fixture(scope="module")
def mei():
    return price_order(
        PricingFacts(
            goods=(
                Goods(Choice(1, "mixed", 1), Price(3000, 7500), weight_g=480),
                Goods(Choice(2, "points", 2), Price(1000), weight_g=300),
                Goods(Choice(3, "cash", 1), Price(0, 18900), weight_g=820),
            ),
            benefits=Benefits("gold", Decimal("1.5"), 5, 3, free_shipping=True, is_member_day=True),
            coupons=(CouponTerms(1, "cash_off", "30", off_fen=3000, minimum_fen=19900),),
            deduct=9999,
            available=9000,
            region="110105",
            rates=(Rate(first_g=2000, first_fen=800),),
        )
    )


def rows(head):
    """The cells of the table that begins with ``head``."""
    table = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[2:]]


def number(text):
    return int(text) if text and text != "|" else 0


def fen(text):
    return int(Decimal(text) * 100) if re.fullmatch(r"-?[\d.]+", text) else 0


def test_the_sum_is_that_of_the_page(mei):
    told = []
    for line in re.findall(r"^\| (\w+) \| (-?\d*) ?\| (-?[\d.]*) ?\|", PAGE[PAGE.index("| line | points |") :], re.M):
        told.append((line[0], number(line[1]), fen(line[2])))
    sums = [(line.code, line.points, line.fen) for line in mei.sums]
    assert told[: told.index(("total", mei.points, mei.fen))] == sums


def test_the_shares_are_those_of_the_page(mei):
    told = {name: (int(points), fen(yuan)) for name, points, yuan in rows("line | paid points | paid yuan")}
    assert told == {NAMES[line.sku_id]: (line.paid_points, line.paid_fen) for line in mei.lines}


def test_every_stage_stands_there():
    assert [row[0].strip("`") for row in rows("stage | rule | takes off | limits")] == [stage.name for stage in Stage]
