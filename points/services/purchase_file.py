"""A CSV file of purchases and refunds, read and judged line by line; nothing is written here (C1).

Columns, in any order: ``member`` (phone, or number that the file's writer knows the member by), ``order_number``,
``paid_at`` (ISO 8601; without a zone the shop's own), ``category`` (code), ``amount`` (yuan), ``refund_of`` (empty, or
the order that this line gives back). ``line`` and ``problem``, which the report of refused lines adds, are passed over,
so that a corrected report can be given again. UTF-8 or GB 18030.

Lines with one order number are one purchase (or one refund): where one of them is refused, all are.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from points.services.grant_file import (
    ColumnMissing,
    ColumnUnknown,
    CsvBroken,
    FileNotReadable,
    FileTooLarge,
    TooManyLines,
)

MOST_BYTES = 200 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_NAME = 64
CLOCKS_DIFFER = timedelta(minutes=5)

COLUMNS = {
    "member": "member",
    "order_number": "order_number",
    "paid_at": "paid_at",
    "category": "category",
    "amount": "amount",
    "refund_of": "refund_of",
    "line": None,
    "problem": None,
    "会员": "member",
    "订单号": "order_number",
    "付款时间": "paid_at",
    "分类": "category",
    "金额": "amount",
    "退款订单": "refund_of",
    "行号": None,
    "问题": None,
}
REQUIRED = ("member", "order_number", "paid_at", "amount")
FIELDS = ("member", "order_number", "paid_at", "category", "amount", "refund_of")
AMOUNT = re.compile(r"(\d{1,11})(?:\.(\d{1,2})0*)?", re.ASCII)


class NotText(FileNotReadable):
    message = gettext_lazy("The file is neither UTF-8 nor GBK text. Save it as “CSV UTF-8”.")


class NoPurchases(FileNotReadable):
    message = gettext_lazy("The file has no lines.")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken, as it was typed (``FIELDS``), and why."""

    number: int
    typed: tuple[str, ...]
    problem: str

    def as_dict(self):
        return {"line": self.number, **dict(zip(FIELDS, self.typed, strict=True)), "problem": self.problem}


@dataclass(frozen=True, slots=True)
class Line:
    """A line by itself in order; ``typed`` as in ``Refused``."""

    number: int
    typed: tuple[str, ...]
    member: str
    order_number: str
    paid_at: datetime
    category: str
    fen: int
    refund_of: str

    def refused(self, problem):
        return Refused(self.number, self.typed, problem)


@dataclass(frozen=True, slots=True)
class Order:
    """Lines that belong together: a purchase, or a refund of the purchase ``refund_of``."""

    lines: tuple[Line, ...]

    @property
    def member(self):
        return self.lines[0].member

    @property
    def number(self):
        return self.lines[0].order_number

    @property
    def paid_at(self):
        return self.lines[0].paid_at

    @property
    def refund_of(self):
        return self.lines[0].refund_of

    @property
    def place(self):
        """Where it stands in the history: by time, what is paid before what is given back, then as in the file."""
        return self.paid_at, bool(self.refund_of), self.lines[0].number

    def by_category(self):
        """``{category: fen}``."""
        sums = {}
        for line in self.lines:
            sums[line.category] = sums.get(line.category, 0) + line.fen
        return sums

    def refused(self, problem):
        return [line.refused(problem) for line in self.lines]


@dataclass(frozen=True, slots=True)
class Content:
    """A file: its ``orders`` in order of time, the lines that were ``refused``, how many lines there are."""

    orders: list[Order]
    refused: list[Refused]
    lines: int


def read(content, *, at, progress=None):
    """The ``Content`` of the bytes of a file; raises ``FileNotReadable``. ``progress`` is called with lines read."""
    good, refused = {}, []
    broken = {}  # an order of which a line was refused, and which line
    count = 0
    for count, (number, values, fits) in enumerate(_rows(content), 1):
        line = _line(number, values, fits, at)
        if isinstance(line, Refused):
            refused.append(line)
            broken.setdefault((values.get("order_number", ""), values.get("refund_of", "")), number)
        else:
            good.setdefault((line.order_number, line.refund_of), []).append(line)
        if progress and count % 1000 == 0:
            progress(count)
    if not count:
        raise NoPurchases
    orders = []
    for name, lines in good.items():
        order = Order(tuple(lines))
        problem = _problem_of_order(order, broken.get(name))
        if problem:
            refused += order.refused(problem)
        else:
            orders.append(order)
    orders.sort(key=lambda order: order.place)
    return Content(orders, refused, count)


def _problem_of_order(order, broken_line):
    if broken_line is not None:
        return _("Line %(line)s of the same order is refused.") % {"line": broken_line}
    first = order.lines[0]
    for line in order.lines:
        if line.member != first.member:
            return _("Line %(line)s gives the same order to another member.") % {"line": first.number}
        if line.paid_at != first.paid_at:
            return _("Line %(line)s gives the same order another time.") % {"line": first.number}
    if not sum(line.fen for line in order.lines):
        return _("The order comes to nothing.")
    return None


def _rows(content):
    """``(line number, {column: text}, whether it has as many fields as the first)``."""
    if len(content) > MOST_BYTES:
        raise FileTooLarge(most=MOST_BYTES // 1024 // 1024)
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(next(reader, []))
        count = 0
        begins = reader.line_num + 1
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_LINES:
                raise TooManyLines(most=f"{MOST_LINES:,}")
            values = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column is not None}
            yield number, values, len(cells) == len(columns)
    except csv.Error as error:
        raise CsvBroken(line=reader.line_num) from error


def _decoded(content):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotText


def _columns(header):
    columns = []
    for cell in header:
        name = cell.strip().lower()
        if name not in COLUMNS or (COLUMNS[name] and COLUMNS[name] in columns):
            raise ColumnUnknown(column=cell.strip()[:40])
        columns.append(COLUMNS[name])
    for column in REQUIRED:
        if column not in columns:
            raise ColumnMissing(column=column)
    return columns


def _line(number, values, fits, at):
    typed = tuple(values.get(field, "") for field in FIELDS)
    paid_at, fen = _moment(values.get("paid_at", "")), _fen(values.get("amount", ""))
    problem = _problem(values, fits, paid_at, fen, at)
    if problem:
        return Refused(number, tuple(text[:100] for text in typed), problem)
    member, order_number, _paid_at, category, _amount, refund_of = typed
    return Line(number, typed, member, order_number, paid_at, category, fen, refund_of)


def _problem(values, fits, paid_at, fen, at):
    if not fits:
        return _("The line has not as many fields as the first line.")
    for field, what in (("member", _("member")), ("order_number", _("order number"))):
        if not values[field]:
            return _("There is no %(what)s.") % {"what": what}
    for field in ("member", "order_number", "category", "refund_of"):
        if len(values.get(field, "")) > MOST_NAME:
            return _("“%(text)s …” is longer than %(most)s characters.") % {
                "text": values[field][:20],
                "most": MOST_NAME,
            }
    if paid_at is None:
        return _("“%(text)s” is not a time as 2026-11-20T18:30:00.") % {"text": values["paid_at"][:40]}
    if paid_at > at + CLOCKS_DIFFER:
        return _("The time of payment lies in the future.")
    if fen is None:
        return _("The amount is yuan with at most two decimals, this is “%(text)s”.") % {"text": values["amount"][:20]}
    if not fen and values.get("refund_of"):
        return _("A refund is more than 0.")
    return None


def _moment(text):
    try:
        moment = datetime.fromisoformat(text)
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        return moment if moment.year >= 2000 else None
    except (ValueError, OverflowError):
        return None


def _fen(text):
    """``"88"``, ``"88.5"`` and ``"88.50"`` yuan as fen, None for anything else."""
    found = AMOUNT.fullmatch(text)
    return found and int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
