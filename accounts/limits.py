"""How often codes may be asked for, and how often codes, passwords and names may be tried (A1, A3, A9).

Every code that the mall sends or takes is counted, by whom it is for, across all sessions, and by where the request
comes from (``settings.LIMITS``). A guess is counted before it is judged, so that however many come at once, no more are
judged than may. A right one is given back: only wrong ones stay, and an office with one address can sign in.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.parameters import CODES_PER_HOUR
from core import limits
from core.errors import DomainError

HOUR_S = 3600


class NoCode(DomainError):
    """No code was sent. What is said is the same whoever owns the number or address."""

    code = "no_code"


class TooOften(NoCode):
    code = "too_often"
    message = _("A code was sent a moment ago. Please wait a minute before asking for another.")


class TooManyToday(NoCode):
    code = "too_many_today"
    message = _("Too many codes were asked for. Please try again later, or sign in with your password.")


class CodesStopped(NoCode):
    """The whole mall sent as many codes in an hour as staff allow (``accounts.codes_per_hour``)."""

    code = "codes_stopped"
    message = _("We cannot send more codes just now. Please try again in an hour, or sign in with your password.")


class TooManyGuesses(DomainError):
    """This guess was not judged; the code is of no more use."""

    code = "too_many_guesses"
    message = _("Too many wrong codes. Please ask for a new one.")


class TooManyGuessesToday(TooManyGuesses):
    message = _("Too many wrong codes. Please try again later, or sign in with your password.")


class TooManyPasswords(DomainError):
    code = "too_many_passwords"
    message = _("Too many attempts. Please wait five minutes, or sign in with a code.")


def want_code(*, to, address, at):
    """Count one code to ``to`` (E.164 or an e-mail address) that somebody at ``address`` asks for.

    The address is counted first, so that a refused stranger does not use up somebody's number, and the whole last, so
    that refused ones stop nobody. Raises ``TooOften``, ``TooManyToday`` or ``CodesStopped``.
    """
    if not _take("codes_from", address, at):
        raise TooManyToday
    for position, span in enumerate(settings.LIMITS["codes_to"]):
        if not limits.take("codes_to", to, [span], at=at):
            raise TooManyToday if position else TooOften
    if not limits.take("codes", "all", _all_codes(), at=at):
        raise CodesStopped


def code_not_sent(*, to, address, at):
    """It could not be sent, which is nobody's fault: asking again at once is fine."""
    _give_back("codes_from", address, at)
    _give_back("codes_to", to, at)
    limits.give_back("codes", "all", _all_codes(), at=at)


def first_alarm(*, at):
    """Whether this is the first time within the hour that somebody has to be told that codes stopped."""
    return limits.take("codes_alarm", "all", [(1, HOUR_S)], at=at)


def guess_code(*, name, to, address, at):
    """Count one guess at the code known by ``name`` that went ``to`` somebody. Raises ``TooManyGuesses``."""
    if not _take("guesses_of", name, at):
        raise TooManyGuesses
    if not (_take("guesses_from", address, at) and _take("guesses_at", to, at)):
        raise TooManyGuessesToday


def right_code(*, to, address, at):
    """The guess was right."""
    _give_back("guesses_from", address, at)
    _give_back("guesses_at", to, at)


def use_code(*, name, at):
    """Whether the code known by ``name`` is used for the first time."""
    return limits.take("codes_used", name, [(1, HOUR_S)], at=at)


def guess_password(*, holder, address, at):
    """Count one password tried for ``holder`` (``queries.password_holder``). Raises ``TooManyPasswords``."""
    if not (_take("passwords_from", address, at) and _take("passwords_of", holder, at)):
        raise TooManyPasswords


def right_password(*, holder, address, at):
    """The password was right."""
    _give_back("passwords_from", address, at)
    _give_back("passwords_of", holder, at)


def guess_app_code(*, member, address, at):
    """Count one code of an authenticator app, or recovery code, tried for a member. Raises ``TooManyGuessesToday``."""
    if not (_take("guesses_from", address, at) and _take("guesses_at", f"member:{member.pk}", at)):
        raise TooManyGuessesToday


def right_app_code(*, member, address, at):
    """The code was right."""
    _give_back("guesses_from", address, at)
    _give_back("guesses_at", f"member:{member.pk}", at)


def ask_name(*, address, at):
    """Whether somebody at ``address`` may try one more username, which tells whether it is taken."""
    return _take("names_from", address, at)


def post(*, address, at):
    """Whether somebody at ``address`` may send one more form of those that cost a password's hash or a message."""
    return _take("posts_from", address, at)


def _all_codes():
    return [(CODES_PER_HOUR.value, HOUR_S)]


def _take(what, who, at):
    return limits.take(what, who, settings.LIMITS[what], at=at)


def _give_back(what, who, at):
    limits.give_back(what, who, settings.LIMITS[what], at=at)
