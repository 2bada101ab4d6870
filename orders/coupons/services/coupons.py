"""Coupons: given, used with an order, given back with it, withdrawn, ended (F11).

Limits hold whatever comes at once: a member's count of a type is a row that is locked before it is read, the number
of a type's coupons moves by a conditional UPDATE, and so does a coupon from unused to used. Order of locks: coupon rows
by primary key and a member's counts, then the points account, then the type's number, which is everybody's.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_

from accounts.services import notices
from core import audit
from core.db import locking_transaction
from core.errors import DomainError
from orders.coupons import rules
from orders.models import Coupon, CouponClaim, CouponType
from orders.parameters import COUPON_GRACE_DAYS
from points import ledger

CHUNK = 1000  # members of one transaction
State, Source = Coupon.State, Coupon.Source


class CouponNotOffered(DomainError):
    """The type is not in use, not for points, not offered at this time, or over."""

    code = "coupon_not_offered"
    message = _("“%(name)s” is not available right now. Nothing was changed.")


class CouponsGone(DomainError):
    """Fewer are left of the type than were asked for. ``left``: how many."""

    code = "coupons_gone"
    message = _("Of “%(name)s” only %(left)s are left. Nothing was changed.")


class CouponLimitReached(DomainError):
    """The member has had as many of the type as one may have."""

    code = "coupon_limit_reached"
    message = _("You have had “%(name)s” as often as it is given to one member. Nothing was changed.")


class CouponNotUsable(DomainError):
    """Used, withdrawn or over, or somebody else's."""

    code = "coupon_not_usable"
    message = _("A coupon of this order cannot be used any more. Nothing was taken; please look at the new sum.")


class CouponNotUnused(DomainError):
    code = "coupon_not_unused"
    message = _("This coupon was used, has ended or was withdrawn before. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Given:
    """How many members got a coupon, and who did not because they have had as many as they may (ids)."""

    count: int
    skipped: tuple[int, ...]


def redeem(*, coupon_type, member, form_key, by, at):
    """Buy one coupon with points: the spending and the coupon are one transaction. Returns the ``Coupon``.

    ``form_key`` (a UUID) makes a second submission for the same type harmless. Raises ``CouponNotOffered``,
    ``CouponLimitReached``, ``NotEnoughPoints``, ``CouponsGone``, ``Busy``.
    """
    name = f"{coupon_type.pk}:{form_key}"  # a page may offer several with one form key
    key = f"redeem:{name}"

    def pay(fresh):
        if fresh.points_price is None or not _is_offered(fresh, at):
            raise CouponNotOffered(name=fresh.title)
        ledger.spend(
            account=member.pk,
            points=fresh.points_price,
            kind="redeem",
            key=f"coupon:{name}",
            by=by,
            at=at,
            source=f"coupon_type:{fresh.pk}",
        )
        return fresh.points_price

    return _give_one(coupon_type, member, key=key, source=Source.POINTS, reason="", by=by, at=at, pay=pay)


def give(*, coupon_type, member, key, by, at, source=Source.ACTIVITY, reason=""):
    """Give one coupon for nothing, as a prize or by staff; the same ``key`` again is the same ``Coupon``.

    Raises ``CouponNotOffered``, ``CouponLimitReached``, ``CouponsGone``, ``Busy``.
    """
    return _give_one(coupon_type, member, key=key, source=source, reason=reason, by=by, at=at)


def give_many(*, coupon_type, members, key, by, at, reason="", check=None):
    """Staff give a coupon to ``members`` (ids); ``key`` names the act: called again, it goes on where it stopped.

    ``CHUNK`` members a transaction, each told in their inbox. ``check(type)`` is called in each that gives something,
    with the type as it is and its row locked, and may raise. Returns ``Given``. Raises ``CouponNotOffered``,
    ``CouponsGone`` (those of earlier chunks have theirs), ``Busy``.
    """
    ids = sorted(set(members))
    count, skipped = 0, []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with locking_transaction():
            fresh = CouponType.objects.get(pk=coupon_type.pk)
            given, limited = _give(fresh, chunk, key=key, source=Source.STAFF, reason=reason, by=by, at=at, check=check)
            count += len(given)
            skipped += limited
            if given:
                _tell(fresh, [coupon.member_id for coupon in given], key=key, reason=reason, at=at)
    subject = f"coupon_type:{coupon_type.pk}"
    audit.record("coupons.given", by=by, subject=subject, at=at, key=key, count=count, skipped=len(skipped))
    return Given(count, tuple(skipped))


def use(*, order, coupons, by, at):
    """Take the coupons (ids) of the order's member for an order whose row the caller holds; all or none.

    Raises ``CouponNotUsable``.
    """
    for pk in sorted(coupons):
        usable = Coupon.objects.filter(pk=pk, member=order.member_id, state=State.UNUSED, expires_at__gt=at)
        if not usable.update(state=State.USED, order=order, used_at=at):
            raise CouponNotUsable
        audit.record("coupon.used", by=by, subject=f"coupon:{pk}", at=at, order=order.number)


def give_back(*, order, by, at):
    """Give the coupons of an order back whose row the caller holds, before any points account is locked.

    A cancellation, a timeout and a return of everything call it; what came back already stays as it is. One that has
    ended meanwhile lives ``COUPON_GRACE_DAYS`` more. Returns the ``Coupon``s.
    """
    coupons = list(Coupon.objects.select_for_update().filter(order=order, state=State.USED).order_by("pk"))
    grace = timedelta(days=COUPON_GRACE_DAYS.value)
    for coupon in coupons:
        coupon.state, coupon.order, coupon.used_at = State.UNUSED, None, None
        if coupon.expires_at <= at and not grace:
            coupon.state = State.EXPIRED
        elif coupon.expires_at <= at:
            coupon.expires_at = at + grace
        coupon.save(update_fields=["state", "order", "used_at", "expires_at"])
        audit.record("coupon.given_back", by=by, subject=coupon.subject, at=at, order=order.number)
    return coupons


def revoke(*, coupon, by, at, reason):
    """Staff withdraw an unused coupon; what was paid for it in points comes back. Raises ``CouponNotUnused``."""
    with locking_transaction():
        if not Coupon.objects.filter(pk=coupon.pk, state=State.UNUSED).update(state=State.REVOKED, reason=reason[:200]):
            raise CouponNotUnused
        coupon.refresh_from_db()
        if coupon.points:
            spent = coupon.key.replace("redeem:", "coupon:", 1)
            ledger.refund(
                account=coupon.member_id,
                spent=spent,
                points=coupon.points,
                key=f"coupon_revoked:{coupon.pk}",
                by=by,
                at=at,
                reason=reason[:200],
            )
        audit.record("coupon.revoked", by=by, subject=coupon.subject, at=at, reason=reason, points=coupon.points)
    return coupon


def end(*, at):
    """Mark coupons that have expired, for lists; returns how many. They could not be used before either."""
    count = 0
    while True:
        with transaction.atomic():
            due = Coupon.objects.filter(state=State.UNUSED, expires_at__lte=at).order_by("pk")
            pks = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:CHUNK])
            count += Coupon.objects.filter(pk__in=pks).update(state=State.EXPIRED)
        if len(pks) < CHUNK:
            return count


def save_type(*, coupon_type, by, at, changed=()):
    """Write a new or changed type. Coupons that are out keep their terms."""
    event = "coupon_type.changed" if coupon_type.pk else "coupon_type.created"
    fields = [field.name for field in CouponType._meta.concrete_fields if field.name not in ("id", "issued")]
    with transaction.atomic():
        coupon_type.save(update_fields=fields if coupon_type.pk else None)  # ``issued`` moves meanwhile
        audit.record(event, by=by, subject=f"coupon_type:{coupon_type.pk}", at=at, fields=list(changed))
    return coupon_type


def _give_one(coupon_type, member, *, key, source, reason, by, at, pay=None):
    with locking_transaction():
        fresh = CouponType.objects.get(pk=coupon_type.pk)
        given, limited = _give(fresh, [member.pk], key=key, source=source, reason=reason, by=by, at=at, pay=pay)
        if limited:
            raise CouponLimitReached(name=fresh.title)
        return given[0] if given else Coupon.objects.get(member=member, key=key)


def must_be_in_use(coupon_type, at):
    """Raises ``CouponNotOffered`` where no coupon of the type can be given."""
    if not coupon_type.is_active or rules.end_of(coupon_type, at) <= at:
        raise CouponNotOffered(name=coupon_type.title)


def _give(fresh, ids, *, key, source, reason, by, at, pay=None, check=None):
    """``([Coupon], [ids over their limit])``; who has one with the key already is in neither."""
    must_be_in_use(fresh, at)
    counts = _lock_counts(fresh, ids)
    there = set(Coupon.objects.filter(member__in=ids, key=key).values_list("member_id", flat=True))
    new = [pk for pk in ids if pk not in there]
    limited = [pk for pk in new if fresh.per_member is not None and counts[pk] >= fresh.per_member]
    takers = [pk for pk in new if pk not in set(limited)]
    if not takers:
        return [], limited
    points = pay(fresh) if pay else 0
    _count(fresh, takers)
    if check:
        fresh.refresh_from_db()  # the count has locked its row: what is read now stays until the coupons are there
        must_be_in_use(fresh, at)
        check(fresh)
    coupons = [
        Coupon(
            type=fresh,
            member_id=pk,
            kind=fresh.kind,
            off_fen=fresh.off_fen,
            percent=fresh.percent,
            minimum_fen=fresh.minimum_fen,
            source=source,
            points=points,
            key=key,
            reason=reason[:200],
            issued_at=at,
            expires_at=rules.end_of(fresh, at),
            by=by,
        )
        for pk in takers
    ]
    return Coupon.objects.bulk_create(coupons), limited


def _lock_counts(fresh, ids):
    """``{member: how many they have had}``, each member's row locked, in their order."""
    CouponClaim.objects.bulk_create(
        [CouponClaim(type=fresh, member_id=pk) for pk in sorted(ids)], ignore_conflicts=True
    )
    rows = CouponClaim.objects.select_for_update().filter(type=fresh, member__in=ids).order_by("member_id")
    return dict(rows.values_list("member_id", "count"))


def _count(fresh, ids):
    CouponClaim.objects.filter(type=fresh, member__in=ids).update(count=F("count") + 1)
    enough = Q(total=None) | Q(total__gte=F("issued") + len(ids))
    if not CouponType.objects.filter(enough, pk=fresh.pk).update(issued=F("issued") + len(ids)):
        fresh.refresh_from_db(fields=["total", "issued"])
        raise CouponsGone(name=fresh.title, left=max(fresh.total - fresh.issued, 0))


def _tell(fresh, ids, *, key, reason, at):
    """In their inbox, with the reason where staff typed one."""
    told = N_("You have got “%(name)s”. It waits among your coupons.")
    if reason := reason.strip():
        told = N_("You have got “%(name)s”: %(why)s. It waits among your coupons.")
    notices.announce(
        members=ids,
        topic="shop",
        title=N_("A coupon for you"),
        text=told,
        values={"name": fresh.name, "why": reason[:200].rstrip("。.")},
        url="/coupons/",
        key=f"coupon:{fresh.pk}:{key}",
        at=at,
    )


def _is_offered(fresh, at):
    return (fresh.offered_from is None or fresh.offered_from <= at) and (
        fresh.offered_until is None or at < fresh.offered_until
    )
