"""The rules that every order goes through (C13, F1, F11, F12)."""

from catalog.prices import Way
from core.formats import grouped, yuan_sum
from orders.models import CouponKind
from orders.placing.rules.pricing.facts import CouponTerms, DeductionPolicy
from orders.placing.rules.pricing.order import Applied
from orders.placing.rules.pricing.registry import Draft, Stage, price_rule
from orders.placing.rules.pricing.sums import Sum
from orders.shipping import rules as shipping_fee


@price_rule(Stage.GOODS)
def goods(draft: Draft) -> None:
    """Every piece at its price."""
    if draft.points or not draft.fen:
        draft.sums.append(Sum("goods_points", points=draft.points))
    if draft.fen:
        draft.sums.append(Sum("goods_cash", fen=draft.fen))


@price_rule(Stage.TIER)
def tier_discount(draft: Draft) -> None:
    """The tier's percentage off the points price (C13)."""
    benefits = draft.facts.benefits
    if benefits and benefits.discount_percent:
        draft.take_percent("tier_discount", benefits.discount_percent, tier=benefits.tier)


@price_rule(Stage.MEMBER_DAY)
def member_day(draft: Draft) -> None:
    """On a member day the tier's further percentage off what is left of the points (C13)."""
    benefits = draft.facts.benefits
    if benefits and benefits.is_member_day and benefits.member_day_percent:
        draft.take_percent("member_day", benefits.member_day_percent)


@price_rule(Stage.COUPON)
def coupons(draft: Draft) -> None:
    """The chosen coupons, one of each kind (F11). Free shipping has its turn after the parcel."""
    for kind, coupon in _one_of_each(draft):
        if kind == CouponKind.MEMBER_DAY:
            _member_day_coupon(draft, coupon)
        elif kind == CouponKind.CASH_OFF:
            _cash_off(draft, coupon)


@price_rule(Stage.DEDUCTION)
def deduction(draft: Draft) -> None:
    """Points instead of cash, for goods redeemed that way (F1).

    What is applied is the least of what was asked for, what the member has left and the cap, in whole steps, and
    nothing below the minimum. ``most`` is the same without what was asked for.
    """
    facts, policy = draft.facts, draft.facts.policy
    lines = [line for line in draft.lines if line.goods.choice.way == Way.CASH and line.fen]
    if not lines:
        if facts.deduct:
            draft.note("deduction_none")
        draft.deduction = Applied(requested=facts.deduct)
        return
    most = policy.points_within(sum(line.fen for line in lines) * policy.cap_percent // 100)
    left = None if facts.available is None else max(facts.available - draft.points, 0)
    if left is not None:
        most = min(most, left)
    most, applied = _whole_steps(most, policy), _whole_steps(min(facts.deduct, most), policy)
    reason = facts.veto(applied, left) if applied and facts.veto else None
    if reason:
        draft.note("deduction_refused", reason=reason)
        applied = 0
    elif not applied and facts.deduct:
        draft.note("deduction_minimum", **{k: grouped(v) for k, v in _bounds(policy, most).items()})
    elif applied < facts.deduct:
        draft.note("deduction_less", applied=grouped(applied), requested=grouped(facts.deduct))
    if applied:
        draft.deduct(applied, policy.worth_fen(applied), lines, per_yuan=policy.points_per_yuan)
    draft.deduction = Applied(facts.deduct, applied, most)


@price_rule(Stage.SHIPPING)
def shipping(draft: Draft) -> None:
    """The parcel by province and weight, free from goods worth so much on (F12). What weighs nothing is not sent."""
    facts = draft.facts
    sent = [line for line in draft.lines if line.goods.weight_g != 0]
    if sent and facts.rates and not facts.region:
        draft.sums.append(Sum("shipping", values={"unknown": True}))
        return
    rate = shipping_fee.rate_for(facts.rates, facts.region) if sent else None
    if rate is not None:
        value = draft.fen + facts.policy.worth_fen(draft.points)
        if rate.free_from_fen is None or value < rate.free_from_fen:
            grams = sum((line.goods.weight_g or 0) * line.goods.choice.quantity for line in sent)
            draft.shipping_fen = rate.fee(grams)
    draft.sums.append(Sum("shipping", fen=draft.shipping_fen))


@price_rule(Stage.FREE_SHIPPING)
def free_shipping(draft: Draft) -> None:
    """A tier's privilege first, then a coupon: one that is not needed stays with its member (C13, F11)."""
    benefits = draft.facts.benefits
    if draft.shipping_fen and benefits and benefits.free_shipping:
        draft.sums.append(Sum("tier_shipping", fen=-draft.shipping_fen))
        draft.shipping_fen = 0
    for kind, coupon in _one_of_each(draft):
        if kind != CouponKind.FREE_SHIPPING:
            continue
        if draft.shipping_fen:
            draft.sums.append(Sum("coupon_shipping", fen=-draft.shipping_fen, values={"name": coupon.name}))
            draft.coupons.append(coupon.id)
            draft.shipping_fen = 0
        elif draft.facts.region or not draft.facts.rates:
            draft.note("coupon_nothing", name=coupon.name)


def _one_of_each(draft: Draft) -> list[tuple[str, CouponTerms]]:
    """``(kind, coupon)``, the first of each kind; the stage of coupons reports the others once."""
    found: dict[str, CouponTerms] = {}
    for coupon in draft.facts.coupons:
        if found.setdefault(coupon.kind, coupon) is not coupon and not _is_told(draft, coupon):
            draft.note("coupon_same_kind", name=coupon.name)
    return list(found.items())


def _is_told(draft: Draft, coupon: CouponTerms) -> bool:
    return any(note.code == "coupon_same_kind" and note.values["name"] == coupon.name for note in draft.notes)


def _member_day_coupon(draft: Draft, coupon: CouponTerms) -> None:
    benefits = draft.facts.benefits
    if not (benefits and benefits.is_member_day):
        draft.note("coupon_not_today", name=coupon.name)
    elif draft.take_percent("coupon_member_day", coupon.percent, name=coupon.name):
        draft.coupons.append(coupon.id)
    else:
        draft.note("coupon_nothing", name=coupon.name)


def _cash_off(draft: Draft, coupon: CouponTerms) -> None:
    if draft.fen < coupon.minimum_fen:
        draft.note("coupon_minimum", name=coupon.name, missing=yuan_sum(coupon.minimum_fen - draft.fen))
    elif draft.take_fen("coupon_cash_off", coupon.off_fen, name=coupon.name):
        draft.coupons.append(coupon.id)
    else:
        draft.note("coupon_nothing", name=coupon.name)


def _whole_steps(points: int, policy: DeductionPolicy) -> int:
    points -= points % policy.step
    return points if points >= policy.minimum and policy.worth_fen(points) else 0


def _bounds(policy: DeductionPolicy, most: int) -> dict[str, int]:
    return {"minimum": policy.minimum, "step": policy.step, "most": most}
