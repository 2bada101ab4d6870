"""Numbers of orders: drawn anew when taken, safe in a spreadsheet (F3)."""

import re
from dataclasses import replace

import pytest
from django.db import IntegrityError

from core import clock
from core.db import broken_constraint
from orders.placing.rules import numbers, pricing
from orders.placing.services import new_order


def test_a_taken_number_is_drawn_again(place, cup, at, monkeypatch):
    first = place((cup, "points", 1))
    drawn = iter([first.number, first.number, "M26112099999999"])
    monkeypatch.setattr(numbers, "new_number", lambda date: next(drawn))
    assert place((cup, "points", 1)).number == "M26112099999999"
    monkeypatch.setattr(numbers, "new_number", lambda date: first.number)
    with pytest.raises(IntegrityError):
        place((cup, "points", 1))


def test_another_broken_constraint_is_no_taken_number(place, cup, monkeypatch):
    """It is not tried again, and it is nobody's form."""
    tries = []
    write = new_order.write

    def broken(new, basket, **options):
        tries.append(1)
        nonsense = replace(basket.priced, sums=(pricing.Sum("goods_points", points=-1),))
        broken_basket = replace(basket)
        broken_basket.__dict__["priced"] = nonsense
        return write(new, broken_basket, **options)

    monkeypatch.setattr(new_order, "write", broken)
    with pytest.raises(IntegrityError) as refused:
        place((cup, "points", 1))
    assert broken_constraint(refused.value).startswith("o")
    assert len(tries) == 1


def test_the_number_tells_the_shops_day_and_cannot_be_counted_on(at):
    drawn = {numbers.new_number(clock.shop_date(at)) for _ in range(50)}
    assert len(drawn) == 50
    assert all(re.fullmatch(rf"M{clock.shop_date(at):%y%m%d}[0-9]{{8}}", number) for number in drawn)


def test_a_number_survives_a_spreadsheet(at):
    """No number is made of it, and none of the letters that mark payments, refunds and tries is in it."""
    number = numbers.new_number(clock.shop_date(at))
    with pytest.raises(ValueError, match=number):
        float(number)
    assert not set(number) & set("PRTE")
    assert len(number) <= 15


def test_an_older_number_of_digits_alone_stays_good(place, cup, signed_in, monkeypatch):
    monkeypatch.setattr(numbers, "new_number", lambda date: "2026112012345678")
    place((cup, "mixed", 1))
    assert signed_in.get("/orders/2026112012345678/").status_code == 200
