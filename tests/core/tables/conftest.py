"""A kind of table to read, and files as people and spreadsheets write them."""

import io

import pytest
from openpyxl import Workbook

from core import tables

COLUMNS = tables.Columns(
    tables.Column("order_number", "订单号", ("单号",), is_code=True, most=32, is_required=True),
    tables.Column("amount", "金额", is_number=True, is_required=True, may_be_empty=True),
    tables.Column("refund_of", "退款订单", is_code=True),
    tables.Column("problem", "问题", is_read=False),
)
HEADINGS = ("order_number", "amount", "refund_of")


@pytest.fixture
def table():
    """The table of a file's bytes or text."""

    def table(content, columns=COLUMNS, *, most_bytes=1 << 20, most_lines=1000, **options):
        content = content.encode() if isinstance(content, str) else content
        return tables.Table(content, columns, most_bytes=most_bytes, most_lines=most_lines, **options)

    return table


@pytest.fixture
def lines(table):
    """``[(number, values in order, problem)]`` of it."""

    def lines(content, **limits):
        rows = list(table(content, **limits))
        return [(row.number, tuple(row.values[name] for name in HEADINGS), row.problem) for row in rows]

    return lines


def xlsx(*rows, title="Sheet1"):
    """A workbook as a spreadsheet would save it: numbers and dates are cells of their own kind."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
