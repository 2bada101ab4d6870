"""The columns that a table may have, and which of them the first line of a file names."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import get_language

from core.tables.cells import clean
from core.tables.errors import ColumnMissing, ColumnsUnknown, ColumnTwice, ColumnUnclear

ALIKE = 0.6  # of two headings' letters
MOST_NAMED = 10  # headings in a sentence


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``name`` is its English heading and what the code calls it, ``also`` are further headings.

    ``is_code``: an identifier that must arrive unchanged, so it is checked for damage by a spreadsheet. ``is_number``:
    a number to calculate with. ``most`` is the length of a cell. A required column must be there, and filled unless
    ``may_be_empty``. A column that is not ``is_read`` is known but ignored, such as those that a report adds.
    """

    name: str
    chinese: str
    also: tuple[str, ...] = ()
    is_code: bool = False
    is_number: bool = False
    most: int = 200
    is_required: bool = False
    may_be_empty: bool = False
    is_read: bool = True

    @property
    def known(self) -> tuple[str, ...]:
        """All headings that the column may have."""
        return self.name, self.chinese, *self.also

    @property
    def heading(self) -> str:
        """The heading in the active language."""
        return self.chinese if (get_language() or "").startswith("zh") else self.name

    @property
    def names(self) -> str:
        """The column's headings, for messages to people who miss it."""
        return self.name if self.heading == self.name else f"{self.heading} / {self.name}"

    def is_called(self, heading: str) -> bool:
        return key_of(heading) in map(key_of, self.known)

    @property
    def must_be_filled(self) -> bool:
        return self.is_required and not self.may_be_empty


class Columns:
    """All columns of a kind of table, in the order in which it is written.

    ``is_strict``: an unknown column may change the meaning of a line (a kind, a currency, a state), so a file with one
    is refused until somebody says that the column is to be ignored.
    """

    def __init__(self, *columns: Column, is_strict: bool = False) -> None:
        self.all = columns
        self.is_strict = is_strict
        self._by_key = {key_of(heading): one for one in columns for heading in one.known}

    def __getitem__(self, name: str) -> Column:
        return self._by_key[key_of(name)]

    def headings(self, *names: str) -> list[str]:
        """The headings for the first line of a file, in the active language."""
        return [self[name].heading for name in names]

    def find(
        self, headings: Iterable[str], leave_out: Iterable[str] = ()
    ) -> tuple[dict[int, Column], list[int], list[str]]:
        """``({place: Column} of those to read, places without a heading, headings that are not known)``.

        Raises ``ColumnMissing``, ``ColumnTwice``, ``ColumnsUnknown`` where that ``is_strict``, or ``ColumnUnclear`` for
        a heading that resembles a known one missing from the file: ignoring "refund" would turn refunds into purchases.
        Unknown headings in ``leave_out`` are ignored.
        """
        found: dict[int, Column] = {}
        nameless, unknown = [], []
        for place, heading in enumerate(map(clean, headings)):
            column = self._by_key.get(key_of(heading))
            if not heading:
                nameless.append(place)
            elif column is None:
                unknown.append(heading[:40])
            elif column in found.values() and column.is_read:
                raise ColumnTwice(column=heading[:40])
            else:
                found[place] = column
        for column in self.all:
            if column.is_required and column not in found.values():
                raise ColumnMissing(column=column.names)
        left_out = set(map(key_of, leave_out))
        asked = [heading for heading in unknown if key_of(heading) not in left_out]
        for heading in asked:
            self._refuse_lookalike(heading, found.values())
        if asked and self.is_strict:
            raise ColumnsUnknown(columns=", ".join(asked[:MOST_NAMED]))
        return {place: column for place, column in found.items() if column.is_read}, nameless, unknown

    def _refuse_lookalike(self, heading: str, found: Collection[Column]) -> None:
        mine = key_of(heading)
        for known, column in self._by_key.items():
            if column.is_read and column not in found and _is_alike(mine, known):
                raise ColumnUnclear(column=heading, known=column.names)


def key_of(name: str) -> str:
    """The form in which headings are compared: ``Order-Number *`` and ``order_number`` are the same."""
    return re.sub(r"[\W_]+", "", clean(name).casefold())


def _is_alike(one: str, other: str) -> bool:
    return one in other or other in one or SequenceMatcher(None, one, other).ratio() >= ALIKE
