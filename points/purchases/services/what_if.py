"""Replay a draft of rules over real purchases, before anybody earns by it (C15).

The purchases stream out of the database member by member, so memory does not grow with them: what is kept is one
member, a sum for each day and tier, and ten members to show. Each purchase is reckoned with the tier that the member
had then, for what of it was not refunded, and within the draft's caps on purchases; "before" is what was booked.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, islice
from operator import itemgetter

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit
from core.clock import shop_date
from core.errors import DomainError, InvalidInput
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.rules.caps import within
from points.ledger import rules
from points.purchases.models import Purchase, WhatIfRun

log = structlog.get_logger(__name__)

STEP = 5_000  # purchases between two reports of progress
FETCH = 5_000  # rows
BATCH = 100  # purchases that the rules work in one go
SAMPLES = 10
State = WhatIfRun.State

PURCHASES = """
SELECT p.member_id, p.id, p.paid_at, p.points - p.points_back, p.tier, p.multiplier, l.category,
    l.amount_fen - l.refunded_fen
FROM points_purchase p JOIN points_purchaseline l ON l.purchase_id = p.id
WHERE p.paid_at >= %s AND p.paid_at < %s
ORDER BY p.member_id, p.paid_at, p.id, l.id
"""


class RulesUnknown(DomainError):
    """Details: ``version``."""

    code = "rules_unknown"
    message = gettext_lazy("There are no rules %(version)s that could be replayed.")


@dataclass(slots=True)
class Member:
    """Sums of one member in the replay; ``today`` counts against the caps of a day: ``(day, points, times)``."""

    member: int
    tier: str = ""
    purchases: int = 0
    amount_fen: int = 0
    old: int = 0
    new: int = 0
    today: tuple = (None, 0, 0)


@dataclass(slots=True)
class Totals:
    """What the replay found so far; ``gained`` and ``lost`` are heaps of the members with the largest changes."""

    purchases: int = 0
    lines: int = 0
    members: int = 0
    days: dict = field(default_factory=dict)
    tiers: dict = field(default_factory=dict)
    gained: list = field(default_factory=list)
    lost: list = field(default_factory=list)

    def add(self, member):
        """A member is complete."""
        self.members += 1
        change = member.new - member.old
        of_tier = self.tiers.setdefault(member.tier, Counter(winners=0, losers=0, same=0, old_points=0, new_points=0))
        of_tier["winners" if change > 0 else "losers" if change < 0 else "same"] += 1
        of_tier["old_points"] += member.old
        of_tier["new_points"] += member.new
        row = [member.member, member.tier, member.purchases, member.amount_fen, member.old, member.new]
        for heap, size in ((self.gained, change), (self.lost, -change)):
            if size > 0:
                keep = heapq.heappush if len(heap) < SAMPLES else heapq.heappushpop
                keep(heap, (size, member.member, row))

    def samples(self):
        """Those with the largest changes, half of them winners and half losers where there are enough of both."""
        gained, lost = (sorted(heap, reverse=True) for heap in (self.gained, self.lost))
        losers = min(len(lost), max(SAMPLES // 2, SAMPLES - len(gained)))
        return [row for *_rest, row in gained[: SAMPLES - losers] + lost[:losers]]

    def result(self):
        old, new = (sum(of_tier[name] for of_tier in self.tiers.values()) for name in ("old_points", "new_points"))
        return {
            "purchases": self.purchases,
            "lines": self.lines,
            "members": self.members,
            "old_points": old,
            "new_points": new,
            "worth_fen": rules.worth_fen(new) - rules.worth_fen(old),
            "tiers": {tier: dict(figures) for tier, figures in self.tiers.items()},
            "days": [[day.isoformat(), *self.days[day]] for day in sorted(self.days)],
            "samples": self.samples(),
        }


def start(*, rule_version, days, by, at):
    """Ask for a replay of ``rule_version`` over the last ``days`` (30 or 90); returns the ``WhatIfRun``. A task does
    the work. Raises ``RulesUnknown``, ``InvalidInput``."""
    if days not in WhatIfRun.Days.values:
        raise InvalidInput(field="days")
    _rule_set(rule_version)
    with transaction.atomic():
        run = WhatIfRun.objects.create(rule_version=rule_version, days=days, requested_by=by, requested_at=at)
        audit.record("rules.replayed", by=by, subject=f"what_if:{run.pk}", at=at, rule_version=rule_version, days=days)
    return run


def work_off(*, run, at):
    """Do what a run asks for, unless it is done; returns it. Safe to run again: it begins anew."""
    run = WhatIfRun.objects.get(pk=run.pk)
    if run.state in {State.DONE, State.FAILED}:
        return run
    begin, end = run.requested_at - timedelta(days=run.days), run.requested_at
    total = Purchase.objects.filter(paid_at__gte=begin, paid_at__lt=end).count()
    _update(run, state=State.RUNNING, purchases=total, replayed=0)
    try:
        rule_set = _rule_set(run.rule_version)
        totals = replay(rule_set, begin, end, progress=lambda done: _update(run, replayed=min(done, total)), step=STEP)
    except DomainError as error:
        _update(run, state=State.FAILED, problem=str(error)[:200], finished_at=at)
    except Exception:
        log.exception("what_if_failed", run=run.pk)
        _update(run, state=State.FAILED, problem=_("The rules could not be worked."), finished_at=at)
    else:
        _update(run, state=State.DONE, replayed=total, result=totals.result(), finished_at=at)
    run.refresh_from_db()
    return run


def replay(rule_set, begin, end, *, progress=None, step=STEP):
    """``Totals`` of ``rule_set`` over the purchases paid from ``begin`` until before ``end``."""
    totals, member = Totals(), None
    caps = engine.caps(rule_set)
    with connection.chunked_cursor() as cursor:
        cursor.itersize = FETCH
        cursor.execute(PURCHASES, [begin, end])
        for rows, new in _worked(rule_set, groupby(_rows(cursor), key=itemgetter(1))):
            if member is None or member.member != rows[0][0]:
                if member is not None:
                    totals.add(member)
                member = Member(rows[0][0])
            _replay_one(caps, rows, new, member, totals)
            if progress and totals.purchases % step == 0:
                progress(totals.purchases)
    if member is not None:
        totals.add(member)
    return totals


def _worked(rule_set, purchases):
    """``(rows, points)`` of each purchase, worked by the rules so many in one go."""
    while some := [list(rows) for _purchase, rows in islice(purchases, BATCH)]:
        cases = [(_earner(rows), _lines(rows), rows[0][2]) for rows in some]
        outcomes = iter(engine.purchases_points(rule_set, [case for case in cases if case[1]]))
        for rows, (_of_member, lines, _paid_at) in zip(some, cases, strict=True):
            yield rows, next(outcomes).points if lines else 0


def _earner(rows):
    member, _purchase, _paid_at, _old, tier, multiplier, *_line = rows[0]
    return engine.Earner(member, tier, multiplier)


def _lines(rows):
    return [engine.Line(category, fen) for *_rest, category, fen in rows if fen]


def _replay_one(caps, rows, new, member, totals):
    _member, _purchase, paid_at, old, tier, *_rest = rows[0]
    day = shop_date(paid_at)
    today, points, times = member.today if member.today[0] == day else (day, 0, 0)
    new, _cut = within(caps, engine.PURCHASE, new, own=(points, times), in_all=points)
    member.today = (today, points + new, times + bool(new))
    member.tier = tier
    member.purchases += 1
    member.amount_fen += sum(fen for *_rest, fen in rows)
    member.old += old
    member.new += new
    of_day = totals.days.setdefault(day, [0, 0])
    of_day[0] += old
    of_day[1] += new
    totals.purchases += 1
    totals.lines += len(rows)


def _rows(cursor):
    while rows := cursor.fetchmany(FETCH):
        yield from rows


def _rule_set(version):
    try:
        return rule_sets.by_version(version)
    except (rule_sets.UnknownVersion, *rule_sets.NOT_READABLE) as error:
        raise RulesUnknown(version=version) from error


def _update(run, **fields):
    WhatIfRun.objects.filter(pk=run.pk, state__in=[State.WAITING, State.RUNNING]).update(**fields)
