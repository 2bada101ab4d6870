"""Points for what members do: by the rules in force, within the day's caps, odd ones set aside (C4, C10, C11)."""

from dataclasses import dataclass

from core.clock import day_end, shop_date
from core.db import locking_transaction
from core.errors import InvalidInput
from points import ledger
from points.earning import states
from points.earning.models import EarningReview
from points.earning.parameters import REVIEW_DAYS
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.services import review_notices, velocity
from points.earning.services.tally import Tally
from points.earning.services.velocity import NOTHING, Facts
from points.ledger import KeyReused
from points.ledger.models import Kind, PointsEntry
from points.tiers.queries import tier_of
from points.tiers.services import tiers

__all__ = ["NOTHING", "Booked", "Facts", "behaviour", "earner_of"]

KINDS = {"sign_up": Kind.SIGN_UP, "sign_in": Kind.SIGN_IN}  # of the others: CAMPAIGN


@dataclass(frozen=True, slots=True)
class Booked:
    """An earning: its points (0: nothing was booked, ``steps`` say why), whether it waits for a review, whether it was
    there before. ``steps`` have the shape of an entry's breakdown."""

    points: int
    steps: list
    under_review: bool = False
    repeated: bool = False


def earner_of(member, tier=None):
    """The ``engine.Earner`` of a member (an id), with the tier of now."""
    tier = tier or tier_of(member)
    return engine.Earner(member, tier.code, tier.multiplier, tier.title)


def behaviour(
    *,
    member,
    behaviour,
    key,
    by,
    at,
    base=None,
    base_steps=None,
    source="",
    reason="",
    facts=NOTHING,
    case=None,
):
    """Book what the ``behaviour`` (of ``engine.BEHAVIOURS``) of a member (an id) earns; returns ``Booked``.

    ``base`` is what the activity itself gives and ``base_steps`` how that came about; ``case`` is what the rules may
    want to know of it (``{"pictures": 2}``), ``facts`` where it came from. The same ``key`` again changes nothing.

    1. Reckon by the rules in force for the member.
    2. Leave traces, and see whether there are too many of them.
    3. Lock the day's tally; a key that is there already ends here, counted once.
    4. Cap, count, then book, or set aside for a review.
    """
    if behaviour not in engine.BEHAVIOURS:
        raise InvalidInput(field="behaviour")
    rule_set = rule_sets.for_member(member, at)
    outcome = engine.behaviour_points(rule_set, earner_of(member), behaviour, at, base, case)
    kind = KINDS.get(behaviour, Kind.CAMPAIGN)
    day = shop_date(at)
    with locking_transaction():
        odd = velocity.grounds(member=member, behaviour=behaviour, at=at, facts=facts)
        tally = Tally(behaviour, [(member, day)])
        if (before := _booked_before(member, key, kind, source)) is not None:
            return before
        points, cut = tally.grant(member, day, outcome.points, engine.caps(rule_set))
        steps = _with_base(outcome.steps, base, base_steps) + cut
        if not points:
            return Booked(0, steps)
        tally.save()
        what = {"points": points, "kind": kind, "key": key, "by": by, "at": at, "source": source, "reason": reason}
        if odd:
            review = EarningReview.objects.create(
                member_id=member,
                behaviour=behaviour,
                rule_version=outcome.rule_version,
                steps=steps,
                grounds=odd,
                due_at=day_end(at, REVIEW_DAYS.value) if REVIEW_DAYS.value else None,
                **what,
            )
            review_notices.tell_held(review)
            return Booked(points, steps, under_review=True)
        book(member=member, rule_version=outcome.rule_version, steps=steps, **what)
    return Booked(points, steps)


def book(*, member, steps, at, now=None, **what):
    """Enter an earning of ``at`` whose caps are counted, and let the tier follow ``now``."""
    ledger.earn(account=member, breakdown={"steps": steps}, at=at, **what)
    tiers.consider(member, at=now or at)


def _booked_before(member, key, kind, source):
    review = EarningReview.objects.filter(member_id=member, key=key).first()
    if review is not None and review.state != EarningReview.State.APPROVED:
        _check_same(review, key, kind, source)
        return Booked(review.points, review.steps, under_review=review.state in states.WAITING, repeated=True)
    entry = PointsEntry.objects.filter(account_id=member, key=key).first()
    if entry is None:
        return None
    _check_same(entry, key, kind, source)
    return Booked(entry.points, (entry.breakdown or {}).get("steps", []), repeated=True)


def _check_same(found, key, kind, source):
    if (found.kind, found.source) != (kind, source):
        raise KeyReused(key=key)


def _with_base(steps, base, base_steps):
    """The activity's own steps in place of the engine's word for them."""
    return [*base_steps, *steps[1:]] if base is not None and base_steps else list(steps)
