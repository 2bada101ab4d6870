"""A new order: all that is asked for with it, and how it is written: the order, its items as snapshots and its first
move, by one statement (F3)."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from django.db import IntegrityError
from psycopg.types.json import Jsonb

from accounts.models import Address, User
from core import clock
from core.call import call
from core.crypto import encrypt, fingerprint
from core.db import broken_constraint
from core.errors import DomainError
from orders.models import Order, State
from orders.parameters import PAYMENT_WINDOW_MINUTES
from orders.queries.basket import Basket
from orders.queries.facts import Wishes
from orders.rules import numbers, pricing
from orders.rules.pricing import Choice
from points.earning.queries import rule_sets

LONGEST_NOTE = 200
NUMBER_TRIES = 5

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
    ON CONFLICT (number) DO NOTHING
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


class FormTaken(DomainError):
    """Another connection has just placed an order with this form."""

    code = "form_taken"


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """All that a member asks for with an order.

    ``choices`` are the goods; None: whatever of the member's cart can be had, and it is taken out of the cart.
    ``address`` is one of the member's, None where none was chosen. ``form_key`` makes the form one order, however often
    it comes. ``deduct``: points that the member would like to pay cash with; ``coupons``: ids of those they chose.
    ``expected`` is the digest of the sum that the member saw; None asks nothing. ``provider`` is the code of a payment
    provider, needed when there is cash to pay. ``known`` is the number of the order of the same goods that the member
    was told of, empty while of none; None asks nothing.
    """

    member: User
    choices: tuple[Choice, ...] | None
    address: Address | None
    form_key: UUID
    note: str = ""
    provider: str | None = None
    expected: str | None = None
    deduct: int = 0
    coupons: tuple[int, ...] = ()
    known: str | None = None

    @property
    def wishes(self):
        """What the price depends on besides the goods."""
        return Wishes(self.deduct, tuple(self.coupons), self.address.region_code if self.address else "")

    @property
    def kept_note(self):
        """The note as the order keeps it."""
        return self.note.strip()[:LONGEST_NOTE]

    @cached_property
    def digest(self):
        """What the form asks for, as a keyed hash, because an address is in it. The goods of a cart are told by
        ``expected``: when the form comes again, they are not in the cart any more."""
        goods = sorted(map(str, self.choices or ()))
        where = self.address and [getattr(self.address, name) for name in ("name", "phone", "region_code", "full_text")]
        asked = [goods, self.expected, where, self.kept_note, self.provider, self.deduct, sorted(self.coupons)]
        return fingerprint(json.dumps(asked))


def write(new: NewOrder, basket: Basket, *, by, at):
    """The ``Order`` of what ``basket`` has for the member, as it is today: a later change of a product does not touch
    it. Another connection that sends the same form waits here; raises ``FormTaken`` when the other one got through."""
    order = _order(new, basket.priced, at)
    skus = {line.sku.pk: line.sku for line in basket.available}
    items = list(zip(*(_item(line, skus[line.sku_id]) for line in basket.priced.lines), strict=True))
    try:
        for _attempt in range(NUMBER_TRIES):
            order.number = numbers.new_number(clock.shop_date(at))
            if written := call(WRITE, (*_stored(order), *map(list, items), by)):
                break
        else:
            raise IntegrityError(f"{NUMBER_TRIES} order numbers in a row were taken already")
    except IntegrityError as error:
        if broken_constraint(error) == "order_form_once":
            raise FormTaken from error
        raise
    ((order.pk,),) = written
    order._state.adding = False
    return order


def _order(new, priced, at):
    """The row, but for its number."""
    return Order(
        member=new.member,
        state=State.PENDING_PAYMENT if priced.fen else State.TO_SHIP,
        form_key=new.form_key,
        form_digest=new.digest,
        points=priced.points,
        cash_fen=priced.fen,
        goods_points=priced.goods_points,
        goods_fen=priced.goods_fen,
        shipping_fen=priced.shipping_fen,
        discount_points=priced.discount_points,
        discount_fen=priced.discount_fen,
        deduction_points=priced.deduction_points,
        deduction_fen=priced.deduction_fen,
        rule_version=rule_sets.for_member(new.member.pk, at).version,
        sums=pricing.stored(priced.sums),
        ship_name=new.address.name,
        ship_phone=new.address.phone,
        ship_address=new.address.full_text,
        ship_region_code=new.address.region_code,
        ship_phone_hash=fingerprint(new.address.phone),
        note=new.kept_note,
        placed_at=at,
        pay_before=at + timedelta(minutes=PAYMENT_WINDOW_MINUTES.value) if priced.fen else None,
        paid_at=None if priced.fen else at,
    )


def _stored(order):
    stored = vars(order) | {
        "state": order.state.value,
        "sums": Jsonb(order.sums),
        "returned": Jsonb(order.returned),
        "ship_name": encrypt(order.ship_name),
        "ship_phone": encrypt(order.ship_phone),
        "ship_address": encrypt(order.ship_address),
    }
    return [stored[name] for name in ORDER]


def _item(line, sku):
    """The values of ``ITEM`` for a ``PricedLine``: what it is today, and what is paid for it."""
    product = sku.product
    return (
        sku.pk, product.name, product.name_en, sku.label, sku.picture or "", str(line.way), line.unit_points,
        line.unit_fen, line.quantity, line.paid_points, line.paid_fen,
    )  # fmt: skip
