"""The tier of whoever a request comes from."""

from core import clock
from points.tiers import queries as tiers


def standing(request):
    """The ``points.tiers.queries.Standing`` of the signed-in member, or None for a stranger; read once a request."""
    if not request.user.is_authenticated:
        return None
    known = getattr(request, "_standing", None)
    if known is None or known[0] != request.user.pk:
        known = request._standing = (request.user.pk, tiers.standing(request.user.pk, at=clock.now()))
    return known[1]
