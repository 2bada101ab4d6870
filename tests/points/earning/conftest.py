"""Rule sets made for a test, and purchases with everything that a test does not care about."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from accounts.models import User
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.rules.presets import PRESETS
from points.ledger.models import PointsEntry
from points.purchases.services import purchases

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in the shop
DAY = timedelta(days=1)

_numbers = count(1)


@pytest.fixture
def member(db):
    """The id of a new member."""
    return new_member()


def new_member(**fields):
    return User.objects.create(username=f"earner{next(_numbers)}", date_joined=AT, **fields).pk


def buy(member, yuan=None, *, lines=None, number=None, source="file", paid_at=AT, **rest):
    """Record a purchase of ``yuan`` of no category, or of ``lines`` (category, fen)."""
    lines = lines or [("", round(yuan * 100))]
    return purchases.record(
        member=member,
        source=source,
        number=number or f"N{next(_numbers)}",
        lines=lines,
        paid_at=paid_at,
        by="system:test",
        at=rest.pop("at", paid_at),
        **rest,
    )


def give_back(number, yuan, *, refund_number=None, source="file", at=AT + DAY, **rest):
    return purchases.refund(
        source=source,
        number=number,
        refund_number=refund_number or f"R{next(_numbers)}",
        amount_fen=round(yuan * 100),
        by="system:test",
        at=at,
        **rest,
    )


@pytest.fixture
def rules(monkeypatch):
    """``rules("10_1")``: a preset counts for everybody."""

    def set_rules(name):
        rule_set = engine.build("v1", PRESETS[name].rules)
        monkeypatch.setattr(rule_sets, "for_member", lambda member_id, at: rule_set)

    return set_rules


@pytest.fixture
def caps(monkeypatch):
    """``caps(total=None, purchase=(points, times), ...)``: what a day allows, whatever the rules say."""

    def set_caps(total=None, **by_behaviour):
        monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(total, by_behaviour))

    return set_caps


def entries(member):
    return list(PointsEntry.objects.filter(account_id=member).order_by("seq"))
