"""What people type and paste, without what nobody can see: names, codes, numbers (A1, A5).

Texts copied out of chats, contacts and web pages carry characters that have no width or turn the direction of writing;
Chinese keyboards type digits and signs of full width. Those who mean well are helped by cleaning; those who mean to
look like somebody else by such means find that they do not get through.
"""

import math
import re
import unicodedata

from django.utils.translation import ngettext

MINUTE_S = 60
MOST_MINUTES = 90  # above, hours are said

# Letters and marks by category, and yet blank: fillers of Hangul, joiners, vowels of Khmer, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NOTHING = {"Cc", "Cf", "Cs", "Co"}  # controls, directions of writing, halves of characters, private use
_BREAKS = {"\t", "\n", "\v", "\f", "\r", "\x85"}

_CURRENCY = re.compile(r"^([+-]?)¥|元$")
_GROUPED = re.compile(r"([+-]?[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]*)?")


def plain(text: str) -> str:
    """``text`` in Unicode's compatibility form (NFKC), invisible characters left out, white space made single."""
    seen = (_seen(character) for character in unicodedata.normalize("NFKC", text))
    return " ".join("".join(seen).split())


def typed(text: str) -> str:
    """``plain`` with ASCII digits, whatever script they were typed in, and one kind of dash; for codes and numbers."""
    return "".join(_ascii(character) for character in plain(text))


def code(text: str) -> str:
    """A code without the spaces and dashes that people put between its digits."""
    return typed(text).replace(" ", "").replace("-", "")


def number(text: str) -> str:
    """An amount without signs of currency and commas between thousands: ``￥1,234.50`` is ``1234.50``.

    A comma anywhere else stays, to be refused: it may stand for a decimal point.
    """
    digits = typed(text).replace(" ", "").replace("。", ".")
    digits = _CURRENCY.sub(r"\1", digits)
    return digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits


def duration(seconds: int) -> str:
    """How long somebody has to wait, rounded up: ``40 seconds``, ``10 minutes``, ``23 hours``."""
    if seconds < MINUTE_S:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    minutes = math.ceil(seconds / MINUTE_S)
    if minutes <= MOST_MINUTES:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours = math.ceil(minutes / 60)
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


def _seen(character: str) -> str:
    if character in _BREAKS:
        return " "
    return "" if unicodedata.category(character) in _NOTHING or _BLANK.match(character) else character


def _ascii(character: str) -> str:
    if unicodedata.category(character) == "Pd" or character == "−":
        return "-"
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
