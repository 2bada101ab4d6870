"""What of an order can still come back, and how much of what was paid belongs to it (F10)."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from core import shares
from orders.models import (
    SHOPS_FAULT,
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSaleState,
    OrderItem,
    State,
)
from orders.queries.parcels import shipped_pieces
from points.parameters import AFTER_SALE_DAYS


@dataclass(frozen=True)
class Line:
    """Pieces of an item that may come back. ``most_*`` is all that is left of what was paid for the item, ``*`` the
    share of these pieces."""

    item: OrderItem
    quantity: int
    points: int
    fen: int
    most_points: int
    most_fen: int


@dataclass(frozen=True)
class Offer:
    """What a settlement would give back. The shipping fee comes back with the last piece, where the shop is at fault;
    ``most_shipping_fen`` is what staff may give of it, 0 where it stays."""

    lines: list[Line]
    shipping_fen: int
    most_shipping_fen: int

    @property
    def points(self):
        return sum(line.points for line in self.lines)

    @property
    def fen(self):
        return sum(line.fen for line in self.lines) + self.shipping_fen


def ask_before(order):
    """Until when, that moment included, a member may ask; None while there is no end in sight or nothing was
    shipped."""
    return order.returnable_until or (order.received_at and window_end(order.received_at))


def window_end(received_at):
    """When the time to ask is over for a parcel that arrives at ``received_at``, as things are today."""
    return received_at + timedelta(days=AFTER_SALE_DAYS.value)


def is_in_window(order, *, at):
    """Whether a request is possible by state and clock."""
    if order.state == State.COMPLETED:
        return at <= ask_before(order)
    return order.state in (State.PARTLY_SHIPPED, State.SHIPPED)


def askable_pieces(order):
    """``{OrderItem: pieces}`` that left in a parcel and were not paid back."""
    shipped = shipped_pieces(order)
    back = Counter()
    settled = AfterSaleItem.objects.filter(after_sale__order=order, after_sale__state=AfterSaleState.SETTLED)
    for part in settled.exclude(after_sale__kind=AfterSaleKind.UNSHIPPED):
        back[part.item_id] += part.quantity
    return {item: left for item in order.items.all() if (left := shipped[item.pk] - back[item.pk]) > 0}


def offer_of(order, pieces, *, reason):
    """The ``Offer`` for ``{OrderItem: quantity}`` of an order."""
    given = {}
    for part in AfterSaleItem.objects.filter(after_sale__order=order, after_sale__state=AfterSaleState.SETTLED):
        done, points, fen = given.get(part.item_id, (0, 0, 0))
        given[part.item_id] = done + part.quantity, points + part.points, fen + part.fen
    lines = []
    for item, quantity in pieces.items():
        done, points, fen = given.get(item.pk, (0, 0, 0))
        paid = item.paid
        most_points, most_fen = paid.points - points, paid.fen - fen
        lines.append(
            Line(
                item,
                quantity,
                min(shares.part(paid.points, item.quantity, done, quantity), most_points),
                min(shares.part(paid.fen, item.quantity, done, quantity), most_fen),
                most_points,
                most_fen,
            )
        )
    left_fen = order.shipping_fen - sum(order.after_sales.values_list("shipping_fen", flat=True))
    most_shipping_fen = left_fen if reason in SHOPS_FAULT else 0
    is_all = is_everything(order, pieces, {pk: done for pk, (done, _points, _fen) in given.items()})
    return Offer(lines, most_shipping_fen if is_all else 0, most_shipping_fen)


def is_everything(order, pieces, done):
    """Whether with ``pieces`` and those ``done`` (``{item_id: pieces}``) all of the order came back."""
    now = {item.pk: quantity for item, quantity in pieces.items()}
    return all(now.get(item.pk, 0) + done.get(item.pk, 0) >= item.quantity for item in order.items.all())


def pieces_of(request):
    """``{OrderItem: quantity}`` of a request."""
    rows = request.items.select_related("item__sku__product__category")
    return {row.item: row.quantity for row in rows}


def offer(request):
    """The ``Offer`` for a request that is not settled."""
    return offer_of(request.order, pieces_of(request), reason=request.reason)


def requests_of(order):
    """The requests about an order, newest first, with their items and moves."""
    return list(order.after_sales.prefetch_related("items__item", "pictures").select_related("replacement"))


def request_page(member, number):
    """The member's request of that number, or None when it is not theirs."""
    found = AfterSale.objects.select_related("order", "replacement__carrier")
    return found.filter(order__member=member, number=number).first()
