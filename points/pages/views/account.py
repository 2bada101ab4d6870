"""The member's pages: balance and history (B2, H5)."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from core import clock
from points import ledger
from points.earning import views as held
from points.earning import wording as earning_wording
from points.earning.queries.earning import set_aside, times_of
from points.ledger import queries, rules
from points.ledger import wording as ledger_wording
from points.ledger.models import PointsEntry
from points.purchases import wording as purchases_wording
from points.purchases.queries import purchases
from points.tiers import visitor

HOME_PAGE = 10
GROUPS = {
    "": gettext_lazy("All"),
    "earned": gettext_lazy("Earned"),
    "used": gettext_lazy("Used"),
    "returned": gettext_lazy("Returned"),
    "expired": gettext_lazy("Ended"),
}
MAX_SEQ = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a row of the history; ``tone`` is that of its tile, ``steps`` how an earning came about."""

    entry: PointsEntry
    title: str
    note: str
    icon: str
    tone: str
    steps: list[tuple[str, str]]
    end: str


@dataclass(frozen=True, slots=True)
class Month:
    """Lines of one month, newest first, with the totals of the whole month."""

    first: date
    totals: queries.MonthTotals
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Bar:
    """Points that end in a month; ``part`` of the largest, ``numbered`` where the figure stands above the bar."""

    month: date
    points: int
    part: str
    soonest: bool
    numbered: bool


@require_safe
@login_required
def home(request):
    at = clock.now()
    expiry = queries.expiry_by_month(request.user.pk, at=at)
    pending = purchases.pending(request.user.pk, at=at)
    context = {
        "pending": [(_line(one.entry), one.points, purchases_wording.usable(one.active_from)) for one in pending],
        "pending_when": purchases_wording.usable_first([one.active_from for one in pending]) if pending else "",
        "is_undated": any(one.active_from is None for one in pending),
        "without_points": [(one, _steps(one.steps)) for one in purchases.without_points(request.user.pk, at=at)],
        "bars": _bars(expiry.months),
        "expiry": expiry,
        "expiry_rule": _expiry_rule(at),
        "times": _times(request, at),
        "set_aside": [held.row(review) for review in set_aside(request.user.pk, at=at)],
    }
    return render(request, "points/home.html", context | _history(request, at, HOME_PAGE))


@require_safe
@login_required
def history(request):
    return render(request, "points/history.html", _history(request, clock.now(), queries.PAGE))


def _times(request, at):
    """How many times as much as in the lowest tier the member earns; nothing where it is not more."""
    times = times_of(request.user.pk, visitor.standing(request).tier, at)
    return earning_wording.figure(times) if times is not None and times > 1 else ""


def _expiry_rule(at):
    return ledger_wording.expiry(rules.policy_at(at))


def _history(request, at, limit):
    """The part that both pages share. What the address asks for in a way we do not know is taken as not asked."""
    member_id = request.user.pk
    kind = request.GET.get("kind", "")
    kind = kind if kind in queries.KIND_GROUPS else ""
    month = _month(request.GET.get("month", ""))
    before = request.GET.get("before", "")
    before = int(before) if before.isdecimal() and len(before) <= 10 and int(before) <= MAX_SEQ else None
    page = queries.history(member_id, kind=kind or None, month=month, before=before, limit=limit)
    return {
        "groups": GROUPS.items(),
        "kind": kind,
        "month": month,
        "months": _months(queries.first_entry_at(member_id), at),
        "shown": _by_month(member_id, page.entries),
        "before": page.before,
        "is_first_page": before is None,
    }


def _month(text):
    """The first day of a month, None for what is no month; of one that no page can show there is none."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    if not clock.is_in_calendar(month):
        raise Http404
    return month


def _months(since, at):
    """The first days of all months since the member's first entry, newest first."""
    if since is None:
        return []
    month, last = (timezone.localdate(moment).replace(day=1) for moment in (since, at))
    months = [month]
    while month < last:
        month = queries.next_month(month)
        months.append(month)
    return months[::-1]


def _by_month(member_id, entries):
    lines = {}
    lots = purchases.lots_of(member_id, entries)
    for entry in entries:
        lines.setdefault(timezone.localdate(entry.at).replace(day=1), []).append(_line(entry, lots.get(entry.seq)))
    totals = queries.totals_by_month(member_id, lines)
    return [Month(first=first, totals=totals[first], lines=of_month) for first, of_month in lines.items()]


def _line(entry, lot=None):
    icon, tone = held.ICONS[entry.kind]
    breakdown = entry.breakdown or {}
    note = ""
    if entry.reverses is not None and "pieces" in breakdown:
        note = ledger_wording.given_back(ledger.pieces_of(breakdown["pieces"]), at=entry.at)
    elif entry.source.startswith("order:"):
        note = _("order ending %(tail)s") % {"tail": entry.source[-4:]}
    return Line(
        entry=entry,
        title=entry.reason or entry.get_kind_display(),
        note=note,
        icon=icon,
        tone=tone,
        steps=_steps(breakdown.get("steps", [])),
        end=purchases_wording.end(lot) if lot else "",
    )


def _steps(stored):
    return [earning_wording.step(*step) for step in stored]


def _bars(months):
    largest = max(points for _first, points in months)
    soonest = next((first for first, points in months if points), None)
    return [
        Bar(
            month=first,
            points=points,
            part=f"{points / largest:.3f}",
            soonest=first == soonest,
            numbered=first == soonest or points == largest,
        )
        for first, points in months
        if largest
    ]
