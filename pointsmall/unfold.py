"""How the staff pages look and what their sidebar holds; every app's admin pages are listed here."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Points mall"),
    "SITE_HEADER": _("Points mall"),
}
