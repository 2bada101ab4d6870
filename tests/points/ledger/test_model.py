"""The ledger against a plain-Python model of its rules: random sequences, with retries, as time passes."""

from datetime import timedelta
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
from tests.points.ledger.model import DAY, FOREVER, Model, Refused, pieces

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
