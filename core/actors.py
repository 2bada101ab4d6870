"""Who did it: every service takes ``by=``, a short text such as ``member:12``, ``staff:3`` or ``system:expiry``.

A text, not a foreign key, so that the trail outlives the account and never locks it.
"""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _


def member(user_id):
    return f"member:{user_id}"


def staff(user_id):
    return f"staff:{user_id}"


def system(name):
    return f"system:{name}"


def person(actor):
    """The id of the member that an actor is, as staff or for themselves; None for a machine."""
    kind, _sign, number = actor.partition(":")
    return int(number) if kind in ("staff", "member") and number.isdigit() else None


def shown(actor):
    """Who an actor is, for pages of staff: a person by name, everything else as the system; nothing for nobody."""
    pk = person(actor)
    if pk is None:
        return _("System") if actor else ""
    return str(get_user_model().objects.filter(pk=pk).first() or f"#{pk}")
