"""The balance at any past moment is what was recorded then (B14)."""

import io
import json
import random
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import User
from core.errors import DomainError
from points import ledger
from points.ledger import queries
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db


def recorded(member, at):
    balance = queries.balance(member, at=at)
    return (balance.available, balance.held)


def then(member, at):
    past = queries.balance_at(member, at)
    return (past.spendable, past.held)


def test_before_and_for_strangers(own):
    own.earn(100)
    assert queries.balance_at(own.member, AT - timedelta(seconds=1)) == queries.PastBalance(0, 0, 0)
    assert queries.balance_at(own.member, AT) == queries.PastBalance(100, 100, 0)
    assert queries.balance_at(own.member + 1, AT) == queries.PastBalance(0, 0, 0)


def test_pending_and_ended_points_cannot_be_spent(own):
    own.earn(100, active_from=AT + timedelta(days=7), expires_at=AT + timedelta(days=30))
    days = [(0, 0), (6, 0), (7, 100), (29, 100), (30, 0), (300, 0)]
    assert [(day, queries.balance_at(own.member, AT + timedelta(days=day)).spendable) for day, _ in days] == days
    assert queries.balance_at(own.member, AT + timedelta(days=300)).total == 100  # no sweep took them


@pytest.mark.parametrize("seed", range(8))
def test_every_recorded_state_is_found_again(own, seed):
    dice, claw_back = random.Random(seed), partial(ledger.clawback, account=own.member, by="x")
    at, states, holds, debits, earnings = AT, [], [], [], []
    for step in range(60):
        at += timedelta(hours=dice.randint(1, 60))
        verb = dice.choice(["earn", "earn", "spend", "hold", "capture", "release", "refund", "clawback"])
        try:
            with transaction.atomic():  # a refusal must not end the test's own transaction
                if verb == "earn":
                    begins = at + timedelta(days=dice.choice([0, 0, 5]))
                    ends = dice.choice([None, begins + timedelta(days=dice.randint(1, 40))])
                    own.earn(dice.randint(1, 100), key=f"e{step}", at=at, active_from=begins, expires_at=ends)
                    earnings.append(f"e{step}")
                elif verb == "spend":
                    own.spend(dice.randint(1, 80), at=at, key=f"s{step}")
                    debits.append(f"s{step}")
                elif verb == "hold":
                    own.hold(dice.randint(1, 60), at=at, key=f"h{step}")
                    holds.append(f"h{step}")
                elif verb == "capture" and holds:
                    own.capture(dice.choice(holds), at=at, key=f"c{step}")
                    debits.append(f"c{step}")
                elif verb == "release" and holds:
                    own.release(dice.choice(holds), at=at, grace_days=dice.choice([0, 14]))
                elif verb == "refund" and debits:
                    own.refund(dice.choice(debits), dice.randint(1, 30), at=at, grace_days=dice.choice([0, 14]))
                elif verb == "clawback" and earnings:
                    policy = dice.choice(["debt", "debt", "within_balance", "skip"])
                    claw_back(
                        earned=dice.choice(earnings), points=dice.randint(1, 100), key=f"b{step}", at=at, policy=policy
                    )
        except DomainError:
            continue
        states.append((at, recorded(own.member, at)))
    assert len(states) > 20
    assert [(at, then(own.member, at)) for at, _ in states] == states


def test_the_command_tells_it(own):
    own.earn(100)
    own.spend(30, at=AT + timedelta(days=1))
    User.objects.filter(pk=own.member).update(username="lin")
    said = []
    for moment in ("2026-11-20T12:00", "2026-11-20T04:00:00+00:00", "2026-11-20", "2026-11-21"):
        out = io.StringIO()
        call_command("balance_at", "Lin", moment, "--json", stdout=out)
        said.append(json.loads(out.getvalue())["spendable"])
    assert said == [100, 100, 100, 70]
    out = io.StringIO()
    call_command("balance_at", str(own.member), "2026-11-21", stdout=out)
    assert "70" in out.getvalue()


@pytest.mark.parametrize("arguments", [("nobody", "2026-11-20"), ("1", "soon"), ("1", "2026-13-40")])
def test_the_command_refuses(own, arguments):
    name = str(own.member) if arguments[0] == "1" else arguments[0]
    with pytest.raises(CommandError):
        call_command("balance_at", name, arguments[1])
