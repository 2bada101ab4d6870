"""Everything that the ledger can do, from many real connections at once, on few accounts and on many: no deadlock
reaches a caller, each answer is in the books once, and the audit finds no break, meanwhile and afterwards."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import User
from core.errors import Busy, DomainError
from points import ledger
from points.ledger import audit, queries
from points.ledger.models import PointsEntry, PointsHold
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


class Actor:
    """One connection's acts: drawn by its own dice, remembered so that later ones can refer to earlier ones."""

    def __init__(self, number, accounts):
        self.number, self.accounts = number, accounts
        self.dice = random.Random(number)
        self.step = 0
        self.earned, self.spent, self.held = [], [], []
        self.posted, self.refusals, self.swept = [], Counter(), 0

    @property
    def name(self):
        return f"system:{self.number}"

    def act(self):
        self.step += 1
        verb = self.dice.choice([name for name in dir(self) if name.startswith("do_")])
        try:
            with transaction.atomic():
                posted = getattr(self, verb)()
        except DomainError as refusal:
            self.refusals[type(refusal)] += 1
        else:
            self.posted += posted

    def call(self, function, account, **arguments):
        """``(account, key, result)``, under a key of this step."""
        key = f"{self.number}:{self.step}"
        return account, key, function(account=account, key=key, by=self.name, at=self.now, **arguments)

    @property
    def now(self):
        return AT + timedelta(hours=self.step)

    @property
    def points(self):
        return self.dice.randint(1, 60)

    def account(self):
        return self.dice.choice(self.accounts)

    def do_earn(self):
        later = timedelta(hours=self.dice.randint(0, 8))
        done = self.call(
            ledger.earn,
            self.account(),
            points=2 * self.points,
            kind="campaign",
            active_from=self.now + later,
            expires_at=self.now + later + timedelta(hours=self.dice.randint(1, 40)),
        )
        self.earned.append(done[:2])
        return [done]

    def do_spend(self):
        done = self.call(ledger.spend, self.account(), points=self.points, kind="redeem")
        self.spent.append(done[:2])
        return [done]

    def do_hold(self):
        account, key, _ = self.call(ledger.hold, self.account(), points=self.points)
        self.held.append((account, key))
        return []

    def do_hold_and_capture(self):
        account, key, _ = self.call(ledger.hold, self.account(), points=self.points)
        self.step += 1
        return [self.call(ledger.capture, account, hold=key)]

    def do_settle(self):
        if not self.held:
            return []
        account, key = self.dice.choice(self.held)
        if self.dice.random() < 0.5:
            return [self.call(ledger.capture, account, hold=key)]
        self.call(ledger.release, account, hold=key)
        return []

    def do_refund(self):
        if not self.spent:
            return []
        account, key = self.dice.choice(self.spent)
        return [self.call(ledger.refund, account, spent=key, points=self.points)]

    def do_clawback(self):
        if not self.earned:
            return []
        account, key = self.dice.choice(self.earned)
        policy = self.dice.choice(ledger.POLICIES)
        done = self.call(ledger.clawback, account, earned=key, points=self.points, policy=policy)
        return [done] if done[-1].seq else []

    def do_adjust(self):
        points = self.points * self.dice.choice([1, -1])
        return [self.call(ledger.adjust, self.account(), points=points, reason="counted anew")]

    def do_sweep(self):
        """The expiry run comes by, and leaves out whom somebody else holds."""
        accounts = self.dice.sample(self.accounts, self.dice.randint(1, len(self.accounts)))
        self.swept += ledger.expire(accounts=accounts, by=self.name, at=self.now).lots
        return []

    def do_gift(self):
        """Two accounts in one transaction, in the order of their numbers."""
        giver, taker = self.dice.sample(self.accounts, 2)
        points = self.points
        acts = {giver: (ledger.spend, "redeem"), taker: (ledger.earn, "campaign")}
        return [self.call(acts[n][0], n, points=points, kind=acts[n][1]) for n in sorted(acts)]

    def do_look(self):
        account = self.account()
        balance = queries.balance(account, at=self.now)
        assert balance.available >= 0
        assert balance.pending >= 0
        queries.history(account)
        return []


@pytest.mark.parametrize(("connections", "accounts", "steps"), [(32, 3, 40), (16, 150, 80), (8, 8, 100)])
def test_everything_at_once(connections, accounts, steps):
    members = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(accounts)]
    for member in members:
        ledger.earn(account=member, points=300, kind="sign_up", key="welcome", by="system:race", at=AT)
    actors = [Actor(n, members) for n in range(connections)]
    ended, over = [], threading.Event()

    def work(n):
        if n == connections:  # one more, who proves the books while they are written
            found = [audit.run().breaks]
            while not over.is_set():
                found.append(audit.run().breaks)
            return found
        try:
            for _ in range(steps):
                actors[n].act()
        finally:
            ended.append(n)
            if len(ended) == connections:
                over.set()
        return None

    audits = all_at_once(work, workers=connections + 1)[-1]
    refusals = sum((actor.refusals for actor in actors), Counter())
    assert refusals[Busy] == 0
    assert audits == [[]] * len(audits)
    assert audit.run().breaks == []
    posted = [done for actor in actors for done in actor.posted]
    entries = {(e.account_id, e.key): (e.seq, e.points, e.balance_after) for e in PointsEntry.objects.all()}
    for account, key, result in posted:
        taken_back = -(result.taken + result.owed) if isinstance(result, ledger.Clawback) else None
        assert entries[account, key] == (result.seq, taken_back or result.points, result.balance_after)
    assert len(entries) == len(posted) + len(members) + sum(actor.swept for actor in actors)
    assert len(posted) > connections * steps / 5
    kinds = {"sign_up", "campaign", "redeem", "refund", "clawback", "adjust", "expire"}
    assert set(PointsEntry.objects.values_list("kind", flat=True)) == kinds
    assert set(PointsHold.objects.values_list("state", flat=True)) == {"open", "captured", "released"}
