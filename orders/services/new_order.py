"""A new order in the books: the order, its items as snapshots and its first move, written by one statement (F3)."""

from datetime import timedelta

from psycopg.types.json import Jsonb

from core import clock
from core.call import call
from core.crypto import encrypt, fingerprint
from orders.models import Order, State
from orders.parameters import PAYMENT_WINDOW_MINUTES
from orders.rules import numbers, pricing
from points.earning.queries import rule_sets

LONGEST_NOTE = 200

ORDER = (
    "number", "member_id", "state", "form_key", "form_digest", "points", "cash_fen", "goods_points", "goods_fen",
    "shipping_fen", "discount_points", "discount_fen", "deduction_points", "deduction_fen", "rule_version", "sums",
    "returned", "ship_name", "ship_phone", "ship_address", "ship_region_code", "ship_phone_hash", "note", "placed_at",
    "pay_before", "paid_at", "cancel_reason", "cancel_note",
)  # fmt: skip
ITEM = {
    "sku_id": "bigint", "product_name": "text", "product_name_en": "text", "sku_label": "text", "image": "text",
    "way": "text", "unit_points": "bigint", "unit_fen": "bigint", "quantity": "integer", "paid_points": "bigint",
    "paid_fen": "bigint",
}  # fmt: skip
WRITE = f"""
WITH placed AS (
    INSERT INTO orders_order ({", ".join(ORDER)}) VALUES ({", ".join(["%s"] * len(ORDER))})
    RETURNING id, state, placed_at
), items AS (
    INSERT INTO orders_orderitem (order_id, {", ".join(ITEM)}, position)
    SELECT placed.id, {", ".join(ITEM)}, position - 1
    FROM placed, unnest({", ".join(f"%s::{kind}[]" for kind in ITEM.values())})
        WITH ORDINALITY AS item ({", ".join(ITEM)}, position)
), move AS (
    INSERT INTO orders_ordermove (order_id, from_state, to_state, at, by, reason)
    SELECT id, '', state, placed_at, %s::text, '' FROM placed
)
SELECT id FROM placed
"""  # noqa: S608 - names from above


def write(member, address, form_key, form_digest, priced, skus, *, note, by, at):
    """The ``Order`` of ``priced`` for the member, with ``skus``, ``{id: SKU}``, as they are today: a later change of a
    product does not touch it. Another connection that sends the same form waits here, and breaks the constraint
    ``order_form_once``."""
    order = Order(
        number=numbers.new_number(clock.shop_date(at)),
        member=member,
        state=State.PENDING_PAYMENT if priced.fen else State.TO_SHIP,
        form_key=form_key,
        form_digest=form_digest,
        points=priced.points,
        cash_fen=priced.fen,
        goods_points=priced.goods_points,
        goods_fen=priced.goods_fen,
        shipping_fen=priced.shipping_fen,
        discount_points=priced.discount_points,
        discount_fen=priced.discount_fen,
        deduction_points=priced.deduction_points,
        deduction_fen=priced.deduction_fen,
        rule_version=rule_sets.for_member(member.pk, at).version,
        sums=pricing.stored(priced.sums),
        ship_name=address.name,
        ship_phone=address.phone,
        ship_address=address.full_text,
        ship_region_code=address.region_code,
        ship_phone_hash=fingerprint(address.phone),
        note=clean_note(note),
        placed_at=at,
        pay_before=at + timedelta(minutes=PAYMENT_WINDOW_MINUTES.value) if priced.fen else None,
        paid_at=None if priced.fen else at,
    )
    stored = vars(order) | {
        "state": order.state.value,
        "sums": Jsonb(order.sums),
        "returned": Jsonb(order.returned),
        "ship_name": encrypt(order.ship_name),
        "ship_phone": encrypt(order.ship_phone),
        "ship_address": encrypt(order.ship_address),
    }
    items = zip(*(_item(line, skus[line.sku_id]) for line in priced.lines), strict=True)
    ((order.pk,),) = call(WRITE, (*(stored[name] for name in ORDER), *map(list, items), by))
    order._state.adding = False
    return order


def clean_note(text):
    """The note as an order keeps it."""
    return text.strip()[:LONGEST_NOTE]


def _item(line, sku):
    """The values of ``ITEM`` for a ``PricedLine``: what it is today, and what is paid for it."""
    product = sku.product
    return (
        sku.pk, product.name, product.name_en, sku.label, sku.picture or "", str(line.way), line.unit_points,
        line.unit_fen, line.quantity, line.paid_points, line.paid_fen,
    )  # fmt: skip
