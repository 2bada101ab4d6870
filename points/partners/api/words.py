"""What is wrong with a field, in the words and the language of the mall: pydantic speaks English only (H3)."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

TEXT, NUMBER = _("This must be text."), _("This must be a whole number.")
SIGNS = _("Use 1 to 64 letters, digits and _ . : - here.")
CHARACTER = _("This holds a character that cannot be kept.")
MOMENT = _("This must be a moment with an offset, such as 2026-11-20T12:00:00+08:00.")
MESSAGES = {  # by pydantic's type of the error
    "missing": _("This field is needed."),
    "extra_forbidden": _("There is no such field."),
    "string_type": TEXT,
    "string_too_short": _("This must not be empty."),
    "string_too_long": _("This may have %(max_length)s characters at most."),
    "string_pattern_mismatch": SIGNS,
    "string_unicode": CHARACTER,
    "unkeepable": CHARACTER,
    "int_type": NUMBER,
    "int_parsing": NUMBER,
    "int_parsing_size": NUMBER,
    "int_from_float": NUMBER,
    "greater_than_equal": _("This must be %(ge)s or more."),
    "less_than_equal": _("This must be %(le)s or less."),
    "list_type": _("This must be a list."),
    "too_short": _("This must have %(min_length)s or more entries."),
    "too_long": _("This may have %(max_length)s entries at most."),
    "moment": MOMENT,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "timezone_aware": MOMENT,
}


def of_field(error):
    """The sentence for one ``error`` of pydantic, in the active language."""
    message = MESSAGES.get(error["type"])
    return gettext("This value is not valid.") if message is None else str(message) % error.get("ctx", {})
