"""A new order: all that is asked for with it, and how it is written: the order, its items as snapshots and its first
move, by one statement (F3)."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from uuid import UUID

from django.db import IntegrityError

from accounts.models import Address, User
from core import clock
from core.call import call
from core.crypto import fingerprint
from core.db import broken_constraint
from core.errors import DomainError
from core.rows import Rows
from orders.models import Order, OrderItem, OrderMove, OrderState
from orders.parameters import PAYMENT_WINDOW_MINUTES
from orders.placing.queries.basket import Basket
from orders.placing.queries.facts import Wishes
from orders.placing.rules import numbers, pricing
from orders.placing.rules.pricing import Choice
from points.earning.queries import rule_sets

LONGEST_NOTE = 200
NUMBER_TRIES = 5

WRITE = """
WITH placed AS (
    {order.insert}
    ON CONFLICT (number) DO NOTHING
    RETURNING id
), items AS (
    INSERT INTO {item.table} (order_id, {item.columns})
    SELECT placed.id, item.* FROM placed, unnest({item.arrays}) AS item ({item.columns})
), move AS (
    INSERT INTO {move.table} (order_id, {move.columns}) SELECT placed.id, {move.marks} FROM placed
)
SELECT id FROM placed
"""


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
    items = _items(basket)
    move = OrderMove(to_state=order.state, at=at, by=by)
    sql, order_rows, item_rows, move_rows = _statement()
    others = (*item_rows.lists(items), *move_rows.values(move))
    try:
        for _attempt in range(NUMBER_TRIES):
            order.number = numbers.new_number(clock.shop_date(at))
            if written := call(sql, (*order_rows.values(order), *others)):
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


@cache
def _statement():
    order, item, move = Rows(Order), Rows(OrderItem, "order"), Rows(OrderMove, "order")
    return WRITE.format(order=order, item=item, move=move), order, item, move


def _order(new, priced, at):
    """The row, but for its number."""
    return Order(
        member=new.member,
        state=OrderState.PENDING_PAYMENT if priced.fen else OrderState.TO_SHIP,
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


def _items(basket):
    """The items, but for their order: what the goods are today, and what is paid for them."""
    skus = {line.sku.pk: line.sku for line in basket.available}
    return [
        OrderItem(
            sku=sku,
            product_name=sku.product.name,
            product_name_en=sku.product.name_en,
            sku_label=sku.label,
            image=sku.picture or "",
            way=line.way,
            unit_points=line.unit_points,
            unit_fen=line.unit_fen,
            quantity=line.quantity,
            position=position,
            paid_points=line.paid_points,
            paid_fen=line.paid_fen,
        )
        for position, line in enumerate(basket.priced.lines)
        for sku in [skus[line.sku_id]]
    ]
