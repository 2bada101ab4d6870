"""What a page showed, signed and sent along with its form: when prices have changed, the member reads which (F2)."""

from dataclasses import dataclass

from django.core import signing

from orders.placing.queries.facts import Wishes
from orders.placing.rules.pricing import PricedLine, PricedOrder, restored, stored

SALT = "orders.shown"


@dataclass(frozen=True)
class SeenSum:
    """``priced`` is without shares; ``wishes`` are those it was priced under, ``member_id`` is who looked at it."""

    priced: PricedOrder
    wishes: Wishes
    member_id: int


def pack(priced, wishes, member_id):
    """The lines and sums of a ``PricedOrder`` and what it was priced for, as text that only we can write."""
    lines = [(x.sku_id, x.way, x.quantity, x.unit_points, x.unit_fen) for x in priced.lines]
    asked = [wishes.deduct, wishes.coupons, wishes.region]
    return signing.dumps([lines, stored(priced.sums), asked, member_id], salt=SALT, compress=True)


def unpack(text):
    """The ``SeenSum`` of such a text; None when it was not ours."""
    try:
        lines, sums, (deduct, coupons, region), member_id = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):  # ValueError: of a page from before wishes were in it
        return None
    priced = PricedOrder(tuple(PricedLine(*line, paid_points=0, paid_fen=0) for line in lines), tuple(restored(sums)))
    return SeenSum(priced, Wishes(deduct, tuple(coupons), region), member_id)
