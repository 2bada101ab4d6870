"""A file of purchases and refunds, read and judged line by line; nothing is written here (C1).

``refund_of`` is empty, or the order that the line gives back. ``line`` and ``problem``, which the report of refused
lines adds, are passed over, so that a corrected report can be given again.

Lines with one order number are one purchase (or one refund): where one of them is refused, all are. A category may be
told by its code or by its name; one that nobody knows earns what goods of no category earn, and is named.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core import tables
from points.earning.queries.categories import Categories
from points.purchases.services.purchase_age import too_old

MOST_BYTES = 200 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_NAME = 64
CLOCKS_DIFFER = timedelta(minutes=5)

COLUMNS = tables.Columns(
    tables.Column("member", "会员", ("手机号",), is_code=True, most=MOST_NAME, is_required=True),
    tables.Column("order_number", "订单号", ("订单编号",), is_code=True, most=MOST_NAME, is_required=True),
    tables.Column("paid_at", "付款时间", ("支付时间",), is_required=True),
    tables.Column("category", "分类", is_code=True, most=MOST_NAME),
    tables.Column("amount", "金额", is_number=True, is_required=True),
    tables.Column(
        "refund_of",
        "退款订单",
        ("退款订单号", "原订单", "原订单号", "原订单编号", "original_order", "original_order_number"),
        is_code=True,
        most=MOST_NAME,
    ),
    tables.Column("name", "姓名", ("会员姓名", "昵称"), is_read=False),
    tables.Column("goods", "商品", ("商品名称",), is_read=False),
    tables.Column("note", "备注", is_read=False),
    tables.Column("line", "行号", is_read=False),
    tables.Column("problem", "问题", is_read=False),
    is_strict=True,
)
FIELDS = ("member", "order_number", "paid_at", "category", "amount", "refund_of")
REPORT = ("line", *FIELDS, "problem")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken, as it was typed (``FIELDS``), and why."""

    number: int
    typed: tuple[str, ...]
    problem: str

    def as_list(self):
        return [self.number, *self.typed, self.problem]

    def as_dict(self):
        return dict(zip(REPORT, self.as_list(), strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """A line by itself in order; ``typed`` as in ``Refused``, ``category`` is a code where somebody knows it."""

    number: int
    typed: tuple[str, ...]
    member: str
    order_number: str
    paid_at: datetime
    category: str
    fen: int
    refund_of: str

    @property
    def typed_category(self):
        return self.typed[FIELDS.index("category")]

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

    def by_category(self, recorded):
        """``{category: fen}`` of a refund, as the purchase has ``recorded`` its categories: perhaps as typed, when
        nobody knew the name yet."""
        sums = Counter()
        for line in self.lines:
            is_as_typed = line.category not in recorded and line.typed_category in recorded
            sums[line.typed_category if is_as_typed else line.category] += line.fen
        return sums

    def refused(self, problem):
        return [line.refused(problem) for line in self.lines]


@dataclass(frozen=True, slots=True)
class Content:
    """A file: its ``orders`` in order of time, the lines that were ``refused``, how many lines there are, a ``note``
    about what was not read, and in how many lines stand ``unknown_categories``, the most frequent first."""

    orders: list[Order]
    refused: list[Refused]
    lines: int
    note: str
    unknown_categories: dict[str, int]


def read(content, *, at, leave_out=(), progress=None):
    """The ``Content`` of a file's bytes; ``leave_out`` as in ``tables.Table``, ``progress`` is called with lines read.
    Raises ``tables.FileNotReadable``."""
    table = tables.Table(content, COLUMNS, most_bytes=MOST_BYTES, most_lines=MOST_LINES, leave_out=leave_out)
    categories, unknown = Categories(), Counter()
    good, refused = {}, []
    broken = {}  # an order of which a line was refused, and which line
    count = 0
    for count, row in enumerate(table, 1):
        line = _line(row, categories, unknown, at)
        if isinstance(line, Refused):
            refused.append(line)
            broken.setdefault((row.values["order_number"], row.values["refund_of"]), row.number)
        else:
            good.setdefault((line.order_number, line.refund_of), []).append(line)
        if progress and count % 1000 == 0:
            progress(count)
    orders = []
    for name, lines in good.items():
        order = Order(tuple(lines))
        problem = _problem_of_order(order, broken.get(name))
        if problem:
            refused += order.refused(problem)
        else:
            orders.append(order)
    orders.sort(key=lambda order: order.place)
    return Content(orders, refused, count, table.note, dict(unknown.most_common()))


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


def _line(row, categories, unknown, at):
    values = row.values
    typed = member, order_number, paid_at, category, amount, refund_of = [values[field] for field in FIELDS]
    moment, fen = tables.moment(paid_at), tables.fen(amount)
    if problem := row.problem or _problem(values, moment, fen, at):
        return Refused(row.number, tuple(text[:100] for text in typed), problem)
    code = categories.code_of(category)
    if code is None:
        unknown[category] += 1
        code = category
    return Line(row.number, tuple(typed), member, order_number, moment, code, fen, refund_of)


def _problem(values, paid_at, fen, at):
    if paid_at is None:
        return _("“%(text)s” is not a time as 2026-11-20T18:30:00.") % {"text": values["paid_at"][:40]}
    if paid_at > at + CLOCKS_DIFFER:
        return _("The time of payment lies in the future.")
    if refusal := too_old(paid_at, at=at):
        return str(refusal)
    if fen is None:
        return _("The amount is yuan with at most two decimals, this is “%(text)s”.") % {"text": values["amount"][:20]}
    if not fen and values["refund_of"]:
        return _("A refund is more than 0.")
    return None
