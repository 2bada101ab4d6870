"""The ledger against a plain-Python model of its rules: random sequences, with retries, as time passes."""

from collections import defaultdict
from datetime import datetime, timedelta
from unittest import mock

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.errors import DomainError
from points import ledger
from points.ledger import audit, queries, rules
from points.ledger.models import PointsLot
from tests.points.conftest import AT

FOREVER = datetime.max.replace(tzinfo=AT.tzinfo)
DAY = timedelta(days=1)


class Refused(Exception):
    pass


class Model:
    """Lots as ``[expires_at, active_from, seq, remaining, origin]``, what each debit and hold took, what each earning
    gave, what is owed, and every answer given. ``renews`` is for how long an earning keeps other points alive, or None.
    """

    def __init__(self, renews):
        self.seq = 0
        self.lots = {}
        self.renews = renews
        self.renewals = []  # (at, until) of each earning
        self.renewed = {}  # lot -> until
        self.since = {}  # key of a taking -> how many renewals there were before it
        self.takings = defaultdict(list)  # key -> [[lot, points not returned yet]], in order of consumption
        self.holds = {}  # key -> [points, state]
        self.debits = {}  # key of the entry -> key of the taking
        self.earned = {}  # key -> [lot, points not taken back yet]
        self.undated = set()  # keys of earnings whose begin is set later
        self.releases = {}
        self.debt = 0
        self.balance = 0
        self.answers = {}

    def number(self):
        self.seq += 1
        return self.seq

    def spendable(self, at):
        return sorted(lot for lot in self.lots.values() if lot[0] > at >= lot[1] and lot[3])

    def available(self, at):
        return sum(lot[3] for lot in self.spendable(at))

    def once(self, key, content, act):
        """``(answer, repeated)``; a key seen before answers as before, or is refused with other content."""
        if key in self.answers:
            before, answer = self.answers[key]
            if before != content:
                raise Refused
            return answer, True
        answer = act()
        self.answers[key] = (content, answer)
        return answer, False

    def within_reach(self, at, own=None):
        """What may be taken back: lot ``own`` and what came of it, ended or not; then active lots; then pending."""
        mine = {number for number, lot in self.lots.items() if own is not None and own in (number, lot[4])}
        lots = [lot for lot in self.lots.values() if lot[2] in mine or lot[0] > at]
        return sorted(lots, key=lambda lot: (lot[2] not in mine, lot[1] > at, lot))

    def collect(self, points, at, own=None):
        wanted = points
        for lot in self.within_reach(at, own):
            taken = min(points, lot[3])
            lot[3] -= taken
            points -= taken
        return wanted - points

    def pay_debt(self, at, own=None):
        paid = self.collect(self.debt, at, own)
        self.debt -= paid
        return paid

    def take(self, key, points, at):
        if points > self.available(at):
            raise Refused
        self.since[key] = len(self.renewals)
        for lot in self.spendable(at):
            taken = min(points, lot[3])
            if taken:
                lot[3] -= taken
                points -= taken
                self.takings[key].append([lot[2], taken])

    def renew(self, at):
        """Points that are there live on; those that are away follow in ``end_of``."""
        if self.renews is None:
            return
        until = at + self.renews
        for lot in self.lots.values():
            if lot[3] and lot[4] is None and at < lot[0] < until:
                lot[0] = self.renewed[lot[2]] = until
        self.renewals.append((at, until))

    def end_of(self, lot, key):
        """When a lot ends whose points were away since the taking ``key``."""
        end = lot[0]
        if lot[4] is None:
            for at, until in self.renewals[self.since[key] :]:
                if at < end < until:
                    end = until
        return end

    def give_back(self, key, points, at, grace_days, from_end):
        pieces = defaultdict(int)
        if points > sum(left for _lot, left in self.takings[key]):
            raise Refused
        for taking in reversed(self.takings[key]):
            back = min(points, taking[1])
            if not back:
                continue
            taking[1] -= back
            points -= back
            lot = self.lots[taking[0]]
            end = self.end_of(lot, key)
            grace_end = (end if from_end and end <= at else at) + grace_days * DAY
            grace = end <= at < grace_end and lot[4] is None
            if grace:
                number = self.number()
                lot = self.lots[number] = [grace_end, at, number, 0, taking[0]]
            else:
                lot[0] = end
            lot[3] += back
            pieces[lot[0], grace] += back
        return dict(pieces)

    def earn(self, key, points, at, expires_at, active_from, kind="campaign"):
        def act():
            self.renew(at)
            number = self.number()
            self.lots[number] = [expires_at or FOREVER, active_from, number, points, None]
            self.earned[key] = [number, points]
            self.undated |= {key} if active_from == ledger.UNDATED else set()
            self.balance += points
            return number, self.balance, self.pay_debt(at, number)

        return self.once(key, ("earn", kind, points), act)

    def spend(self, key, points, at, kind="redeem"):
        def act():
            self.take(key, points, at)
            self.debits[key] = key
            self.balance -= points
            return self.number(), self.balance

        return self.once(key, ("spend", kind, points), act)

    def adjust(self, key, points, at):
        if points > 0:
            return self.earn(key, points, at, None, at, "adjust")
        return self.spend(key, -points, at, "adjust")

    def hold(self, key, points, at):
        def act():
            self.take(key, points, at)
            self.holds[key] = [points, "open"]
            return (self.number(),)

        return self.once(key, ("hold", points), act)

    def capture(self, key, hold, at):
        if hold not in self.holds:
            raise Refused

        def act():
            points, state = self.holds[hold]
            if state != "open":
                raise Refused
            self.holds[hold][1] = "captured"
            self.debits[key] = hold
            self.balance -= points
            return self.number(), self.balance

        return self.once(key, ("capture", hold), act)

    def release(self, key, hold, at, grace_days):
        if hold not in self.holds or self.holds[hold][1] == "captured":
            raise Refused
        points, state = self.holds[hold]
        if state == "released":
            if key in self.answers and self.answers[key][0] != ("release", hold):
                raise Refused
            return self.releases[hold], True

        def act():
            self.holds[hold][1] = "released"
            self.releases[hold] = self.give_back(hold, points, at, grace_days, True), self.pay_debt(at)
            return self.releases[hold]

        return self.once(key, ("release", hold), act)

    def refund(self, key, spent, points, at, grace_days, from_end):
        if spent not in self.debits:
            raise Refused

        def act():
            entry = self.number()
            try:
                pieces = self.give_back(self.debits[spent], points, at, grace_days, from_end)
            except Refused:
                self.seq -= 1
                raise
            self.balance += points
            return entry, self.balance, pieces, self.pay_debt(at)

        return self.once(key, ("refund", spent, points), act)

    def clawback(self, key, earned, points, policy, at):
        if earned not in self.earned:
            raise Refused
        lot, left = self.earned[earned]
        there = sum(lot[3] for lot in self.within_reach(at, lot))
        if key not in self.answers and ((policy == "skip" and there < points) or (policy != "debt" and not there)):
            if points > left:
                raise Refused
            return (None, self.balance, 0, 0, points), False  # nothing is entered, the key stays free

        def act():
            if points > left:
                raise Refused
            taken = self.collect(points, at, lot)
            owed = points - taken if policy == "debt" else 0
            self.earned[earned][1] -= taken + owed
            self.debt += owed
            self.balance -= taken + owed
            return self.number(), self.balance, taken, owed, points - taken - owed

        return self.once(key, ("clawback", earned, points, policy), act)

    def set_begin(self, earned, active_from, expires_at, at):
        if earned not in self.earned:
            raise Refused
        lot = self.lots[self.earned[earned][0]]
        changed = earned in self.undated and lot[1] > at and lot[1] != active_from
        if changed:
            self.number()
            lot[:2] = max(expires_at, self.renewed.get(lot[2], expires_at)) if expires_at else FOREVER, active_from
        return (lot[1], lot[0]), changed

    def sweep(self, at):
        dead = sorted(lot for lot in self.lots.values() if lot[0] <= at and lot[3])
        points = sum(lot[3] for lot in dead)
        for lot in dead:
            self.number()
            lot[3] = 0
        self.balance -= points
        return len(dead), points


def pieces(found):
    return {(piece.expires_at or FOREVER, piece.is_grace): piece.points for piece in found}


POINTS = st.integers(1, 60)
GRACE = st.sampled_from([0, 2, 14])
ANY = st.integers(0, 99)  # picks one of what is there, by remainder
FRESH = st.one_of(
    st.tuples(st.just("earn"), POINTS, st.sampled_from([None, 1, 3, 10]), st.sampled_from([0, 0, -2, 2, None])),
    st.tuples(st.just("spend"), POINTS),
    st.tuples(st.just("hold"), POINTS),
    st.tuples(st.just("capture"), ANY),
    st.tuples(st.just("release"), ANY, GRACE),
    st.tuples(st.just("refund"), ANY, st.integers(1, 30), GRACE, st.booleans()),
    st.tuples(st.just("clawback"), ANY, POINTS, st.sampled_from(ledger.POLICIES)),
    st.tuples(st.just("set_begin"), ANY, st.sampled_from([None, -2, 0, 2, 5]), st.sampled_from([None, 1, 10])),
    st.tuples(st.just("adjust"), POINTS),
    st.tuples(st.just("adjust"), POINTS.map(lambda points: -points)),
)
STEP = st.one_of(
    FRESH,
    FRESH,
    st.tuples(st.just("wait"), st.integers(1, 8).map((12).__mul__)),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("again"), ANY),  # the same call once more
    st.tuples(st.just("clash"), ANY, FRESH),  # another call with a key that was used
)


def pick(names, number):
    return list(names)[number % len(names)] if names else "none"


def resolve(step, number, model, calls):
    """The call ``(verb, key, ...)`` that a step means now."""
    if step[0] == "again":
        return pick(calls, step[1]) if calls else ("spend", "first", 1)
    key = f"k{number}"
    if step[0] == "clash":
        key = pick(model.answers, step[1])
        step = step[2]
    verb, *rest = step
    if verb in ("capture", "release"):
        rest[0] = pick(model.holds, rest[0])
    elif verb == "refund":
        rest[0] = pick(model.debits, rest[0])
    elif verb == "clawback":
        rest[0] = pick(model.earned, rest[0])
    elif verb == "set_begin":
        rest[0] = pick(model.undated or model.earned, rest[0])
    return (verb, key, *rest)


def moments(at, begins, days):
    """Begin and end of a lot, in days after ``at``; ``begins`` None is undated, ``days`` None for ever."""
    if begins is None:
        return ledger.UNDATED, None
    begins = at + begins * DAY
    return begins, None if days is None else max(begins, at) + days * DAY


def begin_on_both(earned, begins, days, at, model, common):
    """It has no key, and says what holds; otherwise as ``on_both``."""
    begins, ends = moments(at, begins, days)
    try:
        expected = model.set_begin(earned, begins, ends, at)
    except Refused:
        expected = None
    try:
        with transaction.atomic():
            found = ledger.set_begin(**common, earned=earned, active_from=begins, expires_at=ends, at=at)
    except DomainError:
        return expected, None
    return expected, ((found.active_from, found.expires_at or FOREVER), found.changed)


def on_both(step, at, model, common):
    """Make one call to the model and to the ledger: both answers, None for a refusal."""
    verb, key, *rest = step
    if verb == "set_begin":
        return begin_on_both(*rest, at, model, common)
    if verb == "earn":
        points, days, begins = rest
        begins, ends = moments(at, begins, days)
        ours = lambda: model.earn(key, points, at, ends, begins)  # noqa: E731 - two of a kind
        theirs = {"points": points, "kind": "campaign", "expires_at": ends, "active_from": begins}
    elif verb in ("spend", "hold"):
        ours = lambda: getattr(model, verb)(key, rest[0], at)  # noqa: E731
        theirs = {"points": rest[0]} | ({"kind": "redeem"} if verb == "spend" else {})
    elif verb == "capture":
        ours = lambda: model.capture(key, rest[0], at)  # noqa: E731
        theirs = {"hold": rest[0]}
    elif verb == "release":
        ours = lambda: model.release(key, rest[0], at, rest[1])  # noqa: E731
        theirs = {"hold": rest[0], "grace_days": rest[1]}
    elif verb == "clawback":
        ours = lambda: model.clawback(key, *rest, at)  # noqa: E731
        theirs = {"earned": rest[0], "points": rest[1], "policy": rest[2]}
    elif verb == "adjust":
        ours = lambda: model.adjust(key, rest[0], at)  # noqa: E731
        theirs = {"points": rest[0], "reason": "counted again"} | ({"expires_at": None} if rest[0] > 0 else {})
    else:
        ours = lambda: model.refund(key, *rest[:2], at, *rest[2:])  # noqa: E731
        theirs = dict(zip(("spent", "points", "grace_days", "grace_from_end"), rest, strict=True))
    try:
        expected = ours()
    except Refused:
        expected = None
    try:
        with transaction.atomic():
            result = getattr(ledger, verb)(**common, **theirs, key=key, at=at)
    except DomainError:
        return expected, None
    assert result.available == model.available(at)
    given = {
        "hold": lambda: (result.seq,),
        "release": lambda: (pieces(result.pieces), result.paid_debt),
        "refund": lambda: (result.seq, result.balance_after, pieces(result.pieces), result.paid_debt),
        "clawback": lambda: (result.seq, result.balance_after, result.taken, result.owed, result.skipped),
        "earn": lambda: (result.seq, result.balance_after, result.paid_debt),
        "adjust": lambda: (result.seq, result.balance_after, result.paid_debt)[: 3 if result.points > 0 else 2],
    }.get(verb, lambda: (result.seq, result.balance_after))()
    return expected, (given, result.repeated)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(steps=st.lists(STEP, min_size=10, max_size=50), renews=st.sampled_from([None, 2 * DAY, 6 * DAY]))
def test_the_ledger_does_what_the_model_says(db, steps, renews):
    ends_of = lambda begins, *, earned_at: (None, renews and earned_at + renews)  # noqa: E731 - the rule in force
    with transaction.atomic(), mock.patch.object(rules, "ends_of", ends_of):
        member = User.objects.create(username="modelled", date_joined=AT).pk
        common = {"account": member, "by": "member:1"}
        model, at, calls = Model(renews), AT, []
        for number, step in enumerate(steps):
            if step[0] == "wait":
                at += timedelta(hours=step[1])
            elif step[0] == "sweep":
                swept = ledger.expire(accounts=[member], by="system:expiry", at=at)
                assert (swept.lots, swept.points) == model.sweep(at)
            else:
                call = resolve(step, number, model, calls)
                calls.append(call)
                expected, found = on_both(call, at, model, common)
                assert found == expected, call
            balance = queries.balance(member, at=at)
            assert (balance.available, balance.debt) == (model.available(at), model.debt)
            assert balance.held == sum(points for points, state in model.holds.values() if state == "open")
        lots = PointsLot.objects.filter(account_id=member).values_list("seq", "remaining", "expires_at")
        assert {seq: (remaining, ends or FOREVER) for seq, remaining, ends in lots} == {
            number: (lot[3], lot[0]) for number, lot in model.lots.items()
        }
        assert audit.run().breaks == []
        transaction.set_rollback(True)
