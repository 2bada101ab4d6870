"""What went back of an order or of a case, in words."""

from datetime import datetime, timedelta
from functools import reduce

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formats import shop_day, yuan_sum
from orders.models.payment import RefundState

TOLD_ENDS = 2


def last_day(end):
    """The last day on which points live that end at the moment ``end``: midnight belongs to the day before."""
    return shop_day(end - timedelta(microseconds=1))


def returned_parts(order, refunds=()):
    """Sentences on what came back: "退回1,000积分，其中80将于12月31日到期". Of an order or an after-sale request;
    ``refunds`` are the ``PaymentRefund``s of its cash."""
    points, fen = order.returned.get("points", 0), order.returned.get("fen", 0)
    sentences = []
    if points:
        ends = {}
        for part in order.returned.get("parts", []):
            if part["expires_at"]:
                moment = datetime.fromisoformat(part["expires_at"])
                ends[moment] = ends.get(moment, 0) + part["points"]
        told = [
            _("%(points)s of them expire on %(day)s") % {"points": f"{count:,}", "day": last_day(end)}
            for end, count in sorted(ends.items())[:TOLD_ENDS]
        ]
        if list(ends.values()) == [points]:
            told = [_("they expire on %(day)s") % {"day": last_day(*ends)}]
        first = _("%(points)s points came back") % {"points": f"{points:,}"}
        whole = reduce(lambda one, more: _("%(one)s; %(more)s") % {"one": one, "more": more}, [first, *told])
        sentences.append(_("%(what)s.") % {"what": whole})
    if fen:
        sentences += _cash_back(fen, refunds)
    if coupons := order.returned.get("coupons", 0):
        told = ngettext("%(n)s coupon came back.", "%(n)s coupons came back.", coupons)
        sentences.append(told % {"n": coupons})
    return sentences


def _cash_back(fen, refunds):
    """Where the cash is on its way back: a sentence for each of the states in which parts of it are."""
    sums, days = {}, {}
    for refund in refunds:
        sums[refund.state] = sums.get(refund.state, 0) + refund.amount_fen
        if refund.done_at:
            days[refund.state] = shop_day(refund.done_at)
    told = {
        RefundState.UNDERWAY: _("%(sum)s goes back the way you paid; the payment service may need some days."),
        RefundState.DONE: _("%(sum)s went back the way you paid, on %(day)s."),
        RefundState.REFUSED: _("%(sum)s could not go back the way you paid. We are finding another way to return it."),
        RefundState.SETTLED: _("%(sum)s was returned to you by another way, on %(day)s."),
    }
    return [
        told[state] % {"sum": yuan_sum(part), "day": days.get(state, "")}
        for state, part in (sums or {RefundState.UNDERWAY: fen}).items()
    ]
