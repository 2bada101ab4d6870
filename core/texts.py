"""Cleans what people type and paste of invisible characters: names, codes, numbers (A1, A5).

Texts copied from chats, contacts and web pages carry characters that have no width or change the writing direction;
Chinese keyboards type full-width digits and signs. Cleaning helps honest people and stops those who use such characters
to look like somebody else.
"""

import math
import re
import unicodedata

from django.utils.translation import ngettext

MINUTE_S = 60
MOST_MINUTES = 90  # longer waits are given in hours

# Blank although Unicode classes them as letters or marks: Hangul fillers, joiners, Khmer vowels, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NOTHING = {"Cc", "Cf", "Cs", "Co"}  # control characters, writing directions, surrogates, private use
_BREAKS = {"\t", "\n", "\v", "\f", "\r", "\x85"}

_CURRENCY = re.compile(r"^([+-]?)¥|元$")
_GROUPED = re.compile(r"([+-]?[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]*)?")


def plain(text: str) -> str:
    """``text`` in Unicode's compatibility form (NFKC), without invisible characters, with single spaces."""
    seen = (_seen(character) for character in unicodedata.normalize("NFKC", text))
    return " ".join("".join(seen).split())


def typed(text: str) -> str:
    """``plain`` with digits of any script as ASCII digits, and one kind of dash; for codes and numbers."""
    return "".join(_ascii(character) for character in plain(text))


def code(text: str) -> str:
    """A code without the spaces and dashes that people put between its digits."""
    return typed(text).replace(" ", "").replace("-", "")


def number(text: str) -> str:
    """An amount without currency signs and thousands separators: ``￥1,234.50`` is ``1234.50``.

    A comma anywhere else is kept and will be refused, since it may be a decimal point.
    """
    digits = typed(text).replace(" ", "").replace("。", ".")
    digits = _CURRENCY.sub(r"\1", digits)
    return digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits


def duration(seconds: int) -> str:
    """A waiting time in words, rounded up: ``40 seconds``, ``10 minutes``, ``23 hours``."""
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
