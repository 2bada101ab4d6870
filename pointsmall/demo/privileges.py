"""Coupons, shipping rates and goods for a tier in the demo mall. Loaded after the history."""

from contextlib import contextmanager
from dataclasses import replace

from catalog.models import SKU
from catalog.services import products
from orders.coupons.services import coupons
from orders.models import CouponType, ShippingRate
from orders.shipping.services import shipping_rates
from points.tiers.rules import TIERS, all_tiers

FAR = ["54", "63", "65"]  # Tibet, Qinghai, Xinjiang
RATES = [
    {"name": "西藏、青海、新疆", "name_en": "Tibet, Qinghai, Xinjiang", "provinces": FAR, "first_fen": 1800,
     "further_fen": 1000, "free_from_fen": 29900},
    {"name": "其他地区", "name_en": "Everywhere else", "first_fen": 800, "further_fen": 200, "free_from_fen": 5900},
]  # fmt: skip
COUPONS = [
    {"code": "off-10", "name": "满79减10元券", "name_en": "¥10 off from ¥79", "kind": "cash_off", "off_fen": 1000,
     "minimum_fen": 7900, "points_price": 800, "per_member": 5, "valid_days": 30},
    {"code": "off-30", "name": "满199减30元券", "name_en": "¥30 off from ¥199", "kind": "cash_off", "off_fen": 3000,
     "minimum_fen": 19900, "points_price": 2400, "per_member": 2, "total": 500, "valid_days": 30},
    {"code": "free-shipping", "name": "免运费券", "name_en": "Free shipping", "kind": "free_shipping",
     "points_price": 500, "per_member": 5, "valid_days": 60},
    {"code": "member-day-95", "name": "会员日95折券", "name_en": "5% off on a member day", "kind": "member_day",
     "percent": 5, "points_price": 300, "per_member": 1, "valid_days": 45},
    {"code": "thanks-5", "name": "5元感谢券", "name_en": "¥5 to say thanks", "kind": "cash_off", "off_fen": 500,
     "minimum_fen": 3000, "points_price": None, "per_member": 1, "valid_days": 20},
]  # fmt: skip
THANKED = "thanks-5", "free-shipping"  # every demo member has one of each
RESERVED = {"electronics-camera-1": "gold", "fashion-watch-1": "silver"}  # SKU code of the product: lowest tier


@contextmanager
def before_tier_prices():
    """Past orders were placed before tiers lowered prices, so they cost what the plan says."""
    TIERS.pin(tuple(replace(tier, discount_percent=0, member_day_percent=0) for tier in all_tiers()))
    try:
        yield
    finally:
        TIERS.forget()


def load(members, *, by, now):
    """Write what is missing; ``members`` are new ones, who get a coupon or two."""
    if not ShippingRate.objects.exists():
        for position, rate in enumerate(RATES):
            shipping_rates.save_rate(rate=ShippingRate(position=position, **rate), by=by, at=now)
    there = set(CouponType.objects.values_list("code", flat=True))
    for position, fields in enumerate(COUPONS):
        if fields["code"] not in there:
            coupons.save_type(coupon_type=CouponType(position=position, **fields), by=by, at=now)
    if not there:
        _reserve(by, now)
    for kind in CouponType.objects.filter(code__in=THANKED):
        for member in members:
            coupons.give(coupon_type=kind, member=member, key=f"demo:{kind.code}", source="staff", by=by, at=now)


def _reserve(by, now):
    for sku in SKU.objects.filter(code__in=RESERVED, product__reserved_tier="").select_related("product"):
        sku.product.reserved_tier = RESERVED[sku.code]
        products.save_product(product=sku.product, by=by, at=now)
