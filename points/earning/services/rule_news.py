"""Members hear of a version of the rules when it comes to count for them, and when it no longer does (C8).

A table keeps what each member was told last about each version. A run compares that with what is released now, for ten
thousand members at a time, under the lock under which staff change versions: so nobody is told twice, what staff take
back meanwhile reaches everybody who was told, and a run that was killed goes on.
"""

from django.db import connection, transaction
from django.utils.translation import gettext_noop as N_

from accounts.models import User
from accounts.services import notices
from points.earning.models import RuleSetTold, RuleSetVersion
from points.earning.queries import rule_sets as queries
from points.earning.queries.rule_sets import RELEASES
from points.earning.services import rule_sets

BATCH = 10_000  # members a transaction
NEW = N_("New points rules from %(day)s"), N_("%(text)s")
WITHDRAWN = (
    N_("The new points rules do not come"),
    N_("What we announced for %(day)s does not happen. The rules that count for you now go on."),
)
STOPPED = (
    N_("The earlier points rules count again"),
    N_("The points rules of %(day)s ended on %(end)s. The earlier ones count for you again."),
)
NOT_FOR_YOU = (
    N_("The earlier points rules count again"),
    N_("From %(end)s on the earlier points rules count for you, and not those of %(day)s."),
)

TELL_ON = """
INSERT INTO points_rule_set_told AS told (rule_set_id, member_id, is_on, since, times)
SELECT %(number)s, member, true, %(since)s, 1 FROM unnest(%(members)s::bigint[]) member
ON CONFLICT (rule_set_id, member_id) DO UPDATE SET is_on = true, since = excluded.since, times = told.times + 1
    WHERE NOT told.is_on
RETURNING member_id, since, times
"""
TELL_OFF = """
UPDATE points_rule_set_told SET is_on = false, times = times + 1
WHERE rule_set_id = %(number)s AND member_id = ANY (%(members)s) AND is_on
RETURNING member_id, since, times
"""


def announce(*, number, changed_at, at):
    """Tell those whom a version gains or loses, as things stand; returns how many were told now. Safe to repeat.

    ``changed_at`` is when staff changed it: who is gained by it after its start is told that day.
    """
    told, after = 0, 0
    while members := _next(number, after):
        told += _tell(number, members, changed_at, at)
        after = members[-1]
    return told


def _next(number, after):
    """The next ids of whoever may have to be told: all members, where a version serves more than its pilots."""
    stage = _last_stage(number)
    if stage is not None and stage.percent:
        members = User.objects.filter(is_active=True, pk__gt=after)
        return list(members.order_by("pk").values_list("pk", flat=True)[:BATCH])
    told = RuleSetTold.objects.filter(rule_set=number, is_on=True, member_id__gt=after)
    found = set(told.order_by("member_id").values_list("member_id", flat=True)[:BATCH])
    if stage is not None:
        pilots = stage.rule_set.pilots.filter(member_id__gt=after)
        found.update(pilots.values_list("member_id", flat=True))
    return sorted(found)[:BATCH]


def _last_stage(number):
    """The stage that is planned last; None where the version is a draft, was stopped, or has no words for members."""
    version = RuleSetVersion.objects.get(number=number)
    if version.stopped_at is not None or not version.announcement:
        return None
    return version.stages.order_by("starts_at").last()


def _tell(number, members, changed_at, at):
    with transaction.atomic():
        rule_sets.lock()
        RELEASES.forget()  # nobody changes what is read now before we are done
        version = RuleSetVersion.objects.get(number=number)
        stage = _last_stage(number)
        moment = max(stage.starts_at, changed_at) if stage else changed_at
        gained = [member for member in members if _counts(version, member, moment)] if stage else []
        kept = {member for member in members if queries.is_overtaken(number, member, moment)}.union(gained)
        told = _tell_on(version, gained, moment, at) + _tell_off(version, set(members) - kept, stage, moment, at)
        if gained:
            RuleSetVersion.objects.filter(number=number, announced_at=None).update(announced_at=at)
    return told


def _counts(version, member, moment):
    return queries.for_member(member, moment).version == str(version)


def _tell_on(version, members, since, at):
    rows = _rows(TELL_ON, number=version.number, members=members, since=since)
    return sum(_notify(version, NEW, rows, at, text=version.announcement))


def _tell_off(version, members, stage, end, at):
    rows = _rows(TELL_OFF, number=version.number, members=list(members))
    if stage is not None:
        words = NOT_FOR_YOU
    elif version.stopped_at is not None:
        words, end = STOPPED, version.stopped_at
    else:
        words = WITHDRAWN
    return sum(_notify(version, words, rows, at, end={"day": end.isoformat()}))


def _rows(sql, **values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _notify(version, words, rows, at, **values):
    """Notices are the same for all who were told as often, of the same day: mostly all."""
    alike = {}
    for member, since, times in rows:
        alike.setdefault((since, times), []).append(member)
    title, text = words
    for (since, times), members in alike.items():
        yield notices.announce(
            members=members,
            topic="rules",
            title=title,
            text=text,
            values={"day": {"day": since.isoformat()}, **values},
            url="/points/rules/",
            key=f"rules:{version}:{times}",
            at=at,
        )
