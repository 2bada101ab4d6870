"""The home page is put together here, because its parts belong to apps that do not know one another (design, 1)."""

from datetime import timedelta

from django.db.models import F, Q, Value, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.queries import cards
from catalog.queries.shelves import POINTS_SHOWN, in_stock

SOON = timedelta(days=90)  # points that end within this are worth a shelf of their own
FIRST_USE, GOODS, RANKING, NEWEST = 5, 10, 3, 6
MORNING, NOON, EVENING = 5, 12, 18


def greeting(member, *, at):
    """``早上好，晓雯`` by the hour in the shop; without a name for a stranger (None)."""
    hour = timezone.localtime(at).hour
    if MORNING <= hour < NOON:
        words = _("Good morning")
    elif NOON <= hour < EVENING:
        words = _("Good afternoon")
    else:
        words = _("Good evening")
    return _("%(greeting)s, %(name)s") % {"greeting": words, "name": member.display_name} if member else words


def shelves(*, balance, at):
    """The cards of each shelf, in three queries. ``balance`` is None for a stranger.

    Shape: ``{"first_use": [Card], "goods": [Card], "affordable": bool, "ranking": [Card], "newest": [Card]}``.
    ``first_use`` fits the points that end next, and is empty where none end soon; ``goods`` are within the balance
    when ``affordable``, else what is liked by many; both go by the price that the card shows. No product stands on
    both of them.
    """
    spendable = balance.available if balance else 0
    ending = 0
    if balance and balance.expires_at and balance.expires_at - at <= SOON:
        ending = min(balance.expiring_points, spendable)
    wanted = {
        "first_use": _shelf("first_use", Q(shown__lte=ending), "shown", FIRST_USE) if ending else None,
        "within": _shelf("within", Q(shown__lte=spendable), "redeemed_count", GOODS + FIRST_USE) if spendable else None,
        "popular": _shelf("popular", Q(), "redeemed_count", GOODS + RANKING),
        "newest": _shelf("newest", Q(), "listed_at", NEWEST),
    }
    placed = {name: [] for name in wanted}
    first, *others = [shelf for shelf in wanted.values() if shelf is not None]
    for name, pk, _place in sorted(first.union(*others, all=True), key=lambda row: row[2]):
        placed[name].append(pk)
    known = {pk for pks in placed.values() for pk in pks}
    found = cards(Product.objects.filter(pk__in=known), at=at, available=balance and balance.available)
    by_id = {card.id: card for card in found}
    shelf = {name: [by_id[pk] for pk in pks if pk in by_id] for name, pks in placed.items()}

    taken = {card.id for card in shelf["first_use"]}
    within = [card for card in shelf["within"] if card.id not in taken][:GOODS]
    ranking = shelf["popular"][:RANKING]
    return {
        "first_use": shelf["first_use"],
        "goods": within or shelf["popular"][RANKING:],
        "affordable": bool(within),
        "ranking": ranking,
        "newest": shelf["newest"],
    }


def _shelf(name, condition, order, limit):
    """Rows ``(name, pk, place)`` of the ``limit`` highest by ``order`` that are listed and in stock."""
    products = in_stock(Product.objects.filter(is_listed=True).annotate(shown=POINTS_SHOWN).filter(condition))
    highest_first = [F(order).desc(), F("pk").desc()]
    return (
        products.order_by(*highest_first)
        .annotate(shelf=Value(name), place=Window(RowNumber(), order_by=highest_first))
        .values_list("shelf", "pk", "place")[:limit]
    )
