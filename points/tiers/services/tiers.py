"""Tiers rise at once, and fall slowly, after a notice and a grace, one step at a time (C12).

Every turn is made on the locked row of ``MemberTier`` and written down as a ``TierChange``: two earnings that cross a
threshold together are one promotion and one notice. That row comes after the points account in the order of locks.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors, audit
from core.batches import in_parts
from core.clock import shop_date
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points.ledger.models import PointsAccount
from points.tiers import queries, rules
from points.tiers.models import LOWEST, MemberTier, TierChange, TierCode
from points.tiers.services import tier_notices

CHUNK = 250  # members a transaction: an earning that turns one of them waits for its end
MOST_CHUNK = 10_000
BY = actors.system("tiers")
Cause = TierChange.Cause

ACCOUNTS_THAT_MAY_RISE = """
SELECT account_id FROM points_account WHERE account_id > %s AND lifetime_earned >= %s ORDER BY account_id LIMIT %s
"""


class UnknownMember(DomainError):
    """Details: ``member``."""

    code = "unknown_member"
    message = _("There is no member %(member)s.")


class NotPinned(DomainError):
    """Nothing to take away."""

    code = "tier_not_pinned"
    message = _("This member's tier is not pinned. Nothing was changed.")


class OwnTier(DomainError):
    """Nobody pins their own tier."""

    code = "own_tier"
    message = _("Nobody pins their own tier. Ask a colleague.")


@dataclass(frozen=True, slots=True)
class Turned:
    """What one transaction did: members looked at, and how many turned, by ``TierChange.Cause``."""

    members: int
    turns: Counter = field(default_factory=Counter)


# After an earning


def consider(account, *, at, replaying=False):
    """Raise the member ``account`` at once when the points in the window reach a higher tier, and end a grace that is
    made good; returns the ``rules.Step`` or None. Never lowers. Call it after the earning, in its transaction.

    One query when nothing turns, and no sum where the member cannot have reached anything. ``replaying`` is for a
    history that is booked in order of time: the reviews that lie behind ``at`` are made as of their days, and nobody is
    told.
    """
    if replaying:
        _catch_up(account, at)
    return consider_many({account: at}, told=not replaying).get(account)


def consider_many(moments, *, told=True, dry_run=False):
    """The same for many accounts at once, ``{account: moment}``; returns ``{account: Step}`` of those that turned."""
    near, steps, late = {}, {}, {}
    for account, tier, since, review_on, grace_until, points in queries.near_a_turn(moments):
        at = moments[account]
        if since is not None and since > at:
            late[account] = since
            continue
        state = rules.State(tier, since, review_on, grace_until) if tier else rules.State(LOWEST, at)
        if step := rules.step(state, points, at=at):
            near[account], steps[account] = points, step
    if dry_run:
        return steps
    # Booked for a time before the tier was reached, it counts as of that.
    near |= dict.fromkeys(late, 0) | queries.earned_by(late)
    return _turn(near, moments | late, told=told) if near else {}


def at_moments(moments, *, at, replaying=False):
    """``{member: rules.Tier}`` at the moments of ``{member: moment}`` (``queries.tiers_at``). With ``replaying``,
    reviews that lie before a moment are made first, as of their days: hold the accounts, which come before tiers in
    the order of locks."""
    today = shop_date(at)
    found = queries.tiers_at(moments, today=today)
    if replaying and (due := {member: moments[member] for member, past in found.items() if past.is_due}):
        for member, at in sorted(due.items()):
            _catch_up(member, at)
        found |= queries.tiers_at(due, today=today)
    return {member: past.tier for member, past in found.items()}


def _catch_up(account, at):
    while due := MemberTier.objects.filter(pk=account, review_on__lte=shop_date(at)).first():
        midnight = datetime.combine(due.review_on, time.min, tzinfo=timezone.get_default_timezone())
        points = queries.earned_in_window([account], at=midnight).get(account, 0)
        _turn({account: points}, {account: midnight}, reviewing=True, told=False)


# By the calendar


def evaluate(*, at, chunk=CHUNK, dry_run=False):
    """Look at every tier whose anniversary has come or whose grace is over: yields the ``Turned`` of each transaction.

    Set-based, members in order of id; rows that somebody holds are left for the next run. Safe to stop and start again
    and to run twice at once: what was looked at is not due any more. With ``dry_run`` nothing is written.
    """
    after = 0
    while due := list(
        MemberTier.objects.filter(review_on__lte=shop_date(at), pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)[:chunk]
    ):
        after = due[-1]
        yield from _turned(due, lambda part: _review(part, at=at, dry_run=dry_run))


def recompute(*, at, chunk=CHUNK, dry_run=False):
    """Raise whoever has the points for more than they have, after the figures changed: yields ``Turned`` as
    ``evaluate``. Nobody is lowered: that is for the anniversary."""
    after, least = 0, rules.all_tiers()[1].threshold
    while accounts := _may_rise(after, least, chunk):
        after = accounts[-1]
        yield from _turned(accounts, lambda part: consider_many(dict.fromkeys(part, at), dry_run=dry_run))


def _review(members, *, at, dry_run):
    sums = queries.earned_in_window(members, at=at)
    points = {member: sums.get(member, 0) for member in members}
    return _turn(points, dict.fromkeys(members, at), reviewing=True, write=not dry_run, wait=False)


def _turned(members, look):
    """The ``Turned`` of ``members``; whom ``look`` cannot judge is left out, and in the log."""
    for part, steps in in_parts(members, look):
        if not isinstance(steps, Exception):
            yield Turned(len(part), Counter(str(step.cause) for step in steps.values()))


def due_for_review(*, at):
    """How many tiers ``evaluate`` would look at."""
    return MemberTier.objects.filter(review_on__lte=shop_date(at)).count()


def could_rise():
    """How many accounts ``recompute`` would look at."""
    return PointsAccount.objects.filter(lifetime_earned__gte=rules.all_tiers()[1].threshold).count()


def _may_rise(after, threshold, limit):
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS_THAT_MAY_RISE, [after, threshold, limit])
        return [account for (account,) in cursor.fetchall()]


# By hand


def pin(*, member, tier, reason, by, at):
    """Give the member (an id) the tier ``tier`` (a code) whatever the points say, until ``unpin``; pinning again
    replaces. Raises ``UnknownMember``, ``OwnTier``. What is earned lives on below and counts again after the pin."""
    _check_pin(tier, reason)
    with locking_transaction():
        row = _own_row(member, by=by, at=at)
        if (row.pinned_tier, row.pin_reason) == (tier, reason):
            return row
        before = row.code
        row.pinned_tier, row.pin_reason, row.pinned_by, row.pinned_at = tier, reason, by, at
        row.save(update_fields=["pinned_tier", "pin_reason", "pinned_by", "pinned_at"])
        _by_hand(row, Cause.PINNED, before, reason, by=by, at=at)
    return row


def unpin(*, member, reason, by, at):
    """Let the points decide again. Raises ``UnknownMember``, ``NotPinned``, ``OwnTier``."""
    _check_pin(LOWEST, reason)
    with locking_transaction():
        row = _own_row(member, by=by, at=at)
        if not row.pinned_tier:
            raise NotPinned
        before = row.code
        row.pinned_tier, row.pin_reason, row.pinned_by, row.pinned_at = "", "", "", None
        row.save(update_fields=["pinned_tier", "pin_reason", "pinned_by", "pinned_at"])
        _by_hand(row, Cause.UNPINNED, before, reason, by=by, at=at)
    return row


def _check_pin(tier, reason):
    if tier not in TierCode.values:
        raise InvalidInput(field="tier")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= 200 or "\0" in reason:
        raise InvalidInput(field="reason")


def _own_row(member, *, by, at):
    if by == actors.staff(member):
        raise OwnTier
    if not User.objects.filter(pk=member).exists():
        raise UnknownMember(member=member)
    MemberTier.objects.bulk_create([MemberTier(member_id=member, tier=LOWEST, since=at)], ignore_conflicts=True)
    return MemberTier.objects.select_for_update().get(pk=member)


def _by_hand(row, cause, before, reason, *, by, at):
    points = max(queries.earned_in_window([row.pk], at=at).get(row.pk, 0), 0)
    change = TierChange.objects.create(
        member_id=row.pk, cause=cause, from_tier=before, to_tier=row.code, points=points, reason=reason, by=by, at=at
    )
    audit.record(
        f"tier.{cause}", by=by, subject=actors.member(row.pk), at=at, before=before, after=row.code, reason=reason
    )
    if before != row.code:
        tier_notices.tell(change, row)


# Every turn


def _turn(points, moments, *, reviewing=False, told=True, write=True, wait=True):
    """Make the turns that are due for members at their ``moments``, by ``points`` (``{member: points in the window}``);
    returns ``{member: Step}``. Rows are locked before they are judged: who comes second finds nothing left to do."""
    with locking_transaction():
        members = sorted(points)
        if not reviewing:
            MemberTier.objects.bulk_create(
                [MemberTier(member_id=member, tier=LOWEST, since=moments[member]) for member in members],
                ignore_conflicts=True,
            )
        rows = MemberTier.objects.filter(pk__in=members).order_by("pk")
        if write:
            rows = rows.select_for_update(skip_locked=not wait)
        turned, changes, steps = [], [], {}
        for row in rows:
            at, state = moments[row.pk], rules.State(row.tier, row.since, row.review_on, row.grace_until)
            step = rules.step(state, points[row.pk], at=at, reviewing=reviewing)
            if step is None or at < row.since:
                continue
            steps[row.pk] = step
            turned.append(row)
            changes.append(
                TierChange(
                    member_id=row.pk,
                    cause=step.cause,
                    from_tier=row.tier,
                    to_tier=step.state.tier,
                    points=max(points[row.pk], 0),
                    by=BY,
                    at=at,
                )
            )
            row.tier, row.since = step.state.tier, step.state.since
            row.review_on, row.grace_until = step.state.review_on, step.state.grace_until
        if write and turned:
            MemberTier.objects.bulk_update(turned, ["tier", "since", "review_on", "grace_until"])
            TierChange.objects.bulk_create(changes)
            if told:
                for row, change in zip(turned, changes, strict=True):
                    if not row.pinned_tier:
                        tier_notices.tell(change, row)
    return steps
