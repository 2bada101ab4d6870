"""The home page is assembled here, because its parts belong to apps that do not know each other."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import queries

SOON = timedelta(days=90)  # points that expire within this time get a shelf
FIRST_USE, GOODS, RANKING, NEWEST = 5, 10, 3, 6
LIMITS = {"first_use": FIRST_USE, "within": GOODS + FIRST_USE, "popular": GOODS + RANKING, "newest": NEWEST}
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
    ``first_use`` is affordable with the points that expire next, and empty if none expire soon; ``goods`` are within
    the balance if ``affordable``, else popular goods. No product is on both shelves.
    """
    available = balance and balance.available
    ending = 0
    if balance and balance.expires_at and balance.expires_at - at <= SOON:
        ending = min(balance.expiring_points, available)
    filled = queries.front_shelves(LIMITS, ending=ending, available=available, at=at)
    taken = {card.id for card in filled["first_use"]}
    goods = [card for card in filled["within"] if card.id not in taken][:GOODS]
    return {
        "first_use": filled["first_use"],
        "goods": goods or filled["popular"][RANKING:],
        "affordable": bool(goods),
        "ranking": filled["popular"][:RANKING],
        "newest": filled["newest"],
    }
