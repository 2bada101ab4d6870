"""What the ledger does, said to a member."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formats import grouped, shop_day
from points.ledger.models import ExpiryPolicy
from points.ledger.results import Piece

Kind, Unit = ExpiryPolicy.Kind, ExpiryPolicy.Unit
SPACE_AFTER_STOP = re.compile(r"(?<=[。！？；])\s+(?=\S)")


def given_back(pieces: Iterable[Piece], *, at: datetime) -> str:
    """Where points went that came back at ``at`` (B7): "80 end on 31 Dec, 40 had ended, usable until 5 Dec".

    ``pieces`` are ``ledger.Piece``.
    """
    return _(", ").join(_piece(piece, at) for piece in pieces)


def _piece(piece: Piece, at: datetime) -> str:
    if piece.expires_at is None:
        text = _("%(points)s never end")
    elif piece.expires_at <= at:
        text = _("%(points)s had already ended")
    elif piece.is_grace:
        text = _("%(points)s had ended, usable until %(day)s")
    else:
        text = _("%(points)s end on %(day)s")
    return text % {"points": grouped(piece.points), "day": shop_day(piece.expires_at)}


def close_up(text: str) -> str:
    """Sentences side by side: a language that ends them with a full-width stop has no space between them."""
    return SPACE_AFTER_STOP.sub("", text)


def expiry(policy: ExpiryPolicy) -> str:
    """An ``ExpiryPolicy`` in a sentence or two (B9)."""
    n = policy.months
    if policy.kind == Kind.NEVER:
        return _("Points never end.")
    if policy.kind == Kind.PER_LOT:
        return ngettext(
            "Points end %(n)s month after the day on which they become usable, at the end of that day.",
            "Points end %(n)s months after the day on which they become usable, at the end of that day.",
            n,
        ) % {"n": n}
    if policy.kind == Kind.ACTIVITY:
        return ngettext(
            "Whenever you earn, all your points live on to the end of the month, %(n)s month later. Without any "
            "earning they end then.",
            "Whenever you earn, all your points live on to the end of the month, %(n)s months later. Without any "
            "earning they end then.",
            n,
        ) % {"n": n}
    if not n:
        return {
            Unit.MONTH: _("Points end with the month in which they become usable, on its last day."),
            Unit.QUARTER: _("Points end with the quarter in which they become usable, on its last day."),
            Unit.YEAR: _("Points end with the year in which they become usable, on 31 December."),
        }[Unit(policy.unit)]
    return {
        Unit.MONTH: ngettext(
            "Points end %(n)s month after the month in which they become usable, with its last day.",
            "Points end %(n)s months after the month in which they become usable, with its last day.",
            n,
        ),
        Unit.QUARTER: ngettext(
            "Points live %(n)s month from when they become usable, and on to the last day of that quarter.",
            "Points live %(n)s months from when they become usable, and on to the last day of that quarter.",
            n,
        ),
        Unit.YEAR: ngettext(
            "Points live %(n)s month from when they become usable, and on to the last day of that year.",
            "Points live %(n)s months from when they become usable, and on to the last day of that year.",
            n,
        ),
    }[Unit(policy.unit)] % {"n": n}


def ending_soon(ending: Sequence[tuple[date, int]]) -> str:
    """What a warning says (B10); ``ending`` is ``[(last day, points), ...]``."""
    pieces = [
        _("%(points)s points can be used until the end of %(day)s") % {"points": grouped(points), "day": shop_day(day)}
        for day, points in ending
    ]
    return _(", ").join(pieces)


def ending_soon_message(ending: Sequence[tuple[date, int]]) -> str:
    """The same for an SMS or e-mail: from whom, and where to use them."""
    return _("%(shop)s: %(pieces)s. What they buy: %(url)s") % {
        "shop": settings.SITE_NAME,
        "pieces": ending_soon(ending),
        "url": settings.SITE_URL + reverse("points:home"),
    }


def ending_soon_subject() -> str:
    return _("Points of yours end soon")
