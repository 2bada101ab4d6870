"""A table as an XLSX workbook, read by openpyxl row by row, after a check that its parts are no larger than they
claim."""

import copy
import io
import math
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.datetime import WINDOWS_EPOCH
from openpyxl.worksheet._reader import CELL_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG
from openpyxl.xml.functions import iterparse

from core.tables.cells import EXACT_DIGITS, clean, is_long, is_marked, is_taken
from core.tables.errors import FormulaNotComputed, OtherDates, WorkbookBroken

MOST_COLUMNS = 100
MOST_ROWS = 1 << 20  # as many as a workbook can have
MOST_PARTS = 2000
UNPACKED = 12  # times the allowed file size; shared strings, which stay in memory, may have a third of that
LEAST_UNPACKED = 24 << 20
CHUNK = 1 << 16
SHARED = "sharedstrings.xml"
FORMULA, ASKS = "formula", "asks to compute all that opens it"
SIGNS = {FORMULA: re.compile(rb"<(?:[\w.-]+:)?f[\s/>]"), ASKS: re.compile(rb"""fullCalcOnLoad=["'](?:1|true)""")}
LONGEST_SIGN = 64
COMPUTED = "str"  # the type of a formula cell whose result is a text, perhaps an empty one

# openpyxl warns about what it does not support (pictures, extensions); no cell is lost by that.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


class WorkbookSheet:
    """The first visible sheet of a workbook: going through it yields ``(row number, cells as a CSV file has them)``,
    each time from the beginning. ``name`` is the sheet's name if there are other visible sheets, which are not read.
    Raises ``WorkbookBroken``, ``OtherDates``, ``FormulaNotComputed``."""

    has_decimal_commas = False
    marks_texts = True

    def __init__(self, content: bytes, most_bytes: int) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                signs = _check_size(archive, most_bytes)
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            self._sheet = visible[0]
            uncomputed = _uncomputed(self._sheet, signs) if FORMULA in signs else None
        except WorkbookBroken:
            raise
        except Exception as error:  # any error means that the file cannot be read
            raise WorkbookBroken from error
        if book.epoch != WINDOWS_EPOCH:
            raise OtherDates
        if uncomputed:
            raise FormulaNotComputed(cell=uncomputed)
        self.name = self._sheet.title if len(visible) > 1 else None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS + 1, values_only=True)
        try:
            for number, row in enumerate(rows, 1):
                yield number, _cells(row)
        except Exception as error:  # as above
            raise WorkbookBroken from error


def _uncomputed(sheet: Any, signs: set[str]) -> str | None:
    """The name of the first cell whose formula was not computed, or None. openpyxl reads it as an empty cell; programs
    that write a 0 there ask for a full calculation when the workbook is opened."""
    with sheet._get_source() as source:
        for _event, element in iterparse(source):
            if element.tag == CELL_TAG and element.find(FORMULA_TAG) is not None:
                is_empty = not element.findtext(VALUE_TAG) and element.get("t") != COMPUTED
                if ASKS in signs or is_empty:
                    return str(element.get("r", "?"))
            if element.tag == ROW_TAG:
                element.clear()
    return None


def _check_size(archive: zipfile.ZipFile, most_bytes: int) -> set[str]:
    """Unpack every part once and keep nothing, because the stated sizes may be lies. Returns which of ``SIGNS`` were
    found."""
    signs: set[str] = set()
    parts = archive.infolist()
    left = {part: max(most_bytes * UNPACKED, LEAST_UNPACKED) for part in ("all", SHARED)}
    left[SHARED] //= 3
    if len(parts) > MOST_PARTS:
        raise WorkbookBroken
    for part in parts:
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise WorkbookBroken
        asked = copy.copy(part)
        asked.file_size = sys.maxsize
        unpacked, seen = 0, b""
        with archive.open(asked) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                seen = seen[-LONGEST_SIGN:] + chunk
                signs |= {sign for sign, pattern in SIGNS.items() if sign not in signs and pattern.search(seen)}
                left["all"] -= len(chunk)
                if left["all"] < 0 or (part.filename.lower().endswith(SHARED) and unpacked > left[SHARED]):
                    raise WorkbookBroken
        if unpacked != part.file_size:
            raise WorkbookBroken
    return signs


def _cells(row: Sequence[object]) -> list[str]:
    width = len(row)
    while width and row[width - 1] is None:
        width -= 1
    return [_text(value) for value in row[:width]]


def _text(value: object) -> str:
    """The cell as a CSV file would have it. A text that looks like a number or a date is marked as text; a number with
    more digits than a spreadsheet keeps is shortened."""
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if _is_own_text(value) else value
        case bool():
            return str(value).upper()
        case int() | float():
            return _number(value)
        case datetime():
            return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


def _is_own_text(value: str) -> bool:
    text = clean(value)
    return (is_long(text) or is_taken(text)) and not is_marked(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "#NUM!"
    return f"{value:.5E}" if abs(value) >= 10**EXACT_DIGITS else f"{Decimal(f'{value:.{EXACT_DIGITS}g}'):f}"
