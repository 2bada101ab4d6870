"""What of an order can still come back, and how much of what was paid belongs to it (F10)."""

from collections import defaultdict
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
    OrderState,
)
from orders.shipping.queries import shipped_pieces
from points.purchases.parameters import AFTER_SALE_DAYS


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
    if order.state == OrderState.COMPLETED:
        return at <= ask_before(order)
    return order.state in (OrderState.PARTLY_SHIPPED, OrderState.SHIPPED)


@dataclass(frozen=True)
class Back:
    """What of an item is settled: ``pieces`` that are done with, ``unshipped`` of them because they never left, and
    what went back for any of its pieces. Done with are those that came back or never left, and those that the member
    keeps with their whole price back; whoever got a part of the price for a flaw may still return the piece."""

    pieces: int = 0
    unshipped: int = 0
    points: int = 0
    fen: int = 0

    def more(self, kind, item, quantity, points, fen):
        """With a settlement of the kind for so many pieces."""
        keeps = kind == AfterSaleKind.REFUND and not _is_whole(item, quantity, points, fen)
        return Back(
            self.pieces + (0 if keeps else quantity),
            self.unshipped + (quantity if kind == AfterSaleKind.UNSHIPPED else 0),
            self.points + points,
            self.fen + fen,
        )

    def is_all(self, item, *, pieces=0):
        """Whether with ``pieces`` more the whole item is done with, or all that was paid for it went back."""
        was_paid = item.paid.points or item.paid.fen
        return self.pieces + pieces >= item.quantity or (was_paid and self.left(item) == (0, 0))

    def left(self, item):
        """``(points, fen)`` that can still go back."""
        return item.paid.points - self.points, item.paid.fen - self.fen

    def share(self, item, quantity):
        """``(points, fen)`` of ``quantity`` pieces more. What went back beyond the share of the pieces that are done
        with was for one that is still there: it counts."""

        def share(paid, given):
            before = shares.part(paid, item.quantity, 0, self.pieces)
            part = shares.part(paid, item.quantity, self.pieces, quantity)
            return min(max(part - max(given - before, 0), 0), paid - given)

        return share(item.paid.points, self.points), share(item.paid.fen, self.fen)


def back_of(order):
    """``{item_id: Back}`` of an order; of an item that is not in it nothing is settled."""
    return _back(_settled_parts([order]))


def settled_whole(orders):
    """Ids of those of ``orders`` of which all pieces are settled."""
    back = _back(_settled_parts(orders))
    if not back:
        return set()
    items = OrderItem.objects.filter(order__in=orders)
    open_still = {item.order_id for item in items if not back[item.pk].is_all(item)}
    return {order.pk for order in orders} - open_still


def _back(parts):
    back = defaultdict(Back)
    for part in parts:
        kind = part.after_sale.kind
        back[part.item_id] = back[part.item_id].more(kind, part.item, part.quantity, part.points, part.fen)
    return back


def askable_pieces(order):
    """``{OrderItem: pieces}`` that left in a parcel and are not done with."""
    shipped, back = shipped_pieces(order), back_of(order)
    askable = {}
    for item in order.items.all():
        done = back[item.pk]
        left = shipped[item.pk] - (done.pieces - done.unshipped)
        if left > 0 and not done.is_all(item):
            askable[item] = left
    return askable


def offer_of(order, pieces, *, reason):
    """The ``Offer`` for ``{OrderItem: quantity}`` of an order."""
    back = back_of(order)
    lines = []
    for item, quantity in pieces.items():
        done = back[item.pk]
        lines.append(Line(item, quantity, *done.share(item, quantity), *done.left(item)))
    left_fen = order.shipping_fen - sum(order.after_sales.values_list("shipping_fen", flat=True))
    most_shipping_fen = left_fen if reason in SHOPS_FAULT else 0
    now = {item.pk: quantity for item, quantity in pieces.items()}
    is_all = all(back[item.pk].is_all(item, pieces=now.get(item.pk, 0)) for item in order.items.all())
    return Offer(lines, most_shipping_fen if is_all else 0, most_shipping_fen)


def is_everything(order, kind, lines):
    """Whether with a settlement of ``lines``, ``[(item, quantity, points, fen)]``, all of the order came back."""
    back = back_of(order)
    for item, *line in lines:
        back[item.pk] = back[item.pk].more(kind, item, *line)
    return all(back[item.pk].is_all(item) for item in order.items.all())


def _settled_parts(orders):
    parts = AfterSaleItem.objects.filter(after_sale__order__in=orders, after_sale__state=AfterSaleState.SETTLED)
    return parts.select_related("after_sale", "item").order_by("after_sale_id", "pk")


def _is_whole(item, quantity, points, fen):
    paid = item.paid
    return points >= paid.points * quantity // item.quantity and fen >= paid.fen * quantity // item.quantity


def pieces_of(case):
    """``{OrderItem: quantity}`` of a request."""
    rows = case.items.select_related("item__sku__product__category")
    return {row.item: row.quantity for row in rows}


def offer(case):
    """The ``Offer`` for a request that is not settled."""
    return offer_of(case.order, pieces_of(case), reason=case.reason)


def cases_of(order):
    """The requests about an order, newest first, with their items and moves."""
    return list(order.after_sales.prefetch_related("items__item", "pictures").select_related("replacement"))


def case_page(member, number):
    """The member's request of that number, or None when it is not theirs."""
    found = AfterSale.objects.select_related("order", "replacement__carrier")
    return found.filter(order__member=member, number=number).first()
