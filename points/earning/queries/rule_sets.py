"""Which version of the earning rules counts for whom, and when (C8, C9).

All that was ever released is kept in memory; a question about a member costs no query. What staff change counts in
every process within a second (``core.live``); a scheduled version starts by the clock, everywhere at once.
"""

import hashlib
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from core.live import Live
from core.parameters import ParameterNotValid
from points.earning.models import RuleSetStage, RuleSetVersion
from points.earning.rules import builtin, doubts, engine, goods, presets, sandbox, scripts  # noqa: F401 - registers
from points.earning.rules.engine import Earner, RuleSet, UnknownRule
from points.tiers import rules as tiers

log = structlog.get_logger(__name__)

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before any purchase: from here on the first version counts
FIRST = 1
NOT_READABLE = (UnknownRule, ParameterNotValid, TypeError, KeyError)
ALL = 100


@dataclass(slots=True)
class Release:
    """A version that was let loose, ready for use: from each of ``starts`` on, ``percents`` of the members."""

    rule_set: RuleSet
    number: int
    name: str
    announcement: str
    starts: tuple[datetime, ...]
    percents: tuple[int, ...]
    pilots: frozenset
    transition_until: datetime
    stopped_at: datetime | None
    _with_former: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.rule_set.version} {self.name}"

    def percent_at(self, at):
        """The share of the members that it serves at ``at``; None before its start and after its stop."""
        if self.stopped_at is not None and at >= self.stopped_at:
            return None
        stage = bisect_right(self.starts, at)
        return self.percents[stage - 1] if stage else None

    def serves(self, member_id, at):
        """Whether it takes the member at ``at``, were there no newer version."""
        percent = self.percent_at(at)
        if percent is None:
            return False
        return percent == ALL or member_id in self.pilots or bucket(self.number, member_id) < percent

    def after(self, former):
        """Its rule set while the transition from ``former`` lasts."""
        if former.number not in self._with_former:
            self._with_former[former.number] = replace(
                self.rule_set, former=former.rule_set, former_until=self.transition_until
            )
        return self._with_former[former.number]


def bucket(number, member_id):
    """0 to 99: the hundredth of the members to which one belongs for a version, the same for ever."""
    digest = hashlib.sha256(f"v{number}:{member_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100


def for_member(member_id, at):
    """The ``RuleSet`` that counts for the member at ``at``; before the first version, the first. With ``former``
    while the transition from the version before lasts."""
    return _chosen(lambda release: release.serves(member_id, at), at)


def is_overtaken(number, member_id, at):
    """Whether a version that started after the released version ``number`` counts for the member at ``at``."""
    releases = RELEASES.get()
    own = next((n for n, release in enumerate(releases) if release.number == number), 0)
    return any(release.serves(member_id, at) for release in releases[:own])


def earner(member_id, tier):
    """A member (None: anybody) of a ``points.tiers.rules.Tier`` as the engine takes it."""
    return Earner(member_id or 0, tier.code, tier.multiplier, {"zh": tier.name, "en": tier.name_en})


def members_of(percent):
    """About how many active members a share of so many percent is."""
    return User.objects.filter(is_active=True).count() * percent // ALL


def earners():
    """Somebody of each tier, lowest first."""
    return [earner(None, tier) for tier in tiers.all_tiers()]


def doubts_about(rule_set, at):
    """What looks like a mistake in it: ``points.earning.rules.doubts.Doubt``. Raises ``NotTried``."""
    with tried():
        return doubts.doubts(rule_set, earners(), at, goods.names())


class NotTried(DomainError):
    """No script can be run now, which is nobody's mistake."""

    code = "not_tried"
    message = _("Scripts cannot be run at the moment. Nothing was changed; try again in a minute.")


@contextmanager
def tried():
    """Around what asks the engine for staff: raises ``NotTried``."""
    try:
        yield
    except sandbox.Unavailable as error:
        raise NotTried from error


def without(number, at):
    """The releases that serve at ``at`` where the version ``number`` does not: trials, newest first, and at the end the
    one for everybody else."""
    found = []
    for release in RELEASES.get():
        percent = None if release.number == number else release.percent_at(at)
        if percent is not None:
            found.append(release)
        if percent == ALL:
            break
    return found


def is_replaced(number, at):
    """Whether a released version is there but serves nobody at ``at``, because a newer one serves everybody."""
    for release in RELEASES.get():
        if release.number == number:
            return False
        if release.percent_at(at) == ALL:
            return True
    return False


def for_all(at):
    """The ``RuleSet`` of whoever is in no trial at ``at``: the newest version that serves everybody."""
    return _chosen(lambda release: release.percent_at(at) == ALL, at)


def for_all_during(since, until):
    """Each ``RuleSet`` that ``for_all`` gives at some moment from ``since`` to ``until``, as far as it is planned now;
    that of ``since`` first."""
    moments = {since, until}
    for release in RELEASES.get():
        turns = (*release.starts, release.transition_until, release.stopped_at)
        moments.update(turn for turn in turns if turn is not None and since < turn < until)
    found = [for_all(moment) for moment in sorted(moments)]
    return list({id(rule_set): rule_set for rule_set in found}.values())


def for_all_without(number, at):
    """The same, were there no version ``number``."""
    return _chosen(lambda release: release.number != number and release.percent_at(at) == ALL, at)


def possible(at):
    """The rule sets of which one counts at ``at`` for a member whose number nobody knows yet: the newest that serves
    everybody, and the trials since then."""
    found = []
    for release in RELEASES.get():
        percent = release.percent_at(at)
        if percent == ALL:
            break
        if percent:
            found.append(release.rule_set)
    return [*found, for_all(at)]


def _chosen(serves, at):
    found = None
    for release in RELEASES.get():
        if serves(release):
            if found is not None:
                return found.after(release)
            if at >= release.transition_until:
                return release.rule_set
            found = release
    return found.rule_set if found else RELEASES.get()[-1].rule_set


def by_version(version):
    """The ``RuleSet`` of ``"v7"``, a draft too, without transition; raises ``UnknownVersion``."""
    for release in RELEASES.get():
        if release.rule_set.version == version:
            return release.rule_set
    row = RuleSetVersion.objects.filter(number=number_of(version)).first()
    if row is None:
        raise UnknownVersion(version)
    return engine.build(str(row), row.rules)


class UnknownVersion(LookupError):
    """There is no such version."""


def number_of(version):
    """7 of ``"v7"``; raises ``UnknownVersion``."""
    number = version.removeprefix("v")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise UnknownVersion(version)
    return int(number)


def releases():
    """All that was released, as ``Release``, latest start first."""
    return RELEASES.get()


def announcement_of(version):
    """What members are told about a released version; empty where there is nothing."""
    return next((one.announcement for one in RELEASES.get() if one.rule_set.version == version), "")


def next_for(member_id, at):
    """``(starts at, RuleSet)`` of what will count next for the member (None: for everybody), by what is scheduled, or
    None."""

    def asked(moment):
        return for_all(moment) if member_id is None else for_member(member_id, moment)

    now = asked(at)
    moments = sorted({start for release in RELEASES.get() for start in release.starts if start > at})
    for moment in moments:
        later = asked(moment)
        if later.version != now.version:
            return moment, later
    return None


def state_of(version, at):
    """``draft``, ``scheduled``, ``active`` or ``retired``: of a ``RuleSetVersion`` at ``at``."""
    release = next((one for one in RELEASES.get() if one.number == version.number), None)
    if release is None:
        return "draft" if version.stopped_at is None else "retired"
    if release.percent_at(at) is None:
        return "scheduled" if release.stopped_at is None else "retired"
    for newer in RELEASES.get():
        if newer is release:
            return "active"
        if newer.percent_at(at) == ALL:
            return "retired"
    return "active"


def _load():
    """Latest start first. A version that cannot be built any more (a rule was taken out of the code) is left out: the
    one before it goes on."""
    found = []
    rows = RuleSetVersion.objects.filter(stages__isnull=False).distinct()
    for row in rows.prefetch_related(Prefetch("stages", RuleSetStage.objects.order_by("starts_at")), "pilots"):
        try:
            found.append(_release(row))
        except NOT_READABLE as error:
            log.error("rules_unreadable", version=str(row), why=str(error) or type(error).__name__)
    if not found:  # an empty database is served like a fresh one
        found.append(_release_of_rules(engine.build(f"v{FIRST}", presets.S2.rules)))
    return tuple(sorted(found, key=lambda release: (release.starts[0], release.number), reverse=True))


def _release(row):
    stages = list(row.stages.all())
    return Release(
        rule_set=engine.build(str(row), row.rules),
        number=row.number,
        name=row.name,
        announcement=row.announcement,
        starts=tuple(stage.starts_at for stage in stages),
        percents=tuple(stage.percent for stage in stages),
        pilots=frozenset(pilot.member_id for pilot in row.pilots.all()),
        transition_until=stages[0].starts_at + timedelta(days=row.transition_days),
        stopped_at=row.stopped_at,
    )


def _release_of_rules(rule_set):
    return Release(rule_set, FIRST, str(presets.S2.label), "", (BEGINNING,), (ALL,), frozenset(), BEGINNING, None)


RELEASES = Live("rule_sets", _load)
