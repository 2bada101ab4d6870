"""How often something may be asked for, counted in the cache (A3, A9)."""

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from core.crypto import fingerprint
from core.errors import DomainError


class TooOften(DomainError):
    """The limit is reached; nothing was sent. The text is the same whoever owns the number."""

    code = "too_often"
    message = _("A code was sent a moment ago. Please wait a minute before asking for another.")


class TooManyToday(TooOften):
    code = "too_many_today"
    message = _("Too many codes were asked for. Please try again later, or sign in with your password.")


def count_code(*, phone, address):
    """Count one code to ``phone`` (E.164) asked for from the IP ``address``; raise ``TooOften`` where it is too many.

    The limits are ``SMS_CODE_LIMITS``: lists of ``(codes, seconds)``. The address is counted first, so that a refused
    stranger does not use up somebody's number, then short spans before long ones, so that impatience costs no day.
    """
    for codes, seconds in settings.SMS_CODE_LIMITS["address"]:
        if not _within("address", address, codes, seconds):
            raise TooManyToday
    for position, (codes, seconds) in enumerate(settings.SMS_CODE_LIMITS["number"]):
        if not _within("number", phone, codes, seconds):
            raise TooManyToday if position else TooOften


def count_guess(name, *, seconds):
    """The how many-th guess this is at the code known by ``name``, which is good for ``seconds``."""
    return _count(f"limit:guess:{fingerprint(name)}", seconds)


def _within(kind, name, most, seconds):
    return _count(f"limit:code:{kind}:{seconds}:{fingerprint(name)}", seconds) <= most


def _count(key, seconds):
    """Count one more, atomically; the span starts with its first count."""
    while True:
        cache.add(key, 0, timeout=seconds)
        try:
            return cache.incr(key)
        except ValueError:  # ended between the two calls
            continue
