"""How points came about, for staff (C11)."""

from django.utils.translation import gettext_lazy as _

from core import staff_tables
from points.earning import wording


def breakdown(steps):
    """How points came about, as a table (C11)."""
    return staff_tables.table(_("Why this number"), [_("step"), _("points")], [wording.step(*step) for step in steps])
