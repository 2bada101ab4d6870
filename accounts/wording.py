"""Notices in the reader's language (A6)."""

from datetime import date, datetime

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from core.formats import shop_day, yuan_sum


def translated(message, values):
    """``message``, an English text with ``%(name)s``, in the active language with ``values`` put in.

    A value is text, a whole number (1,000), ``{"zh": text, "en": text}`` where the text itself has two languages,
    ``{"day": ISO 8601}`` for a day, or ``{"fen": n}`` for money.
    """
    return _(message) % {name: _shown(value) for name, value in values.items()} if values else _(message)


def in_language(name):
    """``{"zh": text, "en": text}`` in the active language; Chinese where there is no English."""
    return name["en"] if name["en"] and (get_language() or "").startswith("en") else name["zh"]


def in_both(say):
    """What ``say()`` returns in each language, as a value for ``translated``."""
    found = {}
    for code, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            found[code] = say()
    return found


def _shown(value):
    match value:
        case {"zh": _zh, "en": _en}:
            return in_language(value)
        case {"day": day}:
            return shop_day(datetime.fromisoformat(day) if "T" in day else date.fromisoformat(day))
        case {"fen": fen}:
            return yuan_sum(fen)
        case int():
            return f"{value:,}"
        case _:
            return value
