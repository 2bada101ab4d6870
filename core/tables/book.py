"""A table as an XLSX workbook, read by openpyxl row by row, and only when it is as large as it says."""

import copy
import io
import sys
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from openpyxl import load_workbook
from openpyxl.utils.datetime import WINDOWS_EPOCH

from core.tables.cells import is_long
from core.tables.errors import OtherDates, WorkbookBroken

MOST_COLUMNS = 100
MOST_ROWS = 1 << 20  # as many as a workbook can have
MOST_PARTS = 2000
UNPACKED = 12  # times the size that the file may have; texts that are shared, which are kept, a third of that
LEAST_UNPACKED = 24 << 20
CHUNK = 1 << 16
SHARED = "sharedstrings.xml"

# It says what it does not support (pictures, extensions); no cell is lost by that.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


class WorkbookSheet:
    """The first visible sheet of a workbook: going through it yields ``(row number, cells as a CSV file has them)``,
    each time from the beginning. ``name`` is the sheet's where others are hidden by reading this one. Raises
    ``WorkbookBroken``, ``OtherDates``."""

    def __init__(self, content, most_bytes):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _check_size(archive, most_bytes)
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            self._sheet = visible[0]
        except WorkbookBroken:
            raise
        except Exception as error:  # whatever it stumbles over, the file is not one that can be read
            raise WorkbookBroken from error
        if book.epoch != WINDOWS_EPOCH:
            raise OtherDates
        self.name = self._sheet.title if len(visible) > 1 else None

    def __iter__(self):
        rows = self._sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS + 1, values_only=True)
        try:
            for number, row in enumerate(rows, 1):
                yield number, _cells(row)
        except Exception as error:  # as above
            raise WorkbookBroken from error


def _check_size(archive, most_bytes):
    """Unpack every part once and keep nothing: what it says about its size may be a lie."""
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
        unpacked = 0
        with archive.open(asked) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                left["all"] -= len(chunk)
                if left["all"] < 0 or (part.filename.lower().endswith(SHARED) and unpacked > left[SHARED]):
                    raise WorkbookBroken
        if unpacked != part.file_size:
            raise WorkbookBroken


def _cells(row):
    width = len(row)
    while width and row[width - 1] is None:
        width -= 1
    return [_text(value) for value in row[:width]]


def _text(value):
    """As a CSV file would have it; a text of many digits is marked as one."""
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if is_long(value.strip()) else value
        case bool():
            return str(value).upper()
        case float():
            return f"{Decimal(f'{value:.15g}'):f}"
        case datetime():
            return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
        case date() | time():
            return value.isoformat()
    return str(value)
