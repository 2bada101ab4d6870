"""Cell contents: as people and spreadsheets write them, and what they mean."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from core import texts

if TYPE_CHECKING:
    from core.tables.columns import Column

EXACT_DIGITS = 15  # of a number; a spreadsheet makes zeros of the rest

_MARKS = frozenset("'=")
_AS_FORMULA = re.compile(r'="((?:[^"]|"")*)"')

_LONG = re.compile(rf"[+-]?\d{{{EXACT_DIGITS + 1},}}", re.ASCII)
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)")
_SURE = re.compile(rf"\d{{0,{EXACT_DIGITS}}}|(?!TRUE$|FALSE$)[A-Za-z_]\w*", re.ASCII)  # that nothing damaged it
# A long number in scientific notation, as spreadsheets show and save it: 2.02611E+15, 2,02611×10^15.
_SHORT = re.compile(
    r"[+-]?\d+(?:(?:[.,]\d+)?\s*(?:e\s*\+|[x×*·]\s*10\s*\^\s*[+-]?|×\s*10[+-]?)|[.,]\d+\s*e\s*-?)\s*\d{1,3}",
    re.ASCII | re.IGNORECASE,
)
# What spreadsheets turn texts into that look like a number, a date, a time or a boolean.
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TAKEN = re.compile(
    r"[+-]?(?:\d+[.,]\d+|\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3}(?:\.\d{3}){3,}(?:,\d+)?)"
    r"|\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[ T].*)?|\d{4}年\d{1,2}月.*|\d{1,2}月\d{1,2}日|\d{1,2}/\d{1,2}/\d{2,4}(?: .*)?"
    rf"|\d{{1,2}}-{_MONTH}(?:-\d{{2,4}})?|{_MONTH}-\d{{2}}"
    r"|\d+:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?"
    r"|TRUE|FALSE",
    re.ASCII,
)

# 1.500 is one and a half in some countries and one thousand five hundred in others.
_UNCLEAR = r"(?![1-9]\d{0,2}\.\d{3}(?!\d))"
_THOUSAND = re.compile(r"¥?\s*[1-9]\d{0,2},\d{3}\s*元?", re.ASCII)
_WHOLE = re.compile(rf"{_UNCLEAR}(\d{{1,18}}|\d{{1,3}}(?:,\d{{3}}){{1,5}})(?:\.0+)?", re.ASCII)
_YUAN = re.compile(rf"¥?\s*{_UNCLEAR}(\d{{1,11}}|\d{{1,3}}(?:,\d{{3}}){{1,3}})(?:\.(\d{{1,2}})0*)?\s*元?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})(?P<sign>[-/.年])(\d{1,2})(?:(?P=sign)|月)(\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})[:时点](\d{1,2})(?:[:分](?:(\d{1,2})(?:\.\d+)?秒?)?)?)?",
    re.ASCII,
)
_DAYS = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - ``moment`` gives it the shop's zone


def plain(cell: str) -> str:
    """The text of a cell without the signs that mark it as text: ``'=A1`` and ``="123"``."""
    if cell.startswith("'"):
        return cell[1:]
    marked = _AS_FORMULA.fullmatch(cell)
    return marked[1].replace('""', '"') if marked else cell


def is_marked(cell: str) -> bool:
    """Whether the cell is marked as text, so that no spreadsheet has converted it to a number."""
    return plain(cell.strip()) != cell.strip()


def clean(cell: str) -> str:
    """The meaning of a cell: ``plain``, and cleaned like input of forms."""
    text = cell.strip()
    if text.isascii() and text.isprintable() and text[:1] not in _MARKS:
        return text
    return plain(texts.plain(text)).strip()


# Damage


def is_odd(text: str, column: "Column") -> bool:
    """A quick test whether ``problem_of`` must look at a text; few need it."""
    return len(text) > column.most or text[:1] == "#" or (column.is_code and not _SURE.fullmatch(text))


def problem_of(cell: str, text: str, column: "Column", is_doubtful: Callable[[], bool]) -> str | None:
    """What is wrong with a cell that has the text ``text``: a sentence, or None. Other cells are not considered.

    ``is_doubtful()`` says whether cells that are marked as text may have been numbers before.
    """
    if len(text) > column.most:
        why = _("“%(text)s …” is longer than %(most)s characters.")
        return why % {"text": text[:20], "most": column.most}
    if _ERROR.fullmatch(text):
        return _("“%(text)s” is an error of the spreadsheet and no value.") % {"text": text}
    if not column.is_code:
        return None
    if looks_rounded(text) and (not is_marked(cell) or is_doubtful()):
        why = _(
            "“%(text)s” ends in zeros, as long numbers do that Excel damaged. Set this column to text and enter it"
            " again; where it is right, put an apostrophe (') before it."
        )
        return why % {"text": text[:40]}
    if is_marked(cell):
        return None
    if is_short(text):
        why = _("Excel damaged the long number “%(text)s”. Set this column to text and enter it again.")
        return why % {"text": text[:20]}
    if is_taken(text):
        why = _(
            "“%(text)s” is what Excel makes of a text that looks like a number or a date. Set this column to text and"
            " enter it again; where it is right, put an apostrophe (') before it."
        )
        return why % {"text": text[:40]}
    return None


def is_long(text: str) -> bool:
    """A number with more digits than a spreadsheet keeps."""
    return bool(_LONG.fullmatch(text))


def is_short(text: str) -> bool:
    """A number of which a spreadsheet kept only the first digits."""
    return bool(_SHORT.fullmatch(text))


def is_taken(text: str) -> bool:
    """A text that a spreadsheet converts to something else."""
    return bool(_TAKEN.fullmatch(text))


def is_thousand(text: str) -> bool:
    """``1,200``, which is 1.2 to those who write commas before decimals."""
    return bool(_THOUSAND.fullmatch(text))


def looks_rounded(text: str) -> bool:
    """A long number with zeros where a spreadsheet puts zeros. One in ten genuine 16-digit numbers looks like this
    too."""
    return is_long(text) and not text.lstrip("+-")[EXACT_DIGITS:].strip("0")


# Values


def whole(text: str) -> int | None:
    """``12``, ``1,200`` or ``12.00`` as a number, None for anything else, also for ``1.200``."""
    found = _WHOLE.fullmatch(text)
    return int(found[1].replace(",", "")) if found else None


def fen(text: str) -> int | None:
    """``88``, ``88.5``, ``1,234.50`` or ``¥88.00`` yuan as fen, None for anything else, also for ``1.500``."""
    found = _YUAN.fullmatch(text)
    return found and int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))


def moment(text: str) -> datetime | None:
    """A time as people and spreadsheets write it, None for anything else: ISO 8601, ``2026/11/30 10:00``,
    ``2026年11月30日``, a spreadsheet's count of days. Without a zone it is the shop's."""
    try:
        found = _read_moment(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_default_timezone())


def _read_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if _DAYS.fullmatch(text):
        return _DAY_ZERO + timedelta(seconds=round(float(text) * 86400))
    if not (found := _MOMENT.fullmatch(text)):
        raise ValueError(text)
    year, _sign, month, day, hour, minute, second = found.groups(default="0")
    return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second))  # noqa: DTZ001 - as above
