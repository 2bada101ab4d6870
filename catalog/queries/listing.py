"""The list page: filters, search, counts for each category and one page of cards, in four queries."""

from dataclasses import dataclass, field

from django.db.models import Count, F

from catalog import rules
from catalog.models import Category, Product, in_language
from catalog.prices import Way
from catalog.queries import shelves

PER_PAGE = 24

_ORDER = {
    "default": ["position", "-pk"],
    "new": ["-listed_at", "-pk"],
    "points": ["shown", "-pk"],
    "-points": ["-shown", "-pk"],
    "popular": ["-redeemed_count", "-pk"],
}


@dataclass(slots=True)
class Branch:
    """A category in the sidebar; ``count`` and ``children`` say what the other filters leave of it."""

    id: int
    parent_id: int | None
    code: str
    title: str
    icon: str
    count: int = 0
    children: list = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list. ``branches``: the top categories; ``path``: from the top down to the chosen one.

    ``count``: of all categories under the other filters; ``total``: of this list; ``page`` from 1 to ``pages``.
    """

    cards: list
    branches: list
    path: list
    count: int
    total: int
    page: int
    pages: int

    @property
    def category(self):
        return self.path[-1] if self.path else None

    @property
    def more(self):
        """How many come after this page."""
        return max(self.total - self.page * PER_PAGE, 0)


def listed_products(filters, *, at, available=None):
    """The ``Listing`` for ``Filters``. ``available``: the member's points, None for a stranger (who can afford
    anything, as far as we know). An unknown category is an empty list, a page past the end is the last one."""
    products = _narrowed(filters, available)
    counts = dict(products.order_by().values_list("category_id").annotate(Count("pk")))
    tree = _tree(counts)
    branches = [branch for branch in tree.values() if branch.parent_id is None]
    count = sum(counts.values())
    path, total = [], count
    if filters.category:
        chosen = next((branch for branch in tree.values() if branch.code == filters.category), None)
        path = _path(tree, chosen)
        total = chosen.count if chosen else 0
        if total:
            products = products.filter(category_id__in=_descendants(chosen))
    pages = max(-(-total // PER_PAGE), 1)
    number = min(filters.page, pages)
    found = []
    if total:
        page = products.order_by(*_ORDER[filters.sort])[(number - 1) * PER_PAGE : number * PER_PAGE]
        found = shelves.cards(page, at=at, available=available, way=filters.way or None, eager=shelves.EAGER)
    return Listing(found, branches, path, count, total, number, pages)


def _narrowed(filters, available):
    """All listed products under the filters, category apart; ``shown`` is the points price that its card shows."""
    products = Product.objects.filter(is_listed=True)
    for word in rules.search_words(filters.q):
        products = products.filter(search_text__contains=word)
    needed = shelves.POINTS_NEEDED
    if filters.way:
        column = "lowest_points" if filters.way == Way.POINTS else "lowest_mixed_points"
        products = products.filter(**{f"{column}__isnull": False}).alias(shown=F(column))
        needed = F(column)
    elif filters.sort.endswith("points") or filters.lowest is not None or filters.highest is not None:
        products = products.alias(shown=shelves.POINTS_SHOWN)
    if filters.lowest is not None:
        products = products.filter(shown__gte=filters.lowest)
    if filters.highest is not None:
        products = products.filter(shown__lte=filters.highest)
    if filters.affordable and available is not None:
        products = products.alias(needed=needed).filter(needed__lte=available)
    if filters.in_stock:
        products = shelves.in_stock(products)
    return products


def _tree(counts):
    """``{id: Branch}`` of all categories, each counting its own products and those below it."""
    rows = Category.objects.order_by("position", "pk").values_list("pk", "parent_id", "code", "name", "name_en", "icon")
    tree = {
        pk: Branch(pk, parent_id, code, in_language(name, name_en), icon, counts.get(pk, 0))
        for pk, parent_id, code, name, name_en, icon in rows
    }
    for branch in tree.values():
        if branch.parent_id is not None:
            tree[branch.parent_id].children.append(branch)
    for pk, count in counts.items():
        above = tree[pk].parent_id
        while above is not None:
            tree[above].count += count
            above = tree[above].parent_id
    return tree


def _path(tree, branch):
    path = []
    while branch is not None:
        path.insert(0, branch)
        branch = tree.get(branch.parent_id)
    return path


def _descendants(branch):
    found = [branch.id]
    for child in branch.children:
        found += _descendants(child)
    return found
