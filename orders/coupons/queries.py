"""A member's coupons, and those that points can buy (F11)."""

from dataclasses import dataclass

from django.db.models import F, Q

from accounts.models import User
from orders.coupons import rules
from orders.models import Coupon, CouponClaim, CouponType
from points.tiers.models import LOWEST

SHOWN_PAST = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """A type that can be had for points. ``missing``: points that the member lacks; ``had_all``: they have had as many
    as one may have."""

    type: CouponType
    terms: str
    missing: int
    had_all: bool

    @property
    def can_redeem(self):
        return not (self.missing or self.had_all)


@dataclass(frozen=True, slots=True)
class Owned:
    """A coupon of the member; ``state`` is by the clock."""

    coupon: Coupon
    terms: str
    state: str

    @property
    def label(self):
        return Coupon.State(self.state).label


def offers(member, *, available, at):
    """``Offer``s that are available now: in use, in time, some left; two queries."""
    types = CouponType.objects.filter(
        Q(total=None) | Q(issued__lt=F("total")),
        Q(offered_from=None) | Q(offered_from__lte=at),
        Q(offered_until=None) | Q(offered_until__gt=at),
        Q(valid_until=None) | Q(valid_until__gt=at),
        is_active=True,
        points_price__isnull=False,
    )
    had = dict(CouponClaim.objects.filter(member=member).values_list("type_id", "count"))
    return [
        Offer(
            type=each,
            terms=rules.terms(each),
            missing=max(each.points_price - available, 0),
            had_all=each.per_member is not None and had.get(each.pk, 0) >= each.per_member,
        )
        for each in types
    ]


def coupons_of(member, *, at):
    """``(usable, past)`` of the member as ``Owned``: usable ones that end soonest first, past ones newest first."""
    rows = Coupon.objects.filter(member=member).select_related("type", "order")
    usable = rows.filter(state=Coupon.State.UNUSED, expires_at__gt=at).order_by("expires_at", "pk")
    past = rows.exclude(state=Coupon.State.UNUSED, expires_at__gt=at).order_by("-pk")[:SHOWN_PAST]
    return [_owned(row, at) for row in usable], [_owned(row, at) for row in past]


def usable_count(member, *, at):
    """How many coupons the member can use now."""
    return Coupon.objects.filter(member=member, state=Coupon.State.UNUSED, expires_at__gt=at).count()


def _owned(coupon, at):
    is_over = coupon.state == Coupon.State.UNUSED and coupon.expires_at <= at
    return Owned(coupon, rules.terms(coupon), Coupon.State.EXPIRED if is_over else coupon.state)


def members_of_tier(code):
    """Ids of the active members with exactly that tier: who has no row has the lowest."""
    members = User.objects.filter(is_active=True, is_staff=False)
    if code == LOWEST:
        members = members.filter(Q(tier_row=None) | Q(tier_row__pinned_tier=code) | _earned(code))
    else:
        members = members.filter(Q(tier_row__pinned_tier=code) | _earned(code))
    return members.order_by("pk").values_list("pk", flat=True)


def _earned(code):
    return Q(tier_row__pinned_tier="", tier_row__tier=code)
