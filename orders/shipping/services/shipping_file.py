"""Parcels of many orders from a file: judged line by line first, then shipped all together or not at all (F7).

The file has the shape of what ``shipping_list`` writes. ``line`` and ``problem``, which the report of refused lines
adds, are passed over, so that a corrected report can be given again. A line whose parcel the order has already is done:
the same file twice ships nothing twice. A line with neither carrier nor tracking number waits for another day.
"""

import hashlib
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit, tables
from core.db import locking_transaction
from core.errors import DomainError
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.lifecycle.states import MAY_SHIP
from orders.models import Carrier, Order, Shipment
from orders.shipping.queries import bare
from orders.shipping.services import shipping

MOST_BYTES = 1024 * 1024
MOST_LINES = 1000  # one transaction holds all these orders

COLUMNS = tables.Columns(
    tables.Column("order", "订单号", ("订单编号", "order_number"), is_code=True, is_required=True),
    tables.Column("recipient", "收件人", is_read=False),
    tables.Column("phone", "电话", is_read=False),
    tables.Column("address", "地址", is_read=False),
    tables.Column("goods", "商品", is_read=False),
    tables.Column("note", "备注", is_read=False),
    tables.Column("carrier", "快递公司", ("快递", "物流公司"), is_required=True, may_be_empty=True),
    tables.Column(
        "tracking_number", "快递单号", ("运单号", "物流单号"), is_code=True, is_required=True, may_be_empty=True
    ),
    tables.Column("line", "行号", is_read=False),
    tables.Column("problem", "问题", is_read=False),
)
FIELDS = ("order", "carrier", "tracking_number")
REPORT = ("line", *FIELDS, "problem")


class LinesRefused(DomainError):
    """Nothing is shipped unless refused lines may be left out. ``checked`` is what was found."""

    code = "shipping_lines_refused"
    message = gettext_lazy("%(lines)s lines cannot be shipped. Correct the file, or leave them out.")


@dataclass(frozen=True)
class Line:
    """A parcel that can be handed over; ``is_done`` when the order has it already."""

    number: int
    order_id: int
    order_number: str
    carrier_id: int
    carrier: str
    tracking_number: str
    is_done: bool = False


@dataclass(frozen=True)
class Refused:
    """A line that cannot be shipped, as it was typed, and why: in words and as the ``code`` of the error."""

    number: int
    order: str
    carrier: str
    tracking_number: str
    problem: str
    code: str

    def as_list(self):
        return [self.number, self.order, self.carrier, self.tracking_number, self.problem]


@dataclass(frozen=True)
class Checked:
    """All lines of a file, judged; ``waiting`` lines name no parcel yet, ``note`` says what was not read."""

    digest: str
    note: str
    waiting: int
    good: list[Line] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def to_ship(self):
        """The good lines that are not done yet, in the order of locks."""
        return sorted((line for line in self.good if not line.is_done), key=lambda line: line.order_id)

    @property
    def asks(self):
        """Whether a line would be shipped if the parcel is shared."""
        return any(line.code == shipping.TrackingNumberTaken.code for line in self.refused)

    @property
    def done(self):
        return len(self.good) - len(self.to_ship)


def check(content, *, shared=False):
    """Judge the bytes of a file; nothing is written. ``shared`` says that one tracking number for several recipients is
    meant. Raises ``tables.FileNotReadable``."""
    return _check(content, *_read(content), shared)


def _read(content):
    """``(Table, its lines that name a parcel or are wrong, how many do not yet)``."""
    table = tables.Table(content, COLUMNS, most_bytes=MOST_BYTES, most_lines=MOST_LINES)
    rows = list(table)
    named = [row for row in rows if row.problem or row.values["carrier"] or row.values["tracking_number"]]
    return table, named, len(rows) - len(named)


def _check(content, table, rows, waiting, shared):
    orders = Order.objects.in_bulk(_numbers(rows), field_name="number")
    carriers = _carriers()
    there = Shipment.objects.filter(order__in=orders.values()).values_list("order_id", "carrier_id", "tracking_number")
    parcels = {(order_id, carrier_id, bare(number)) for order_id, carrier_id, number in there}
    holders = {} if shared else _holders(rows, orders)
    checked, seen = Checked(hashlib.sha256(content).hexdigest(), table.note, waiting), {}
    for row in rows:
        try:
            line = _judge(row, orders, carriers, parcels, seen, holders)
        except DomainError as error:
            typed = (row.values[name][:100] for name in FIELDS)
            checked.refused.append(Refused(row.number, *typed, str(error), error.code))
        else:
            seen[line.order_id] = line.number
            checked.good.append(line)
    return checked


def _holders(rows, orders):
    """``{bare tracking number: [Order, ...]}``: who has it in the file, and who had it before."""
    found = {}
    for row in rows:
        order = orders.get(row.values["order"].upper())
        try:
            number = bare(shipping.clean_tracking_number(row.values["tracking_number"]))
        except shipping.TrackingNumberNotValid:
            continue
        if order is not None:
            found.setdefault(number, []).append(order)
    for number, before in shipping.holders(found).items():
        found[number] += before
    return found


def ship_file(*, content, by, at, skip_refused=False, shared=False):
    """Ship every parcel of the file in one transaction; returns what was ``Checked``, judged before the first of them.

    Raises ``tables.FileNotReadable``, ``LinesRefused`` (also when an order changed since it was looked at) or ``Busy``;
    then nothing is shipped. With ``skip_refused`` the good lines are shipped all the same. ``shared`` as in ``check``.
    """
    table, rows, waiting = _read(content)
    with locking_transaction():
        # Locked first, in the order of their keys; what is judged then stays so.
        list(Order.objects.select_for_update(of=("self",)).filter(number__in=_numbers(rows)).order_by("pk").only("pk"))
        checked = _check(content, table, rows, waiting, shared)
        if checked.refused and not skip_refused:
            raise LinesRefused(lines=len(checked.refused), checked=checked)
        carriers = Carrier.objects.in_bulk([line.carrier_id for line in checked.to_ship])
        orders = Order.objects.in_bulk([line.order_id for line in checked.to_ship])
        for line in checked.to_ship:
            shipping.hand_over(
                orders[line.order_id], carriers[line.carrier_id], line.tracking_number, by=by, at=at, shared=True
            )
        if checked.to_ship:
            audit.record(
                "shipping_file.shipped", by=by, subject=f"shippingfile:{checked.digest[:40]}", at=at,
                shipped=len(checked.to_ship), done_before=checked.done, refused=len(checked.refused),
            )  # fmt: skip
    return checked


def _numbers(rows):
    return [row.values["order"].upper() for row in rows]


class _Problem(DomainError):
    code = "line_refused"
    message = "%(why)s"


def _judge(row, orders, carriers, parcels, seen, holders):
    if row.problem:
        raise _Problem(why=row.problem)
    order = orders.get(row.values["order"].upper())
    if order is None:
        raise _Problem(why=_("There is no order with this number."))
    carrier = carriers.get(row.values["carrier"].casefold())
    if carrier is None:
        raise _Problem(why=_("No carrier has this code or name."))
    number = shipping.clean_tracking_number(row.values["tracking_number"])
    is_done = (order.pk, carrier.pk, bare(number)) in parcels
    if order.pk in seen:
        raise _Problem(why=_("The order stands in line %(line)s already.") % {"line": seen[order.pk]})
    if not is_done:
        if not carrier.is_active:
            raise shipping.CarrierNotInUse
        if order.state not in MAY_SHIP:
            raise MoveNotAllowed(state=order.state, label=order.get_state_display())
        shipping.check_recipient(order, number, holders.get(bare(number), ()))
    return Line(row.number, order.pk, order.number, carrier.pk, carrier.title, number, is_done)


def _carriers():
    """``{code or name, lower case: Carrier}``; those in use win."""
    found = {}
    for carrier in Carrier.objects.order_by("is_active", "-position", "-pk"):
        for name in filter(None, (carrier.code, carrier.name, carrier.name_en)):
            found[name.casefold()] = carrier
    return found
