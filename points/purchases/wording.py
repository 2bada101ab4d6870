"""When points of a purchase can be used, said to a member."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formats import shop_day, shop_time
from points.ledger.models import UNDATED
from points.purchases.parameters import AFTER_SALE_DAYS


def usable(active_from):
    """From when pending points can be used; None: nobody knows yet, because their parcel has not arrived (B5)."""
    if active_from is not None:
        return _("usable from %(day)s") % {"day": shop_time(active_from)}
    n = AFTER_SALE_DAYS.value
    return ngettext(
        "usable %(n)s day after you receive the parcel", "usable %(n)s days after you receive the parcel", n
    ) % {"n": n}


def usable_first(dates):
    """The same of several; ``dates`` in order, None last."""
    if dates[0] is None or len(set(dates)) == 1:
        return usable(dates[0])
    return _("the first from %(day)s") % {"day": shop_time(dates[0])}


def end(lot):
    """When the points of a ``PointsLot`` end."""
    if lot.active_from == UNDATED:
        return _("their end is counted from when you can use them")
    return _("never ends") if lot.expires_at is None else _("ends on %(day)s") % {"day": shop_day(lot.expires_at)}
