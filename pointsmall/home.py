"""The home page is put together here, because its parts belong to apps that do not know one another (design, 1)."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from django.db.models import F, Q, Value, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.queries import cards
from catalog.queries.shelves import POINTS_NEEDED, in_stock

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
    ``first_use`` can be had for the points that end next, and is empty where none end soon; ``goods`` are within the
    balance when ``affordable``, else what is liked by many. No product stands on both of them.
    """
    spendable = balance.available if balance else 0
    ending = 0
    if balance and balance.expires_at and balance.expires_at - at <= SOON:
        ending = min(balance.expiring_points, spendable)
    placed = _places(ending, spendable)
    found = Product.objects.filter(pk__in={place.product for places in placed.values() for place in places})
    card_of = {card.id: card for card in cards(found, at=at, available=balance and balance.available)}
    shelf = {
        name: [card_of[place.product] for place in places if place.product in card_of]
        for name, places in placed.items()
    }
    mixed = {place.product: place for places in placed.values() for place in places}
    first_use = [_within(card, mixed[card.id], ending) for card in shelf["first_use"]]
    taken = {card.id for card in first_use}
    goods = [_within(card, mixed[card.id], spendable) for card in shelf["within"] if card.id not in taken][:GOODS]
    return {
        "first_use": first_use,
        "goods": goods or shelf["popular"][RANKING:],
        "affordable": bool(goods),
        "ranking": shelf["popular"][:RANKING],
        "newest": shelf["newest"],
    }


class _Place(NamedTuple):
    shelf: str
    product: int
    number: int
    mixed_points: int | None
    mixed_fen: int | None


def _places(ending, spendable):
    """Which product stands where: one statement for all shelves. Shape: ``{shelf: [_Place]}``, in order."""
    rows = [
        _rows("first_use", Q(needed__gt=0, needed__lte=ending), "needed", FIRST_USE),
        _rows("within", Q(needed__gt=0, needed__lte=spendable), "redeemed_count", GOODS + FIRST_USE),
        _rows("popular", Q(), "redeemed_count", GOODS + RANKING),
        _rows("newest", Q(), "listed_at", NEWEST),
    ]
    placed = {"first_use": [], "within": [], "popular": [], "newest": []}
    for row in rows[0].union(*rows[1:], all=True):
        place = _Place(*row)
        placed[place.shelf].append(place)
    return {name: sorted(places, key=lambda place: place.number) for name, places in placed.items()}


def _rows(shelf, condition, order, limit):
    """The ``limit`` highest by ``order`` of what is listed, in stock and fits the condition."""
    products = in_stock(Product.objects.filter(is_listed=True).annotate(needed=POINTS_NEEDED).filter(condition))
    highest_first = [F(order).desc(), F("pk").desc()]
    return (
        products.order_by(*highest_first)
        .annotate(shelf=Value(shelf), number=Window(RowNumber(), order_by=highest_first))
        .values_list("shelf", "pk", "number", "lowest_mixed_points", "lowest_mixed_fen")[:limit]
    )


def _within(card, place, points):
    """The card with the price that ``points`` are enough for, where that is the one with cash."""
    if card.points <= points:
        return card
    return replace(card, points=place.mixed_points, fen=place.mixed_fen)
