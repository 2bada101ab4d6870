"""A table as text: which encoding, which delimiter, and its lines."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from core.tables.errors import CsvBroken, NotText

DELIMITERS = ",;\t"
CHUNK = 1 << 20
SAMPLE = 1 << 12
_SEP = re.compile(r'"?sep=(\t|[^"\s])"?\s*', re.IGNORECASE)


class TextSheet:
    """The lines of a CSV file: going through it yields ``(line number, cells as they stand)``, each time from the
    beginning. A line whose cells have line breaks gets the number of its last line. Raises ``NotText``,
    ``CsvBroken``."""

    name = None  # a workbook's sheet has one
    marks_texts = False

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._encoding = _encoding(content)
        marked = _SEP.fullmatch(next(self._open(), ""))
        self._begin = 1 if marked else 0
        self._delimiter = marked[1] if marked else max(DELIMITERS, key=self._width)

    @property
    def has_decimal_commas(self) -> bool:
        """Whether a comma may be a decimal point: spreadsheets then use semicolons as delimiters."""
        return self._delimiter == ";"

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = self._open()
        for _passed in range(self._begin):
            next(lines)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                yield reader.line_num + self._begin, cells
        except csv.Error as error:
            raise CsvBroken(line=reader.line_num + self._begin) from error

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(self._content), encoding=self._encoding, newline="")

    def _width(self, delimiter: str) -> int:
        """Into how many cells a delimiter splits the first line that is not empty."""
        try:
            return next((len(row) for row in csv.reader(self._open(), delimiter=delimiter) if any(row)), 0)
        except csv.Error:
            return 0


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = _unmarked_utf_16(content[:SAMPLE]) or ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        if _reads(content, encoding):
            return encoding
    raise NotText


def _unmarked_utf_16(sample: bytes) -> list[str]:
    """In UTF-16 every comma, digit and line end has a zero byte, always on the same side."""
    empty = {"utf-16-be": sample[::2].count(0), "utf-16-le": sample[1::2].count(0)}
    return [encoding for encoding, count in empty.items() if count * 16 > len(sample)]


def _reads(content: bytes, encoding: str) -> bool:
    """Whether all of it decodes in that encoding; in pieces, so that a large file is not held twice in memory."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for begin in range(0, len(content), CHUNK):
            if "\0" in decoder.decode(content[begin : begin + CHUNK]):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
