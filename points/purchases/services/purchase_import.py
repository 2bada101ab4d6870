"""Book a file of purchases and refunds, in order of time, each as of when it was paid (C1).

Purchases are booked many in a transaction: an import that was stopped goes on when the same file is given again, since
what is recorded already changes nothing. What one member did is booked in the order of time.
"""

from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import create_member
from core import texts
from core.crypto import fingerprint
from core.errors import Busy, DomainError
from points.earning.queries.earning import sign_up_points
from points.purchases.models import Purchase
from points.purchases.queries import names as find
from points.purchases.services import purchase_file, purchase_rows, purchases
from points.purchases.services.linking import UnknownMember, link
from points.purchases.services.purchase_age import ended

BATCH = 500  # orders that are sorted into waves together; the purchases of a wave are a transaction
NAMES = 1000
TRIES = 5  # of a batch, when somebody else holds a row


@dataclass(slots=True)
class Report:
    """What an import did. ``repeated`` purchases and refunds had been recorded before; ``points_back`` is by how many
    points refunds lowered balances; ``ended`` of the points were over by then and count for tiers alone. Members that
    were made get ``welcome_points`` each. ``note`` says what of the file was not read. ``unknown_categories`` tells in
    how many lines each category stands that nobody knows: they earn what goods of no category earn."""

    lines: int = 0
    purchases: int = 0
    repeated: int = 0
    points: int = 0
    refunds: int = 0
    refunds_repeated: int = 0
    points_back: int = 0
    ended: int = 0
    members_created: int = 0
    welcome_points: int = 0
    refused: list = field(default_factory=list)
    note: str = ""
    unknown_categories: dict = field(default_factory=dict)

    @property
    def refused_lines(self):
        return len(self.refused)


def run(
    content, *, by, at, create_members=False, welcome=False, dry_run=False, leave_out=(), reading=None, booking=None
):
    """Judge all lines of the bytes of a file, then book the good ones; returns a ``Report``.

    ``create_members`` makes members of unknown names: by phone, or known to files alone by their number; with
    ``welcome`` they get what newcomers get, which is not for a history. ``dry_run`` judges and writes nothing:
    ``points`` stay 0. ``leave_out`` are headings that are not known and do not matter. ``reading`` and ``booking`` are
    called with the lines done, and with the orders done and all orders. Raises ``tables.FileNotReadable``.
    """
    content = purchase_file.read(content, at=at, leave_out=leave_out, progress=reading)
    report = Report(
        lines=content.lines,
        refused=content.refused,
        note=content.note,
        unknown_categories=content.unknown_categories,
    )
    make = partial(_create, welcome=welcome, by=by, at=at) if create_members else None
    members = _members(content.orders, report, make, dry_run=dry_run)
    if welcome and report.members_created:
        report.welcome_points = sign_up_points(at=at)
    orders = []
    for order in content.orders:
        if order.member in members:
            orders.append(order)
        else:
            report.refused += order.refused(_("There is no member “%(member)s”.") % {"member": order.member})
    if dry_run:
        _compare(orders, members, report)
    else:
        _Booking(members, report, by=by, at=at).book(orders, booking)
    report.refused.sort(key=lambda refused: refused.number)
    return report


# Members


def _members(orders, report, make, *, dry_run):
    """``{name: member id}`` of all names that are somebody's, or are now; 0 for whom a dry run would have made."""
    names = list(dict.fromkeys(order.member for order in orders))
    found = {}
    for begin in range(0, len(names), NAMES):
        found |= find.members_by_names(purchases.FILE, names[begin : begin + NAMES])
    unknown = [name for name in names if name not in found] if make else []
    if dry_run:
        report.members_created = len(unknown)
        return found | dict.fromkeys(unknown, 0)
    for begin in range(0, len(unknown), NAMES):
        with transaction.atomic():
            for name in unknown[begin : begin + NAMES]:
                if (member := make(name)) is not None:
                    found[name] = member
                    report.members_created += 1
    return found


def _create(name, *, welcome, by, at):
    """A new member's id; None where the name is of somebody who is kept out."""
    again = find.member_by_name(purchases.FILE, name)  # the same phone written in another way
    if again is not None:
        return again
    phone = find.as_phone(name)
    try:
        with transaction.atomic():
            if phone is not None:
                return create_member(phone=phone, verified=False, welcome=welcome, by=by, at=at).pk
            most = User._meta.get_field("nickname").max_length
            username = f"m{fingerprint(f'file:{name}')[:12]}"
            nickname = texts.plain(name)[:most]
            member = create_member(username=username, nickname=nickname, welcome=welcome, by=by, at=at).pk
            link(source=purchases.FILE, external_id=name, member_id=member, by=by, at=at)
            return member
    except (DomainError, UnknownMember):
        return find.member_by_name(purchases.FILE, name)


# Booking


class _Booking:
    def __init__(self, members, report, *, by, at):
        self.members, self.report, self.by, self.at = members, report, by, at

    def book(self, orders, progress):
        for begin in range(0, len(orders), BATCH):
            some = orders[begin : begin + BATCH]
            for bought, given_back in _waves(some):
                self._record(bought)
                for order in given_back:
                    self._refund(order)
            if progress:
                progress(begin + len(some), len(orders))

    def _record(self, orders):
        fresh = []
        for order in orders:
            try:
                fresh.append((order, _checked(order, self.members)))
            except DomainError as error:
                self.report.refused += order.refused(str(error))
        if not fresh:
            return
        outcomes = _patiently(
            lambda: purchases.record_many([new for _order, new in fresh], by=self.by, at=self.at, replaying=True)
        )
        for (order, new), outcome in zip(fresh, outcomes, strict=True):
            if isinstance(outcome, DomainError):
                self.report.refused += order.refused(str(outcome))
            elif outcome.repeated:
                self.report.repeated += 1
            else:
                self.report.purchases += 1
                self.report.points += outcome.points
                if ended(new.paid_at, at=self.at):
                    self.report.ended += outcome.points

    def _refund(self, order):
        try:
            points, is_new = _patiently(lambda: self._take_back(order))
        except DomainError as error:
            self.report.refused += order.refused(str(error))
            return
        if is_new:
            self.report.refunds += 1
            self.report.points_back += points
        else:
            self.report.refunds_repeated += 1

    def _take_back(self, order):
        """All categories of one refund together, or none; ``(points, whether anything was new)``."""
        with transaction.atomic():
            purchase = Purchase.objects.filter(source=purchases.FILE, number=order.refund_of).first()
            if purchase is None:
                raise purchases.UnknownPurchase(number=order.refund_of)
            if purchase.member_id != self.members[order.member]:
                raise purchases.PurchaseDiffers(number=order.refund_of)
            before = purchase.refunded_fen
            recorded = set(purchase.lines.values_list("category", flat=True))
            points = sum(
                purchases.refund(
                    source=purchases.FILE,
                    number=order.refund_of,
                    refund_number=order.number,
                    amount_fen=fen,
                    category=category or None,
                    by=self.by,
                    at=order.paid_at,
                )
                for category, fen in order.by_category(recorded).items()
            )
            purchase.refresh_from_db(fields=["refunded_fen"])
            return points, purchase.refunded_fen != before


def _waves(orders):
    """Orders in time as ``(purchases, refunds)`` to book one after the other: a refund waits for its purchase and for
    all that its member did before it, and what the member does later waits for it. Members do not wait for each other.
    """
    waves, of_member, of_purchase = [], {}, {}
    for order in orders:
        wave = of_member.get(order.member, 0)
        if order.refund_of:
            wave = max(wave, of_purchase.get(order.refund_of, 0))
        while wave >= len(waves):
            waves.append(([], []))
        waves[wave][bool(order.refund_of)].append(order)
        of_member[order.member] = wave + bool(order.refund_of)
        of_purchase[order.number] = wave
    return waves


def _checked(order, members):
    return purchases.checked(
        members[order.member],
        purchases.FILE,
        order.number,
        [(line.category, line.fen) for line in order.lines],
        order.paid_at,
    )


def _patiently(act):
    for left in reversed(range(TRIES)):
        try:
            return act()
        except Busy:
            if not left:
                raise
    return None


# Dry run


def _compare(orders, members, report):
    """What booking would find, as far as it can be said before: numbers that are taken, refunds of nothing or of more
    than was paid."""
    paid = {}  # number -> [member, fen left, paid at]
    fresh = [order for order in orders if not order.refund_of]
    numbers = {order.number for order in fresh} | {order.refund_of for order in orders if order.refund_of}
    known = _known(numbers)
    for order in fresh:
        there = known.get(order.number)
        if there is None:
            report.purchases += 1
            paid[order.number] = [members[order.member], sum(line.fen for line in order.lines), order.paid_at]
        elif purchases.is_same(_checked(order, members), there):
            report.repeated += 1
        else:
            report.refused += order.refused(str(purchases.PurchaseDiffers(number=order.number)))
    recorded = Purchase.objects.filter(source=purchases.FILE, number__in=numbers)
    for purchase in recorded.prefetch_related("refunds"):
        left = purchase.amount_fen - purchase.refunded_fen
        paid[purchase.number] = [purchase.member_id, left, purchase.paid_at]
        known[purchase.number] = {refund.number for refund in purchase.refunds.all()}
    for order in orders:
        if order.refund_of:
            _compare_refund(order, paid.get(order.refund_of), known.get(order.refund_of, ()), members, report)


def _compare_refund(order, paid, refunds_before, members, report):
    fen = sum(line.fen for line in order.lines)
    if paid is None:
        problem = purchases.UnknownPurchase(number=order.refund_of)
    elif paid[0] != members[order.member]:
        problem = purchases.PurchaseDiffers(number=order.refund_of)
    elif order.number in refunds_before:
        report.refunds_repeated += 1
        return
    elif order.paid_at < paid[2]:
        problem = purchases.RefundTooEarly(number=order.refund_of)
    elif fen > paid[1]:
        problem = purchases.RefundTooLarge(asked_fen=fen, left_fen=paid[1])
    else:
        paid[1] -= fen
        report.refunds += 1
        return
    report.refused += order.refused(str(problem))


def _known(numbers):
    known, numbers = {}, sorted(numbers)
    for begin in range(0, len(numbers), NAMES):
        names = [(purchases.FILE, number) for number in numbers[begin : begin + NAMES]]
        known |= {number: there for (_source, number), there in purchase_rows.known(names).items()}
    return known
