"""Purchases come in and earn, refunds take back what they earned (C1-C3, C10, C11, B5, B8).

Any way in (the mall's own orders, partners, files) ends here. ``record_many`` is the one place that books, for one
purchase or for thousands: a few statements for all of them, in rounds in which each member occurs once, so that a tier
reached by one purchase counts for the next. The order of locks is purchase row, tally, points accounts by id.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import structlog
from django.utils.translation import gettext_lazy as _

from core.clock import shop_date
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from core.shares import split
from points import ledger
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.services.earning import Booked, earner_of
from points.earning.services.tally import Tally
from points.ledger import rules
from points.purchases.models import Purchase, PurchaseRefund
from points.purchases.parameters import CLAWBACK_POLICY
from points.purchases.services import purchase_rows
from points.purchases.services.purchase_age import too_old, usable_from
from points.tiers.services import tiers

UNDATED = ledger.UNDATED
MALL, FILE = Purchase.MALL, Purchase.FILE
log = structlog.get_logger(__name__)

MOST_LINES = 1_000  # of one purchase
FINE = 10**6  # how finely points of lines are weighed where a whole is divided among them
MOST_FEN = 10**13  # of one purchase
FIRST_YEAR, LAST_YEAR = 1970, 9000  # whatever is reckoned from it stays a date


class PurchaseDiffers(DomainError):
    """The order number stands for another purchase. Details: ``number``."""

    code = "purchase_differs"
    message = _("Order %(number)s was recorded before with other content. Nothing was changed.")


class UnknownPurchase(DomainError):
    """Details: ``number``."""

    code = "unknown_purchase"
    message = _("There is no purchase with the order number %(number)s.")


class RefundDiffers(DomainError):
    """The refund number stands for another refund of the purchase. Details: ``number``."""

    code = "refund_differs"
    message = _("Refund %(number)s was recorded before with other content. Nothing was changed.")


class RefundTooLarge(DomainError):
    """More than was paid, less what came back already. Details: ``asked_fen``, ``left_fen``, ``left`` (yuan)."""

    code = "refund_too_large"
    message = _("Only ¥%(left)s of this purchase can still be refunded. Nothing was changed.")

    def __init__(self, *, asked_fen, left_fen):
        super().__init__(asked_fen=asked_fen, left_fen=left_fen, left=f"{left_fen / 100:.2f}")


class RefundTooEarly(DomainError):
    """Before the purchase was paid. Details: ``number``."""

    code = "refund_too_early"
    message = _("The refund is older than its order %(number)s.")


@dataclass(frozen=True, slots=True)
class NewPurchase:
    """A purchase to record, checked. ``lines`` are ``engine.Line``."""

    member: int
    source: str
    number: str
    lines: tuple[engine.Line, ...]
    paid_at: datetime
    rule_version: str | None = None
    available_from: datetime | None = None

    @property
    def amount_fen(self):
        return sum(line.amount_fen for line in self.lines)


def record(*, member, source, number, lines, paid_at, by, at, rule_version=None, available_from=None):
    """Record a purchase of a member (an id) and book what it earns, as of ``paid_at`` and by the tier that the member
    had then; returns ``Booked``.

    ``lines`` are ``(category code, fen)``. The points are usable from ``available_from``; left out: when the after-sale
    window closes that begins with the payment; ``UNDATED``: from when ``set_usable`` says. ``rule_version`` is the one
    that the order began with, left out: the one in force for the member.
    The same ``source`` and ``number`` again changes nothing; with another content it raises ``PurchaseDiffers``. Raises
    ``PaidTooLongAgo``, too.
    """
    purchase = checked(member, source, number, lines, paid_at, rule_version, available_from)
    (outcome,) = record_many([purchase], by=by, at=at)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def checked(member, source, number, lines, paid_at, rule_version=None, available_from=None):
    """A ``NewPurchase``; raises ``InvalidInput``."""
    _check_name("source", source, 32)
    _check_name("number", number, 64)
    paid_at = _checked_moment("paid_at", paid_at)
    if available_from not in (None, UNDATED):
        available_from = _checked_moment("available_from", available_from)
    lines = tuple(engine.Line(*line) for line in lines)
    for line in lines:
        if type(line.amount_fen) is not int or line.amount_fen < 0:
            raise InvalidInput(field="amount_fen")
        if not isinstance(line.category, str) or len(line.category) > 64 or "\0" in line.category:
            raise InvalidInput(field="category")
    if not 0 < len(lines) <= MOST_LINES or not 0 < sum(line.amount_fen for line in lines) <= MOST_FEN:
        raise InvalidInput(field="lines")
    return NewPurchase(member, source, number, lines, paid_at, rule_version, available_from)


def record_many(purchases, *, by, at, replaying=False):
    """Record purchases (``NewPurchase``) in the order given, all in one transaction; for each a ``Booked``, or the
    ``PurchaseDiffers`` or ``PaidTooLongAgo`` that speaks against it. ``replaying`` a history raises tiers as of each
    purchase, and quietly.
    """
    purchases = list(purchases)
    try:
        return _record_many(purchases, by=by, at=at, replaying=replaying)
    except purchase_rows.NumberTaken:  # just now, by another member or for another day: it is known to the second look
        return _record_many(purchases, by=by, at=at, replaying=replaying)


def _record_many(purchases, *, by, at, replaying):
    results = [None] * len(purchases)
    with locking_transaction():
        tally = Tally(engine.PURCHASE, [(new.member, shop_date(new.paid_at)) for new in purchases])
        fresh = _new_ones(purchases, results, at)
        if not fresh:
            return results
        if len(fresh) > 1 or replaying:
            ledger.lock(accounts={purchases[n].member for n in fresh})
        for round_ in _rounds(purchases, fresh):
            _book(round_, purchases, results, tally, by=by, at=at, replaying=replaying)
    return results


def set_usable(*, source, number, usable_from, by, at):
    """Say from when the points of a purchase can be used that was recorded as ``UNDATED`` (B5); None: nobody knows yet,
    or not any more. What can be used by ``at`` stays so, and so does the date of a purchase that was recorded with one.
    True where this changed something; a purchase that is not recorded has nothing to change.
    """
    usable_from = UNDATED if usable_from is None else _checked_moment("usable_from", usable_from)
    with locking_transaction():
        purchase = Purchase.objects.select_for_update().filter(source=source, number=number).first()
        if purchase is None or not purchase.points:
            return False
        begin = ledger.set_begin(
            account=purchase.member_id,
            earned=purchase.key,
            active_from=usable_from,
            expires_at=rules.default_expiry(usable_from, earned_at=purchase.paid_at),
            by=by,
            at=at,
        )
        if begin.changed:
            purchase.active_from = purchase_rows.known_date(begin.active_from)
            purchase.save(update_fields=["active_from"])
    return begin.changed


def refund(*, source, number, refund_number, amount_fen, by, at, category=None):
    """Take back what ``amount_fen`` of a purchase earned (B8); returns by how many points the balance went down.

    Any number of refunds, of all lines or of those of one ``category``, never more than was paid. Each line gives back
    its points in the proportion of its money, rounded down; what is left comes with its last fen. The same
    ``refund_number`` (and category) again changes nothing. Raises ``UnknownPurchase``, ``RefundDiffers``,
    ``RefundTooLarge``, ``RefundTooEarly``.
    """
    _check_name("refund_number", refund_number, 64)
    if type(amount_fen) is not int or amount_fen <= 0:
        raise InvalidInput(field="amount_fen")
    with locking_transaction():
        purchase = Purchase.objects.select_for_update().filter(source=source, number=number).first()
        if purchase is None:
            raise UnknownPurchase(number=number)
        before = purchase.refunds.filter(number=refund_number, category=category or "").first()
        if before is not None:
            if before.amount_fen != amount_fen:
                raise RefundDiffers(number=refund_number)
            return before.taken_points + before.owed_points
        if at < purchase.paid_at:
            raise RefundTooEarly(number=number)
        points = _give_back(purchase, amount_fen, category)
        return _take(purchase, points, number=refund_number, category=category or "", fen=amount_fen, by=by, at=at)


# Recording


def _new_ones(purchases, results, at):
    """Indexes of purchases that are to be booked; the others, known or too old, get their result."""
    known = purchase_rows.known((new.source, new.number) for new in purchases)
    fresh, first = [], {}
    for n, new in enumerate(purchases):
        there = known.get((new.source, new.number))
        twin = first.setdefault((new.source, new.number), n)
        if there is not None:
            results[n] = _compared(new, there)
        elif twin != n:
            raise ValueError(f"{new.number} stands twice in one call")
        else:
            results[n] = too_old(new.paid_at, at=at)
            if results[n] is None:
                fresh.append(n)
    return fresh


def _compared(new, there):
    if not is_same(new, there):
        return PurchaseDiffers(number=new.number)
    return Booked(there.points, there.steps, repeated=True)


def is_same(new, there):
    """Whether a ``NewPurchase`` is what was recorded under its number (``purchase_rows.Known``)."""
    return (there.member, there.paid_at, sorted(there.lines)) == (
        new.member,
        new.paid_at,
        sorted((line.category, line.amount_fen) for line in new.lines),
    )


def _rounds(purchases, fresh):
    """Indexes in rounds: a member's purchases one after the other, in each round the first that is left."""
    nth, rounds = {}, []
    for n in fresh:
        member = purchases[n].member
        turn = nth[member] = nth.get(member, -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(n)
    return rounds


def _book(round_, purchases, results, tally, *, by, at, replaying):
    paid_at = {purchases[n].member: purchases[n].paid_at for n in round_}
    have = tiers.at_moments(paid_at, at=at, replaying=replaying)
    rows = []
    for n, caps, outcome in _worked(round_, purchases, have):
        new = purchases[n]
        tier = have[new.member]
        points, cut = tally.grant(new.member, shop_date(new.paid_at), outcome.points, caps)
        steps = list(outcome.steps) + cut
        results[n] = Booked(points, steps)
        rows.append(
            purchase_rows.Row(
                new=new,
                points=points,
                line_points=split(points, outcome.lines),
                tier=tier.code,
                multiplier=tier.multiplier,
                rule_version=outcome.rule_version,
                steps=steps,
                active_from=new.available_from or usable_from(new.paid_at),
            )
        )
    purchase_rows.insert(rows, by=by, at=at)
    tally.save()
    earned = [row for row in rows if row.points]
    if earned:
        purchase_rows.earn(earned, by=by)
        _raise_tiers(earned, at=at, replaying=replaying)


def _worked(round_, purchases, have):
    """``(n, caps of its rule set, outcome)`` of each purchase; those of one rule set are worked in one go."""
    alike = {}
    for n in round_:
        rule_set = _rule_set(purchases[n])
        alike.setdefault(id(rule_set), (rule_set, []))[1].append(n)
    found = {}
    for rule_set, numbers in alike.values():
        cases = [
            (earner_of(new.member, have[new.member]), new.lines, new.paid_at) for new in (purchases[n] for n in numbers)
        ]
        outcomes, caps = engine.purchases_points(rule_set, cases), engine.caps(rule_set)
        found |= {n: (n, caps, outcome) for n, outcome in zip(numbers, outcomes, strict=True)}
    return [found[n] for n in round_]


def _rule_set(new):
    if new.rule_version:
        try:
            return rule_sets.by_version(new.rule_version)
        except rule_sets.UnknownVersion:  # no purchase is lost for it
            log.error("rules_unknown", version=new.rule_version, number=new.number)
    return rule_sets.for_member(new.member, new.paid_at)


def _raise_tiers(rows, *, at, replaying):
    """Of a history as of each purchase, before which ``tiers.at_moments`` made the reviews that were due."""
    latest = max(at, *(row.new.paid_at for row in rows))
    moments = {row.new.member: row.new.paid_at if replaying else latest for row in rows}
    tiers.consider_many(moments, told=not replaying)


# Giving back


def _give_back(purchase, amount_fen, category):
    """Spread a refund over the lines; returns the points that go with it.

    They are rounded down once for all that was refunded of the purchase, as its points were when it was booked: rounded
    for each line, a purchase of many small lines would keep most of its points after its money went back.
    """
    lines = list(purchase.lines.order_by("pk"))
    chosen = [line for line in lines if line.category == category] if category else lines
    left = [line.amount_fen - line.refunded_fen for line in chosen]
    if amount_fen > sum(left):
        raise RefundTooLarge(asked_fen=amount_fen, left_fen=sum(left))
    for line, fen in zip(chosen, split(amount_fen, left), strict=True):
        line.refunded_fen += fen
    exact = [Fraction(line.points * line.refunded_fen, line.amount_fen or 1) for line in lines]
    upto = int(sum(exact))
    for line, points in zip(lines, split(upto, [int(share * FINE) for share in exact]), strict=True):
        line.points_back = points
    purchase_rows.save_given_back(lines)
    points = upto - purchase.points_back
    purchase.refunded_fen += amount_fen
    purchase.points_back = upto
    purchase.save(update_fields=["refunded_fen", "points_back"])
    return points


def _take(purchase, points, *, number, category, fen, by, at):
    policy = CLAWBACK_POLICY.value
    refunded = PurchaseRefund.objects.create(
        purchase=purchase,
        number=number,
        category=category,
        amount_fen=fen,
        points=points,
        taken_points=0,
        owed_points=0,
        policy=policy,
        at=at,
        by=by,
    )
    if not points:
        return 0
    taken = ledger.clawback(
        account=purchase.member_id,
        earned=purchase.key,
        points=points,
        key=f"clawback:{refunded.pk}",
        by=by,
        at=at,
        policy=policy,
        source=purchase_rows.entry_source(purchase.source, purchase.number, purchase.pk),
    )
    refunded.taken_points, refunded.owed_points = taken.taken, taken.owed
    refunded.save(update_fields=["taken_points", "owed_points"])
    return taken.taken + taken.owed


def _check_name(field, value, most):
    if not isinstance(value, str) or not 0 < len(value) <= most or "\0" in value:
        raise InvalidInput(field=field)


def _checked_moment(field, value):
    """In UTC: PostgreSQL does not know every displacement that a partner may think of."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(field=field)
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(field=field) from None
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise InvalidInput(field=field)
    return value
