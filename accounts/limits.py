"""How often a code may be asked for and guessed (A3, A9)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import limits
from core.errors import DomainError


class TooOften(DomainError):
    """The limit is reached; nothing was sent. The text is the same whoever owns the number."""

    code = "too_often"
    message = _("A code was sent a moment ago. Please wait a minute before asking for another.")


class TooManyToday(TooOften):
    code = "too_many_today"
    message = _("Too many codes were asked for. Please try again later, or sign in with your password.")


def count_code(*, phone, address, at):
    """Count one code to ``phone`` (E.164) asked for from the IP ``address``; raise ``TooOften`` where it is too many.

    The limits are ``SMS_CODE_LIMITS``: lists of ``(codes, seconds)``. The address is counted first, so that a refused
    stranger does not use up somebody's number.
    """
    if not limits.take("code_from", address, settings.SMS_CODE_LIMITS["address"], at=at):
        raise TooManyToday
    for position, span in enumerate(settings.SMS_CODE_LIMITS["number"]):
        if not limits.take("code_to", phone, [span], at=at):
            raise TooManyToday if position else TooOften


def may_guess(name, *, most, seconds, at):
    """Count one guess at the code known by ``name``, good for ``seconds``; whether it is one of the ``most`` first."""
    return limits.take("code_guess", name, [(most, seconds)], at=at)
