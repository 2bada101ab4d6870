"""The list page: filters, search, counts for each category and one page of cards, in four queries."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Value

from catalog import rules
from catalog.models import Category, Product, in_language
from catalog.prices import Way
from catalog.queries.shelves import EAGER, POINTS_NEEDED, POINTS_SHOWN, cards, in_stock

PER_PAGE = 24

_ORDER = {
    "default": ["position", "-pk"],
    "new": ["-listed_at", "-pk"],
    "points": ["shown", "-pk"],
    "-points": ["-shown", "-pk"],
    "popular": ["-redeemed_count", "-pk"],
}

# For each way: the column that says whether it is offered, and its points.
_COLUMNS = {
    Way.POINTS: ("lowest_points", F("lowest_points")),
    Way.MIXED: ("lowest_mixed_points", F("lowest_mixed_points")),
    Way.CASH: ("lowest_cash_fen", Value(0)),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A category in the sidebar; ``count`` and ``children`` are what the other filters leave in it and below it."""

    id: int
    code: str
    title: str
    icon: str
    count: int
    children: tuple


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list. ``branches``: the top categories; ``path``: from the top down to the chosen one.

    ``count``: of all categories under the other filters; ``total``: of this list; ``page`` from 1 to ``pages``.
    """

    cards: tuple
    branches: tuple
    path: tuple
    count: int
    total: int
    page: int
    pages: int

    @property
    def category(self):
        return self.path[-1] if self.path else None

    @property
    def more(self):
        """How many products come after this page."""
        return max(self.total - self.page * PER_PAGE, 0)


def listed_products(filters, *, at, available=None):
    """The ``Listing`` for ``Filters``. ``available``: the member's points, None for a stranger (who can afford
    anything, as far as we know). An unknown category is an empty list, a page past the end is the last one."""
    products = _narrowed(filters, available)
    counts = dict(products.order_by().values_list("category_id").annotate(Count("pk")))
    branches = _tree(counts)
    count = total = sum(counts.values())
    path = _path(branches, filters.category) if filters.category else ()
    if filters.category:
        total = path[-1].count if path else 0
        if total:
            products = products.filter(category_id__in=_descendants(path[-1]))
    pages = max(-(-total // PER_PAGE), 1)
    number = min(filters.page, pages)
    found = []
    if total:
        page = products.order_by(*_ORDER[filters.sort])[(number - 1) * PER_PAGE : number * PER_PAGE]
        found = cards(page, at=at, available=available, way=filters.way or None, eager=EAGER)
    return Listing(tuple(found), branches, path, count, total, number, pages)


def _narrowed(filters, available):
    """All listed products that pass the filters except the category; ``shown`` is the points price on the card."""
    products = Product.objects.filter(is_listed=True)
    for word in rules.search_words(filters.q):
        products = products.filter(search_text__contains=word)
    needed = POINTS_NEEDED
    if filters.way:
        column, points = _COLUMNS[filters.way]
        products = products.filter(**{f"{column}__isnull": False}).alias(shown=points)
        needed = points
    elif filters.sort.endswith("points") or filters.lowest is not None or filters.highest is not None:
        products = products.alias(shown=POINTS_SHOWN)
    if filters.lowest is not None:
        products = products.filter(shown__gte=filters.lowest)
    if filters.highest is not None:
        products = products.filter(shown__lte=filters.highest)
    if filters.affordable and available is not None:
        products = products.alias(needed=needed).filter(needed__lte=available)
    if filters.in_stock:
        products = in_stock(products)
    return products


def category_names():
    """Names of all categories in their order, ``{code: {"zh": name, "en": name}}``."""
    rows = Category.objects.order_by("position", "pk").values_list("code", "name", "name_en")
    return {code: {"zh": name, "en": name_en} for code, name, name_en in rows}


def _tree(counts):
    """All categories as a tree of ``Branch``es, each counting its own products and those below it."""
    below = defaultdict(list)
    rows = Category.objects.order_by("position", "pk").values_list("pk", "parent_id", "code", "name", "name_en", "icon")
    for row in rows:
        below[row[1]].append(row)

    def grow(pk, _parent, code, name, name_en, icon):
        children = tuple(grow(*row) for row in below[pk])
        count = counts.get(pk, 0) + sum(child.count for child in children)
        return Branch(pk, code, in_language(name, name_en), icon, count, children)

    return tuple(grow(*row) for row in below[None])


def _path(branches, code):
    """From the top down to the category with that code; empty when there is none."""
    for branch in branches:
        if branch.code == code:
            return (branch,)
        if deeper := _path(branch.children, code):
            return (branch, *deeper)
    return ()


def _descendants(branch):
    return [branch.id, *(pk for child in branch.children for pk in _descendants(child))]
