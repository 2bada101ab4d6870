"""Limits on requesting codes and on trying codes, passwords and usernames (A1, A3, A9).

Codes sent and guessed are counted per recipient, across all sessions, and per network address (``settings.LIMITS``). A
guess is counted before it is checked, so concurrent requests cannot exceed the limit. The count of a right guess is
given back: only wrong ones count, so an office with one address can sign in.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.parameters import CODES_PER_HOUR
from core import limits, texts
from core.errors import DomainError

HOUR_S = 3600


class NoCode(DomainError):
    """No code was sent. The message does not depend on who owns the number or address."""

    code = "no_code"


class _Wait(DomainError):
    """Details: ``wait``, how long, in words."""


class TooOften(_Wait, NoCode):
    code = "too_often"
    message = _("A code was sent a moment ago. You can ask for another in %(wait)s.")


class TooManyToday(_Wait, NoCode):
    code = "too_many_today"
    message = _("Too many codes were asked for. Please try again in %(wait)s.")


class CodesStopped(_Wait, NoCode):
    """The mall has sent as many codes in this hour as staff allow (``accounts.codes_per_hour``)."""

    code = "codes_stopped"
    message = _("We cannot send more codes just now. Please try again in %(wait)s.")


class TooManyGuesses(DomainError):
    """This guess was not checked; the code is no longer valid."""

    code = "too_many_guesses"
    message = _("Too many wrong codes. Please ask for a new one.")


class TooManyGuessesToday(_Wait, TooManyGuesses):
    """A new code would not help either, or cannot be requested because an authenticator app makes it."""

    message = _("Too many wrong codes. Please try again in %(wait)s.")


class TooManyPasswords(_Wait):
    code = "too_many_passwords"
    message = _("Too many attempts. Please try again in %(wait)s.")


class TooManyNames(_Wait):
    code = "too_many_names"
    message = _("Too many usernames were tried from here. Please try again in %(wait)s.")


class TooManyPosts(_Wait):
    """Further details: ``wait_s``."""

    code = "too_many_posts"
    message = _(
        "For the safety of all accounts there is a short break. Nothing was changed; please try again in %(wait)s."
    )


def want_code(*, to, address, at):
    """Count one code for ``to`` (E.164 or an e-mail address), requested from ``address``.

    The address is counted first, so that a refused visitor does not use up the limit of somebody's number, and the
    mall's total last, so that refused requests do not use it up. Raises ``TooOften``, ``TooManyToday`` or
    ``CodesStopped``.
    """
    _take("codes_from", address, at, TooManyToday)
    spans = settings.LIMITS["codes_to"]
    _take_spans("codes_to", to, spans[:1], at, TooOften)
    _take_spans("codes_to", to, spans[1:], at, TooManyToday)
    _take_spans("codes", "all", _all_codes(), at, CodesStopped)


def code_not_sent(*, to, address, at):
    """Undo the count of a code that could not be sent, so that it can be requested again at once."""
    _give_back("codes_from", address, at)
    _give_back("codes_to", to, at)
    limits.give_back("codes", "all", _all_codes(), at=at)


def first_alarm(*, at):
    """Whether this is the first alarm within the hour that no more codes are sent."""
    return limits.take("codes_alarm", "all", [(1, HOUR_S)], at=at)


def guess_code(*, name, to, address, at):
    """Count one guess at the code known by ``name`` that went ``to`` somebody. Raises ``TooManyGuesses``."""
    _take("guesses_of", name, at, TooManyGuesses)
    _take("guesses_from", address, at, TooManyGuessesToday)
    _take("guesses_at", to, at, TooManyGuessesToday)


def right_code(*, to, address, at):
    """The guess was right: give its count back."""
    _give_back("guesses_from", address, at)
    _give_back("guesses_at", to, at)


def use_code(*, name, at):
    """Whether the code known by ``name`` is used for the first time."""
    return limits.take("codes_used", name, [(1, HOUR_S)], at=at)


def guess_password(*, holder, address, at):
    """Count one password tried for ``holder`` (``queries.password_holder``). Raises ``TooManyPasswords``."""
    _take("passwords_from", address, at, TooManyPasswords)
    _take("passwords_of", holder, at, TooManyPasswords)


def right_password(*, holder, address, at):
    """The password was right: give its count back."""
    _give_back("passwords_from", address, at)
    _give_back("passwords_of", holder, at)


def guess_app_code(*, member, address, at):
    """Count one code of an authenticator app, or recovery code, tried for a member. Raises ``TooManyGuessesToday``."""
    _take("guesses_from", address, at, TooManyGuessesToday)
    _take("guesses_at", f"member:{member.pk}", at, TooManyGuessesToday)


def right_app_code(*, member, address, at):
    """The code was right: give its count back."""
    _give_back("guesses_from", address, at)
    _give_back("guesses_at", f"member:{member.pk}", at)


def ask_name(*, address, at):
    """Count one more username checked from ``address``; the answer reveals whether it is taken. Raises
    ``TooManyNames``."""
    _take("names_from", address, at, TooManyNames)


def post(*, address, at):
    """Count one more post of a form that costs a password hash or a message. Raises ``TooManyPosts``."""
    _take("posts_from", address, at, TooManyPosts)


def _all_codes():
    return [(CODES_PER_HOUR.value, HOUR_S)]


def _take(what, who, at, error):
    _take_spans(what, who, settings.LIMITS[what], at, error)


def _take_spans(what, who, spans, at, error):
    if not limits.take(what, who, spans, at=at):
        wait_s = limits.wait_s(what, who, spans, at=at)
        raise error(wait=texts.duration(wait_s), wait_s=wait_s)


def _give_back(what, who, at):
    limits.give_back(what, who, settings.LIMITS[what], at=at)
