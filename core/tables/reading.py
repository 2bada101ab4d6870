"""Reading an uploaded file line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from core.tables.book import MOST_COLUMNS, WorkbookSheet
from core.tables.cells import clean, is_odd, is_short, is_thousand, plain, problem_of
from core.tables.columns import MOST_NAMED, Column, Columns
from core.tables.errors import FileEmpty, FileTooLarge, LineWrong, OldWorkbook, TooManyColumns, TooManyLines
from core.tables.text import TextSheet

ZIP = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


@dataclass(slots=True)
class Row:
    """A line: its ``number`` in the file, ``values`` by the names of the columns (``""`` where there is none), and
    what is wrong with it already, in a sentence, or None."""

    number: int
    values: dict[str, str]
    problem: str | None


class Table:
    """The lines below the headings of a file's bytes; going through it twice begins anew. Empty lines are left out.

    Raises ``FileNotReadable``: at once for problems of the bytes and the headings, else on reaching the line.
    ``leave_out`` are unknown headings to ignore. ``note`` says which part of the file is not read, or is empty.
    """

    def __init__(
        self, content: bytes, columns: Columns, *, most_bytes: int, most_lines: int, leave_out: Iterable[str] = ()
    ) -> None:
        self._sheet = _sheet(content, most_bytes)
        self._most_lines = most_lines
        self._head, headings = next(self._filled_lines(), (0, []))
        if len(headings) > MOST_COLUMNS:
            raise TooManyColumns(most=MOST_COLUMNS)
        found, self._nameless, unknown = columns.find(headings, leave_out)
        self._places = [(place, column, clean(headings[place])) for place, column in found.items()]
        self._empty = {column.name: "" for column in columns.all if column.is_read}
        self._required = [(column.name, heading) for _, column, heading in self._places if column.must_be_filled]
        self._width = len(headings)
        self._doubtful: dict[int, bool] = {}
        self.note = _note(unknown, self._sheet.name)

    def __iter__(self) -> Iterator[Row]:
        count = 0
        for number, cells in self._filled_lines():
            if number == self._head:
                continue
            count += 1
            if count > self._most_lines:
                raise TooManyLines(most=f"{self._most_lines:,}")
            yield self._row(number, cells)
        if not count:
            raise FileEmpty

    def _filled_lines(self) -> Iterator[tuple[int, list[str]]]:
        return ((number, cells) for number, cells in self._sheet if "".join(cells).strip())

    def _row(self, number: int, cells: list[str]) -> Row:
        values, problem, width = self._empty.copy(), None, len(cells)
        for place, column, heading in self._places:
            cell = cells[place] if place < width else ""
            values[column.name] = text = clean(cell)
            if not problem and is_odd(text, column):
                problem = problem_of(cell, text, column, partial(self._is_doubtful, place))
                problem = problem and _in_column(heading, problem)
            if not problem and column.is_number and self._sheet.has_decimal_commas and is_thousand(text):
                why = _("The comma in “%(text)s” may be of thousands or of decimals. Write it as 1200 or as 1.2.")
                problem = _in_column(heading, why % {"text": text[:20]})
        for name, heading in self._required:
            if not values[name] and not problem:
                problem = _in_column(heading, _("The cell is empty."))
        return Row(number, values, self._beside(cells) or problem)

    def _beside(self, cells: list[str]) -> str | None:
        """The problem of a cell without a heading; usually an unquoted comma in a text."""
        for place in [*self._nameless, *range(self._width, len(cells))]:
            if text := clean(cells[place]) if place < len(cells) else "":
                why = _("“%(text)s” stands in column %(letter)s, which has no heading. Is a quotation mark missing?")
                return why % {"text": text[:20], "letter": get_column_letter(place + 1)}
        return None

    def _is_doubtful(self, place: int) -> bool:
        """Whether text cells of a column may have been numbers before: in a workbook, if the column has a shortened
        number. Determined once. In a CSV file only a person marks a cell as text."""
        if place not in self._doubtful:
            texts = (cells[place] for _number, cells in self._sheet if place < len(cells))
            self._doubtful[place] = self._sheet.marks_texts and any(map(is_short, texts))
        return self._doubtful[place]


def first_column(content: bytes, column: Column, *, most_bytes: int, most_lines: int) -> list[str]:
    """The texts of a file's first column, whose heading may be there or not. Raises ``FileNotReadable``; ``LineWrong``
    for a cell that is damaged."""
    found: list[str] = []
    for number, cells in _sheet(content, most_bytes):
        cell = cells[0] if cells else ""
        text = clean(cell)
        if not text or (not found and column.is_called(text)):
            continue
        if is_odd(text, column) and (problem := problem_of(cell, text, column, lambda: False)):
            raise LineWrong(line=number, problem=problem)
        if len(found) == most_lines:
            raise TooManyLines(most=f"{most_lines:,}")
        found.append(text)
    return found


def rows(content: bytes, *, most_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """``(line number, texts)`` of all lines of a file, unchanged and with the heading line as any other. Raises
    ``FileNotReadable``."""
    return ((number, [plain(cell) for cell in cells]) for number, cells in _sheet(content, most_bytes))


def about_lines(content: bytes) -> int:
    """How many lines a file has, as far as that is seen at once: for a progress bar."""
    return len(content) // 20 if content.startswith(ZIP) else content.count(b"\n")


def _sheet(content: bytes, most_bytes: int) -> WorkbookSheet | TextSheet:
    if len(content) > most_bytes:
        raise FileTooLarge(most=most_bytes >> 20)
    if content.startswith(OLD_WORKBOOK):
        raise OldWorkbook
    return WorkbookSheet(content, most_bytes) if content.startswith(ZIP) else TextSheet(content)


def _in_column(heading: str, problem: str) -> str:
    return _("Column “%(column)s”: %(problem)s") % {"column": heading[:40], "problem": problem}


def _note(unknown: list[str], sheet: str | None) -> str:
    notes = []
    if sheet:
        notes.append(_("Only the sheet “%(sheet)s” is read.") % {"sheet": sheet})
    if unknown:
        notes.append(_("Columns that are not read: %(columns)s.") % {"columns": ", ".join(unknown[:MOST_NAMED])})
    return " ".join(notes)
