"""What a page showed, signed and sent along with its form: when prices have changed, the member reads which (F2)."""

from django.core import signing

from orders.rules.pricing import PricedLine, PricedOrder, restored, stored

SALT = "orders.shown"


def pack(priced):
    """The lines and sums of a ``PricedOrder`` as text that only we can write."""
    lines = [(x.sku_id, x.way, x.quantity, x.unit_points, x.unit_fen) for x in priced.lines]
    return signing.dumps([lines, stored(priced.sums)], salt=SALT, compress=True)


def unpack(text):
    """The ``PricedOrder`` that was shown, without shares; None when it was not ours."""
    try:
        lines, sums = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    return PricedOrder(tuple(PricedLine(*line, paid_points=0, paid_fen=0) for line in lines), tuple(restored(sums)))
