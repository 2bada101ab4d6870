"""The filters of a list: read leniently from the URL and written back into URLs."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from catalog.prices import Way

SORTS = ("default", "new", "points", "-points", "popular")
LARGEST = 2_147_483_647
LONGEST_QUERY = 64


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the list page. Invalid values are ignored, never an error.

    ``way``: empty or a ``Way``; ``lowest`` and ``highest``: points or None.
    """

    q: str = ""
    category: str = ""
    way: str = ""
    lowest: int | None = None
    highest: int | None = None
    affordable: bool = False
    in_stock: bool = False
    sort: str = "default"
    page: int = 1

    @classmethod
    def read(cls, query):
        """From the query parameters ``q category way min max affordable in_stock sort page`` (a ``QueryDict``)."""
        if not query:
            return cls()
        get = query.get
        lowest, highest = _number(get("min")), _number(get("max"))
        if lowest is not None and highest is not None and lowest > highest:
            lowest, highest = highest, lowest
        way, sort = get("way", ""), get("sort", "")
        return cls(
            q=get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY],
            category=get("category", "").replace("\x00", "")[:40],
            way=way if way in Way.values else "",
            lowest=lowest,
            highest=highest,
            affordable=bool(get("affordable")),
            in_stock=bool(get("in_stock")),
            sort=sort if sort in SORTS else "default",
            page=max(_number(get("page")) or 1, 1),
        )

    def query(self, **changes):
        """``?q=…`` of these filters with ``changes``, back on the first page unless ``page`` is changed too."""
        other = replace(self, **{"page": 1, **changes})
        values = [
            ("q", other.q),
            ("category", other.category),
            ("way", other.way),
            ("min", other.lowest),
            ("max", other.highest),
            ("affordable", 1 if other.affordable else None),
            ("in_stock", 1 if other.in_stock else None),
            ("sort", other.sort if other.sort != "default" else ""),
            ("page", other.page if other.page > 1 else ""),
        ]
        return "?" + urlencode([(name, value) for name, value in values if value not in ("", None)])

    @property
    def narrowing(self):
        """Number of filters set in the sheet (not the search, the category or the order)."""
        has_range = self.lowest is not None or self.highest is not None
        return bool(self.way) + has_range + self.affordable + self.in_stock


def _number(text):
    """``"15,000"`` -> 15000; None for anything that is not a possible number of points."""
    text = (text or "").replace(",", "").replace("，", "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return min(int(text), LARGEST)
