"""A table as an XLSX workbook, read by openpyxl row by row, and only when it is as large as it says."""

import copy
import io
import math
import re
import sys
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import WINDOWS_EPOCH

from core.tables.cells import EXACT_DIGITS, clean, is_long, is_marked, is_taken
from core.tables.errors import FormulaNotComputed, OtherDates, WorkbookBroken

MOST_COLUMNS = 100
MOST_ROWS = 1 << 20  # as many as a workbook can have
MOST_PARTS = 2000
UNPACKED = 12  # times the size that the file may have; texts that are shared, which are kept, a third of that
LEAST_UNPACKED = 24 << 20
CHUNK = 1 << 16
SHARED = "sharedstrings.xml"
FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
LONGEST_TAG = 64  # of a formula, up to where it is seen to be one
COMPUTED = "str"  # the kind of a formula's cell that came to a text, perhaps to an empty one

# It says what it does not support (pictures, extensions); no cell is lost by that.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


class WorkbookSheet:
    """The first visible sheet of a workbook: going through it yields ``(row number, cells as a CSV file has them)``,
    each time from the beginning. ``name`` is the sheet's where others are hidden by reading this one. Raises
    ``WorkbookBroken``, ``OtherDates``, ``FormulaNotComputed``."""

    has_decimal_commas = False
    marks_texts = True

    def __init__(self, content, most_bytes):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                has_formulas = _check_size(archive, most_bytes)
            book, self._sheet, self.name = _opened(content, data_only=True)
            self._formulas = _opened(content, data_only=False)[1] if has_formulas else None
        except WorkbookBroken:
            raise
        except Exception as error:  # whatever it stumbles over, the file is not one that can be read
            raise WorkbookBroken from error
        if book.epoch != WINDOWS_EPOCH:
            raise OtherDates

    def __iter__(self):
        try:
            for number, row in enumerate(self._rows(), 1):
                yield number, _cells(row)
        except FormulaNotComputed:
            raise
        except Exception as error:  # as above
            raise WorkbookBroken from error

    def _rows(self):
        if self._formulas is None:
            yield from _all_rows(self._sheet, values_only=True)
            return
        rows = zip(_all_rows(self._sheet), _all_rows(self._formulas), strict=True)
        for number, (values, formulas) in enumerate(rows, 1):
            for place, (cell, behind) in enumerate(zip(values, formulas, strict=True), 1):
                if behind.data_type == "f" and cell.value is None and cell.data_type != COMPUTED:
                    raise FormulaNotComputed(line=number, letter=get_column_letter(place))
            yield [cell.value for cell in values]


def _opened(content, *, data_only):
    """``(workbook, its first visible sheet, the sheet's name where it is not the only one)``."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False)
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return book, visible[0], visible[0].title if len(visible) > 1 else None


def _all_rows(sheet, **options):
    return sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS + 1, **options)


def _check_size(archive, most_bytes):
    """Unpack every part once and keep nothing: what it says about its size may be a lie. Whether there are formulas."""
    has_formulas = False
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
                seen = seen[-LONGEST_TAG:] + chunk
                has_formulas = has_formulas or bool(FORMULA.search(seen))
                left["all"] -= len(chunk)
                if left["all"] < 0 or (part.filename.lower().endswith(SHARED) and unpacked > left[SHARED]):
                    raise WorkbookBroken
        if unpacked != part.file_size:
            raise WorkbookBroken
    return has_formulas


def _cells(row):
    width = len(row)
    while width and row[width - 1] is None:
        width -= 1
    return [_text(value) for value in row[:width]]


def _text(value):
    """As a CSV file would have it. A text that could be a number or a date by its looks is marked as text; a number of
    more digits than a spreadsheet keeps is cut short."""
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


def _is_own_text(value):
    text = clean(value)
    return (is_long(text) or is_taken(text)) and not is_marked(value)


def _number(value):
    if not math.isfinite(value):
        return "#NUM!"
    return f"{value:.5E}" if abs(value) >= 10**EXACT_DIGITS else f"{Decimal(f'{value:.{EXACT_DIGITS}g}'):f}"
