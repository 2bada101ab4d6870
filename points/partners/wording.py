"""What partners may do, in words for staff (H3)."""

from django.utils.translation import gettext as _


def labels(choices, values):
    """The labels of ``choices`` that ``values`` are, in one line."""
    return _(", ").join(str(choices(value).label) for value in values if value in choices.values) or "—"
