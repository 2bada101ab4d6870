"""The points of whoever a request comes from, for views and for the bars around every page."""

from django.http import HttpRequest

from core import clock
from points.ledger import queries


def balance(request: HttpRequest) -> queries.Balance | None:
    """The ``points.ledger.queries.Balance`` of the signed-in member, or None for a stranger; read once a request.

    For pages that show points. What spends them asks the ledger.
    """
    if not request.user.is_authenticated:
        return None
    known: tuple[int, queries.Balance] | None = vars(request).get("_balance")
    if known is None or known[0] != request.user.pk:  # signing in changes who asks
        known = vars(request)["_balance"] = (request.user.pk, queries.balance(request.user.pk, at=clock.now()))
    return known[1]


def available(request: HttpRequest) -> int | None:
    """Points that the member can spend, or None for a stranger."""
    found = balance(request)
    return None if found is None else found.available
