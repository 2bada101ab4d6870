"""Files to download. Texts stay as they are: no spreadsheet turns them into formulas or numbers."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from core.tables.cells import looks_rounded

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDTH = 20  # of a column, in letters

_FORMULA = tuple("=+-@'\t\r\n＝＋－＠")
_DIGITS = re.compile(r"\d{12,}|0\d+", re.ASCII)  # shown as 2.02611E+15, or without its zeros
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_UNWRITABLE_IN_BOOK = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BREAK = re.compile(r"\r\n?")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]], *, as_typed: bool = False) -> None:
    """A CSV file in UTF-8 with its mark, as spreadsheets like it. Numbers are written bare, None as nothing.

    ``as_typed``: texts come from an uploaded file, as in a report of refused lines. Digits that look damaged are then
    not marked as text, since the mark would say that they are right.
    """
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        _write(file, headings, rows, as_typed)


def workbook(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The bytes of an XLSX file. Texts are text cells, even if they are digits; empty cells are formatted as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for place in range(len(headings)):
        sheet.column_dimensions[get_column_letter(place + 1)].width = WIDTH
    for row in chain([headings], rows):
        sheet.append([_book_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def download(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[object]], kind: str = CSV, *, as_typed: bool = False
) -> HttpResponse:
    """The table as a download called ``name`` with the extension of its ``kind``. ``as_typed`` as in ``write_csv``."""
    if kind == XLSX:
        content = workbook(headings, rows)
    else:
        file = io.StringIO(newline="")
        _write(file, headings, rows, as_typed)
        content = file.getvalue().encode("utf-8-sig")
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.{kind}")
    return HttpResponse(content, content_type=TYPES[kind], headers={"Content-Disposition": disposition})


def _write(file: TextIO, headings: Sequence[str], rows: Iterable[Sequence[object]], as_typed: bool) -> None:
    writer = csv.writer(file)
    writer.writerows([_csv_cell(value, as_typed) for value in row] for row in chain([headings], rows))


def _csv_cell(value: object, as_typed: bool) -> object:
    if not isinstance(value, str):
        return value
    text = _UNWRITABLE.sub(UNKNOWN, value)
    is_number = _DIGITS.fullmatch(text) and not (as_typed and looks_rounded(text))
    return f"'{text}" if is_number or text.lstrip(" ").startswith(_FORMULA) else text


def _book_cell(sheet: Any, value: object) -> object:
    if not isinstance(value, str | None):
        return value
    cell = WriteOnlyCell(sheet)
    cell.number_format = "@"
    if value:
        text = _UNWRITABLE_IN_BOOK.sub(UNKNOWN, _BREAK.sub("\n", value))
        cell.value = f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
        cell.data_type = "s"
    return cell
