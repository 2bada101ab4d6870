"""Parcels of many orders from a CSV file: judged line by line first, then shipped all together or not at all (F7).

Columns, in any order: ``order``, ``carrier`` (code or name) and ``tracking_number``; Chinese headings are known too.
``line`` and ``problem``, which the report of refused lines adds, are passed over, so that a corrected report can be
given again. A line whose parcel the order has already is done: the same file twice ships nothing twice.
"""

import csv
import hashlib
import io
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit
from core.db import locking_transaction
from core.errors import DomainError
from orders.models import Carrier, Order, Shipment
from orders.services import shipping
from orders.services.moves import MoveNotAllowed
from orders.states import MAY_SHIP

MOST_BYTES = 1024 * 1024
MOST_LINES = 1000  # one transaction holds all these orders
COLUMNS = {
    "order": "order",
    "carrier": "carrier",
    "tracking_number": "tracking_number",
    "line": None,
    "problem": None,
    "订单号": "order",
    "快递公司": "carrier",
    "快递": "carrier",
    "快递单号": "tracking_number",
    "运单号": "tracking_number",
    "行号": None,
    "问题": None,
}
REQUIRED = ("order", "carrier", "tracking_number")


class FileNotReadable(DomainError):
    """The file as a whole is not what can be read; ``why`` says why."""

    code = "shipping_file_not_readable"
    message = gettext_lazy("This file cannot be read: %(why)s Nothing was changed.")


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
    """A line that cannot be shipped, as it was typed, and why."""

    number: int
    order: str
    carrier: str
    tracking_number: str
    problem: str

    def as_list(self):
        return [self.number, self.order, self.carrier, self.tracking_number, self.problem]


@dataclass(frozen=True)
class Checked:
    """All lines of a file, judged."""

    digest: str
    good: list[Line] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def to_ship(self):
        """The good lines that are not done yet, in the order of locks."""
        return sorted((line for line in self.good if not line.is_done), key=lambda line: line.order_id)

    @property
    def done(self):
        return len(self.good) - len(self.to_ship)


def check(content):
    """Judge the bytes of a file; nothing is written. Raises ``FileNotReadable``."""
    rows = _rows(content)
    orders = Order.objects.in_bulk([row["order"] for row in rows], field_name="number")
    carriers = _carriers()
    parcels = set(
        Shipment.objects.filter(order__in=orders.values()).values_list("order_id", "carrier_id", "tracking_number")
    )
    checked, seen = Checked(hashlib.sha256(content).hexdigest()), {}
    for row in rows:
        try:
            line = _judge(row, orders, carriers, parcels, seen)
        except DomainError as error:
            typed = (row["order"], row["carrier"], row["tracking_number"])
            checked.refused.append(Refused(row["line"], *typed, str(error)))
        else:
            seen[line.order_id] = line.number
            checked.good.append(line)
    return checked


def ship_file(*, content, by, at, skip_refused=False):
    """Ship every parcel of the file in one transaction; returns what was ``Checked``, judged before the first of them.

    Raises ``FileNotReadable``, ``LinesRefused`` (also when an order changed since it was looked at) or ``Busy``;
    then nothing is shipped. With ``skip_refused`` the good lines are shipped all the same.
    """
    with locking_transaction():
        numbers = [row["order"] for row in _rows(content)]
        # Locked first, in the order of their keys; what is judged then stays so.
        list(Order.objects.select_for_update(of=("self",)).filter(number__in=numbers).order_by("pk").only("pk"))
        checked = check(content)
        if checked.refused and not skip_refused:
            raise LinesRefused(lines=len(checked.refused), checked=checked)
        carriers = Carrier.objects.in_bulk([line.carrier_id for line in checked.to_ship])
        orders = Order.objects.in_bulk([line.order_id for line in checked.to_ship])
        for line in checked.to_ship:
            shipping.hand_over(orders[line.order_id], carriers[line.carrier_id], line.tracking_number, by=by, at=at)
        if checked.to_ship:
            audit.record(
                "shipping_file.shipped", by=by, subject=f"shippingfile:{checked.digest[:40]}", at=at,
                shipped=len(checked.to_ship), done_before=checked.done, refused=len(checked.refused),
            )  # fmt: skip
    return checked


class _Problem(DomainError):
    code = "line_refused"
    message = "%(why)s"


def _judge(row, orders, carriers, parcels, seen):
    order = orders.get(row["order"])
    if order is None:
        raise _Problem(why=_("There is no order with this number."))
    carrier = carriers.get(row["carrier"].casefold())
    if carrier is None:
        raise _Problem(why=_("No carrier has this code or name."))
    number = shipping.clean_tracking_number(row["tracking_number"])
    is_done = (order.pk, carrier.pk, number) in parcels
    if order.pk in seen:
        raise _Problem(why=_("The order stands in line %(line)s already.") % {"line": seen[order.pk]})
    if not is_done:
        if not carrier.is_active:
            raise shipping.CarrierNotInUse
        if order.state not in MAY_SHIP:
            raise MoveNotAllowed(state=order.state, label=order.get_state_display())
    return Line(row["line"], order.pk, order.number, carrier.pk, carrier.title, number, is_done)


def _carriers():
    """``{code or name, lower case: Carrier}``; those in use win."""
    found = {}
    for carrier in Carrier.objects.order_by("is_active", "-position", "-pk"):
        for name in filter(None, (carrier.code, carrier.name, carrier.name_en)):
            found[name.casefold()] = carrier
    return found


def _rows(content):
    """``[{"line", "order", "carrier", "tracking_number"}]`` of the file, empty lines left out."""
    if len(content) > MOST_BYTES:
        raise FileNotReadable(why=_("it is larger than 1 MB; split it."))
    rows = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        columns = _columns([cell.strip() for cell in next(rows, [])])
        found = []
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(found) == MOST_LINES:
                raise FileNotReadable(why=_("it has more than %(most)s lines; split it.") % {"most": MOST_LINES})
            named = dict(zip(columns, cells, strict=False))
            found.append({"line": rows.line_num, **{name: _plain(named.get(name, "")) for name in REQUIRED}})
    except csv.Error as error:
        raise FileNotReadable(
            why=_("line %(line)s is not CSV, a quotation mark may be missing.") % {"line": rows.line_num}
        ) from error
    if not found:
        raise FileNotReadable(why=_("it has no lines."))
    return found


def _text(content):
    """UTF-8, or what a Chinese spreadsheet writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise FileNotReadable(why=_("it is neither UTF-8 nor GB18030 text."))


def _columns(headings):
    columns = []
    for heading in headings:
        name = heading.lower()
        if name not in COLUMNS or (COLUMNS[name] and COLUMNS[name] in columns):
            raise FileNotReadable(
                why=_("its first line has a column that is not known or stands there twice: “%(column)s”.")
                % {"column": heading[:40]}
            )
        columns.append(COLUMNS[name])
    if missing := [name for name in REQUIRED if name not in columns]:
        raise FileNotReadable(why=_("its first line names no column “%(column)s”.") % {"column": missing[0]})
    return columns


def _plain(cell):
    """Without what keeps a spreadsheet from taking a number for one: ="123" and '123."""
    return cell.removeprefix("=").strip("\"'").strip()[:100]
