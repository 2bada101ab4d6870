"""What the price of an order depends on, read for one member: the same on cart, checkout and order (F2)."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Sum
from django.utils import timezone

from core.clock import shop_date
from orders.models import Coupon, Order, OrderState
from orders.parameters import DEDUCTION_MINIMUM, DEDUCTION_PERCENT, DEDUCTION_STEP
from orders.placing.rules.pricing import CouponTerms, DeductionPolicy, Goods, PricingFacts
from orders.shipping.rules import RATES
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.ledger.parameters import POINTS_PER_YUAN
from points.ledger.queries import balance
from points.tiers import rules as tiers


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a member asks for besides goods: ``deduct`` points instead of cash, ``coupons`` by their ids, and a parcel
    to ``region`` (a district code, empty while no address is chosen)."""

    deduct: int = 0
    coupons: tuple[int, ...] = ()
    region: str = ""


NO_WISHES = Wishes()


def goods_of(choices):
    """``Goods`` of pairs of ``(Choice, SKU)``; raises ``WayNotOffered``."""
    return tuple(Goods(choice, sku.price(choice.way), sku.weight_g) for choice, sku in choices)


def pricing_facts(member, goods, wishes, *, tier, at):
    """The ``PricingFacts`` of ``goods`` for a member with the ``Tier``, under ``wishes``; at most four queries."""
    return PricingFacts(
        goods=goods,
        at=at,
        benefits=tiers.benefits(tier, at),
        coupons=_chosen(member, wishes.coupons, at) if wishes.coupons else (),
        deduct=wishes.deduct,
        available=balance(member.pk, at=at).available if wishes.deduct else None,
        policy=deduction_policy(),
        region=wishes.region,
        rates=RATES.get(),
        veto=deduction_veto(member, tier, at) if wishes.deduct else None,
    )


def deduction_veto(member, tier, at):
    """``veto(points, available)`` of the earning rules in force for the member: why so many points may not pay cash,
    or None."""
    rule_set = rule_sets.for_member(member.pk, at)
    earner = engine.Earner(member.pk, tier=tier.code, multiplier=tier.multiplier, tier_name=tier.title)
    used = deducted_on(member, at)

    def veto(points, available):
        return engine.veto_deduction(rule_set, earner, points, at, available=available, used_today=used)

    return veto


def deducted_on(member, at):
    """Points that the member's orders of the shop's day of ``at`` used instead of cash, cancelled ones apart."""
    midnight = datetime.combine(shop_date(at), time.min, tzinfo=timezone.get_default_timezone())
    orders = Order.objects.filter(member=member, placed_at__gte=midnight).exclude(state=OrderState.CANCELLED)
    return orders.aggregate(points=Sum("deduction_points"))["points"] or 0


def deduction_policy():
    """The figures that staff set."""
    return DeductionPolicy(
        cap_percent=DEDUCTION_PERCENT.value,
        minimum=DEDUCTION_MINIMUM.value,
        step=DEDUCTION_STEP.value,
        points_per_yuan=POINTS_PER_YUAN.value,
    )


def usable_coupons(member, *, at):
    """The member's coupons that can be used now, those that end soonest first."""
    mine = Coupon.objects.filter(member=member, state=Coupon.State.UNUSED, expires_at__gt=at)
    return mine.select_related("type").order_by("expires_at", "pk")


def _chosen(member, ids, at):
    """Terms of those of ``ids`` that the member can use; what is not theirs or over is as if it had not been chosen."""
    return tuple(
        CouponTerms(
            id=coupon.pk,
            kind=coupon.kind,
            name=coupon.type.title,
            off_fen=coupon.off_fen,
            percent=coupon.percent,
            minimum_fen=coupon.minimum_fen,
        )
        for coupon in usable_coupons(member, at=at).filter(pk__in=ids)
    )
