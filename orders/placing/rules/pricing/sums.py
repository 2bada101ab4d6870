"""Lines of the sum: an amount, what it is called, and why it is so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.formats import grouped, yuan_sum

SUM_LABELS = {
    "goods_points": _("Points for goods"),
    "goods_cash": _("Cash for goods"),
    "tier_discount": _("Tier discount"),
    "member_day": _("Member day"),
    "coupon_member_day": _("Member-day discount coupon"),
    "coupon_cash_off": _("Coupon"),
    "deduction": _("Points instead of cash"),
    "shipping": _("Shipping"),
    "tier_shipping": _("Free shipping of your tier"),
    "coupon_shipping": _("Free shipping coupon"),
}
SUM_NOTES = {
    "tier_discount": _("%(percent)s%% off the points"),
    "member_day": _("%(percent)s%% off the points"),
    "coupon_member_day": _("%(name)s, %(percent)s%% off the points"),
    "coupon_cash_off": "%(name)s",
    "coupon_shipping": "%(name)s",
    "deduction": _("%(per_yuan)s points are worth ¥1"),
}


@dataclass(frozen=True)
class Sum:
    """One line of the sum; what makes the order cheaper is negative. ``values`` fill the note."""

    code: str
    points: int = 0
    fen: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str | Promise:
        return SUM_LABELS[self.code]

    @property
    def note(self) -> str:
        """Why it is so, in a few words; often nothing."""
        text = SUM_NOTES.get(self.code)
        return str(text) % self.values if text and self.values else ""

    @property
    def text(self) -> str:
        """The amount in words: ``1,000积分``, ``−¥5.00``, ``500积分，−¥5.00``."""
        points = _("%(points)s points") % {"points": grouped(self.points)}
        if self.code == "shipping":
            return self._parcel()
        if self.points and self.fen:
            return _("%(points)s, %(cash)s") % {"points": points, "cash": yuan_sum(self.fen)}
        return yuan_sum(self.fen) if self.fen or (not self.points and self.code != "goods_points") else points

    def _parcel(self) -> str:
        if self.values.get("unknown"):
            return str(_("Depends on the address"))
        return str(yuan_sum(self.fen) if self.fen else _("Free"))


def stored(sums: Iterable[Sum]) -> list[dict[str, Any]]:
    """The sums as an order keeps them (JSON)."""
    return [
        {"code": line.code, "points": line.points, "fen": line.fen} | ({"values": line.values} if line.values else {})
        for line in sums
    ]


def restored(sums: Iterable[dict[str, Any]]) -> list[Sum]:
    """What ``stored`` kept, as ``Sum``."""
    return [Sum(**line) for line in sums]
