"""Many real connections at one member's points: exactly what exists is given, once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts.models import User
from core.errors import Busy, DomainError
from points import ledger
from points.ledger import audit, queries
from points.ledger.models import PointsEntry

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
CONNECTIONS = 64

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member():
    return User.objects.create(username="racer", date_joined=AT).pk


def all_at_once(act, workers=CONNECTIONS):
    """``act(n)`` of every worker, each on its own connection, begun together; a refusal is its result."""
    start = threading.Barrier(workers)

    def work(n):
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return act(n)
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, range(workers)))


def test_exactly_what_exists_is_given(member):
    for n in range(5):
        ledger.earn(account=member, points=20, kind="campaign", key=f"e{n}", by="x", at=AT)
    results = all_at_once(lambda n: ledger.spend(account=member, points=7, kind="redeem", key=f"s{n}", by="x", at=AT))
    given = [result for result in results if isinstance(result, ledger.Posting)]
    assert len(given) == 100 // 7
    assert {type(result) for result in results} == {ledger.Posting, ledger.NotEnoughPoints}
    assert queries.balance(member, at=AT).available == 100 % 7
    assert audit.run().breaks == []


def test_holds_and_spends_share_what_exists(member):
    ledger.earn(account=member, points=100, kind="campaign", key="e", by="x", at=AT)

    def act(n):
        if n % 2:
            return ledger.spend(account=member, points=10, kind="redeem", key=f"s{n}", by="x", at=AT)
        return ledger.hold(account=member, points=10, key=f"h{n}", by="x", at=AT)

    results = all_at_once(act)
    assert sum(not isinstance(result, DomainError) for result in results) == 10
    assert queries.balance(member, at=AT).available == 0
    assert audit.run().breaks == []


def test_the_same_key_from_everywhere_posts_once(member):
    results = all_at_once(
        lambda n: ledger.earn(account=member, points=200, kind="sign_up", key="welcome", by="x", at=AT)
    )
    assert sorted(result.repeated for result in results) == [False] + [True] * (CONNECTIONS - 1)
    assert {result.balance_after for result in results} == {200}
    assert PointsEntry.objects.count() == 1
    assert audit.run().breaks == []


def test_a_hold_ends_one_way(member):
    ledger.earn(account=member, points=100, kind="campaign", key="e", by="x", at=AT)
    ledger.hold(account=member, points=100, key="h", by="x", at=AT)

    def act(n):
        if n % 2:
            return ledger.capture(account=member, hold="h", key="paid", by="x", at=AT)
        return ledger.release(account=member, hold="h", key=f"cancelled{n}", by="x", at=AT)

    results = all_at_once(act)
    kinds = {type(result) for result in results}
    assert kinds in ({ledger.Posting, ledger.HoldNotOpen}, {ledger.Released, ledger.HoldNotOpen})
    assert sum(not getattr(result, "repeated", True) for result in results) == 1
    assert audit.run().breaks == []


def test_refunds_never_pass_the_debit(member):
    ledger.earn(account=member, points=100, kind="campaign", key="e", by="x", at=AT)
    ledger.spend(account=member, points=50, kind="redeem", key="s", by="x", at=AT)
    results = all_at_once(lambda n: ledger.refund(account=member, spent="s", points=8, key=f"r{n}", by="x", at=AT))
    assert sum(isinstance(result, ledger.Refund) for result in results) == 6
    assert queries.balance(member, at=AT).available == 98
    assert audit.run().breaks == []


@pytest.mark.parametrize(("workers", "accounts", "steps"), [(32, 3, 40), (8, 2, 60), (16, 60, 40)])
def test_everything_mixed_has_no_deadlock(workers, accounts, steps):
    """Eight operations and the sweep, on few accounts and on many, as time goes by differently for everybody."""
    members = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(accounts)]
    for account in members:
        for n in range(10):
            ledger.earn(
                account=account,
                points=100,
                kind="campaign",
                key=f"seed{n}",
                by="x",
                at=AT,
                expires_at=AT + timedelta(n + 1),
            )
    surprises = []

    def act(n):
        dice = random.Random(n)
        for step in range(steps):
            at = AT + timedelta(hours=dice.randint(0, 300))
            verb = dice.choice(["earn", "spend", "hold", "capture", "release", "refund", "clawback", "adjust", "sweep"])
            this = (n, step)
            other = (dice.choice([n, dice.randrange(workers)]), dice.randrange(step + 1))
            earlier = "{}:{}".format(*other)
            account = members[sum(other if verb in ("capture", "release", "refund") else this) % accounts]
            try:
                if verb == "sweep":
                    ledger.expire(accounts=dice.sample(members, len(members)), by="x", at=at)
                    continue
                more = {
                    "earn": {"points": dice.randint(1, 50), "kind": "campaign"},
                    "spend": {"points": dice.randint(1, 60), "kind": "redeem"},
                    "hold": {"points": dice.randint(1, 60)},
                    "capture": {"hold": earlier},
                    "release": {"hold": earlier},
                    "refund": {"spent": earlier, "points": dice.randint(1, 40)},
                    "clawback": {
                        "earned": f"seed{dice.randrange(10)}",
                        "points": dice.randint(1, 40),
                        "policy": dice.choice(ledger.POLICIES),
                    },
                    "adjust": {"points": dice.choice([-9, 9]), "reason": "counted again"},
                }[verb]
                getattr(ledger, verb)(account=account, by="x", at=at, **more, key="{}:{}".format(*this))
            except Busy as busy:  # nobody holds an account for three seconds
                surprises.append(busy)
            except DomainError:
                pass

    all_at_once(act, workers=workers)
    assert surprises == []
    assert audit.run().breaks == []
    kinds = set(PointsEntry.objects.values_list("kind", flat=True))
    assert kinds >= {"campaign", "redeem", "refund", "clawback", "adjust", "expire"}


def test_clawbacks_never_pass_the_earning(member):
    ledger.earn(account=member, points=50, kind="purchase", key="e", by="x", at=AT)
    ledger.spend(account=member, points=30, kind="redeem", key="s", by="x", at=AT)
    results = all_at_once(lambda n: ledger.clawback(account=member, earned="e", points=8, key=f"c{n}", by="x", at=AT))
    assert sum(isinstance(result, ledger.Clawback) for result in results) == 6
    balance = queries.balance(member, at=AT)
    assert (balance.available, balance.debt) == (0, 28)
    assert audit.run().breaks == []


def test_credits_of_all_at_once_pay_a_debt_once(member):
    ledger.earn(account=member, points=100, kind="purchase", key="e", by="x", at=AT)
    ledger.spend(account=member, points=100, kind="redeem", key="s", by="x", at=AT)
    ledger.clawback(account=member, earned="e", points=100, key="c", by="x", at=AT)
    results = all_at_once(
        lambda n: ledger.earn(account=member, points=7, kind="sign_in", key=f"n{n}", by="x", at=AT), workers=16
    )
    assert sum(result.paid_debt for result in results) == 100
    balance = queries.balance(member, at=AT)
    assert (balance.available, balance.debt) == (16 * 7 - 100, 0)
    assert audit.run().breaks == []


def test_who_waits_too_long_is_told_to_try_again(member, lock_timeout):
    lock_timeout(200)
    ledger.earn(account=member, points=100, kind="campaign", key="e", by="x", at=AT)
    with transaction.atomic():
        ledger.spend(account=member, points=10, kind="redeem", key="first", by="x", at=AT)
        (result,) = all_at_once(
            lambda n: ledger.spend(account=member, points=10, kind="redeem", key="second", by="x", at=AT), workers=1
        )
    assert isinstance(result, Busy)
    assert queries.balance(member, at=AT).available == 90
