"""Which points an order would use, in words."""

from functools import reduce

from django.utils.translation import gettext as _

from orders.lifecycle.wording import TOLD_ENDS, last_day


def points_used(lots):
    """Which of ``[(expires_at, points)]`` go first: "12月31日到期的680、1月31日到期的420、其余2,200更晚到期".

    Empty when none of them ends.
    """
    first = [(end, points) for end, points in lots if end is not None][:TOLD_ENDS]
    rest = sum(points for _end, points in lots) - sum(points for _end, points in first)
    told = [_("%(points)s of %(day)s") % {"points": f"{points:,}", "day": last_day(end)} for end, points in first]
    if told and rest:
        told.append(_("the other %(points)s later") % {"points": f"{rest:,}"})
    return reduce(lambda one, more: _("%(one)s, %(more)s") % {"one": one, "more": more}, told) if told else ""
