"""Staff write, release, widen and stop versions of the earning rules (C8, C9)."""

from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import User
from core import audit, outbox
from core.errors import DomainError, InvalidInput
from points.earning import wording as earning_wording
from points.earning.models import RuleSetPilot, RuleSetStage, RuleSetVersion
from points.earning.queries import rule_sets as queries
from points.earning.queries.categories import Categories
from points.earning.queries.rule_sets import ALL, BEGINNING, FIRST, NOT_READABLE, RELEASES
from points.earning.rules import engine, goods, presets
from points.ledger import wording as ledger_wording

INSTALL = "system:install"
NEWS = "rules.announced"
MOST_RULES = 50
MOST_PILOTS = 1000
MOST_TRANSITION_DAYS = 90


class NotADraft(DomainError):
    """The version was released; its rules stay as they are. Details: ``version``."""

    code = "not_a_draft"
    message = _("%(version)s was released and stays as it is. Copy it into a new draft.")


class NothingInIt(DomainError):
    """A version without rules would give nothing for anything."""

    code = "no_rules"
    message = _("A version needs at least one rule before it is released.")


class NotConfirmed(DomainError):
    """The rules look like a mistake, and nobody said that they are meant so. Details: ``doubts``, in words."""

    code = "not_confirmed"
    message = _("%(doubts)s Look at the examples, and confirm that it is meant so. Nothing was changed.")


class OthersServe(DomainError):
    """Other versions than those that were shown would serve now. Details: ``versions``."""

    code = "others_serve"
    message = _("Something was changed meanwhile: without it %(versions)s would serve now. Nothing was stopped.")


class InThePast(DomainError):
    """A stage starts now or later, and after the stages before it."""

    code = "in_the_past"
    message = _("It can start now or later, after what is planned already. Nothing was changed.")


class NotReleased(DomainError):
    """The version is a draft, was stopped, or was replaced by another. Details: ``version``."""

    code = "not_released"
    message = _("%(version)s is not in use. Nothing was changed.")


class NoneLeft(DomainError):
    """Without this version there would be members without any."""

    code = "none_left"
    message = _("No other version serves everybody; release one before you stop this one.")


class AlreadyStarted(DomainError):
    """What has started is stopped, not taken back. Details: ``version``."""

    code = "already_started"
    message = _("%(version)s has started. Stop it instead.")


def ensure_first():
    """Where there is no version, put the default rules into force, from before the first purchase on; named in the
    shop's own language, though commands speak English."""
    with transaction.atomic(), override(settings.LANGUAGE_CODE):
        _version, is_new = RuleSetVersion.objects.get_or_create(
            number=FIRST,
            defaults={
                "name": str(presets.S2.label),
                "rules": list(presets.S2.rules),
                "created_at": BEGINNING,
                "by": INSTALL,
            },
        )
        if is_new:
            RuleSetStage.objects.create(rule_set_id=FIRST, starts_at=BEGINNING, percent=ALL, at=BEGINNING, by=INSTALL)
            RELEASES.changed()


# A draft and its rules


def create_draft(*, name, by, at, preset=None, copy_of=None):
    """A new draft with the rules of ``preset`` (a code of ``presets.PRESETS``), of the version ``copy_of``, or none."""
    rules = list(presets.PRESETS[preset].rules) if preset else list(copy_of.rules) if copy_of else []
    with transaction.atomic():
        lock()
        latest = RuleSetVersion.objects.aggregate(Max("number"))["number__max"] or 0
        version = RuleSetVersion.objects.create(number=latest + 1, name=name, rules=rules, created_at=at, by=by)
        audit.record("rules.drafted", by=by, subject=f"rules:{version}", at=at, copy_of=str(copy_of or preset or ""))
    return version


def rename(*, version, name, by, at):
    """Give a draft another name."""
    with _edited(version, by, at, "renamed", name=name) as draft:
        draft.name = name


def add_rule(*, version, code, by, at, figures=None):
    """Put a rule at the end of a draft; its position is returned."""
    with _edited(version, by, at, "rule_added", rule=code) as draft:
        if len(draft.rules) >= MOST_RULES:
            raise InvalidInput(field=_("Number of rules"))
        draft.rules.append(_stored(code, figures or {}))
    return len(draft.rules) - 1


def change_rule(*, version, position, figures, by, at):
    """Set all figures of the rule at ``position`` of a draft. Returns the codes in it that no category of the mall has.
    Raises ``ParameterNotValid``."""
    with _edited(version, by, at, "rule_changed", position=position) as draft:
        stored = draft.rules[position] = _stored(_at(draft, position)["rule"], figures)
    return goods.unknown(engine.build_rule(stored["rule"], stored["figures"]).goods(), goods.names())


def move_rule(*, version, position, steps, by, at):
    """Move a rule of a draft by ``steps``, -1 for one place up."""
    with _edited(version, by, at, "rule_moved", position=position, steps=steps) as draft:
        rule = _at(draft, position)
        draft.rules.pop(position)
        draft.rules.insert(max(position + steps, 0), rule)


def remove_rule(*, version, position, by, at):
    """Take a rule out of a draft."""
    with _edited(version, by, at, "rule_removed", position=position) as draft:
        _at(draft, position)
        draft.rules.pop(position)


# Letting it loose


def release(*, version, starts_at, by, at, percent=ALL, pilots=(), transition_days=0, announcement="", confirmed=False):
    """Let a draft serve ``percent`` of the members (0 to 100) and the ``pilots`` (member ids) from ``starts_at`` on.

    For ``transition_days`` (0 to 90) after that the version before it counts too where it gives more. With an
    ``announcement`` whoever is concerned is told, soon after the commit. What looks like a mistake
    (``points.earning.rules.doubts``) has to be ``confirmed``. Raises ``NotADraft``, ``NothingInIt``, ``NotConfirmed``,
    ``InThePast``, ``InvalidInput``.
    """
    pilots = set(pilots)
    if not 0 <= percent <= ALL or (percent == 0 and not pilots):
        raise InvalidInput(field=_("Percent of members"))
    if not 0 <= transition_days <= MOST_TRANSITION_DAYS:
        raise InvalidInput(field=_("Days of transition"))
    with _draft(version) as draft:
        if not draft.rules:
            raise NothingInIt
        try:
            rule_set = engine.build(str(draft), draft.rules)
        except NOT_READABLE as error:
            raise InvalidInput(field=_("A rule")) from error
        if starts_at < at:
            raise InThePast
        found = queries.doubts_about(rule_set, at)
        if found and not confirmed:
            raise NotConfirmed(doubts=ledger_wording.close_up(" ".join(earning_wording.doubt(one) for one in found)))
        _set_pilots(draft, pilots)
        RuleSetStage.objects.create(rule_set=draft, starts_at=starts_at, percent=percent, at=at, by=by)
        draft.transition_days = transition_days
        draft.announcement = announcement
        _news(draft, "released", by=by, at=at, percent=percent, starts_at=starts_at.isoformat(), doubts=len(found))
    return draft


def widen(*, version, percent, starts_at, by, at):
    """From ``starts_at`` on serve another ``percent`` (0: the pilots alone). Raises ``NotReleased``, ``InThePast``."""
    if not 0 <= percent <= ALL:
        raise InvalidInput(field=_("Percent of members"))
    with transaction.atomic():
        lock()
        version = _released(version)
        latest = version.stages.order_by("starts_at").last()
        if starts_at < at or starts_at <= latest.starts_at:
            raise InThePast
        if percent < ALL and latest.percent == ALL and not _serves_all(starts_at, besides=version):
            raise NoneLeft
        RuleSetStage.objects.create(rule_set=version, starts_at=starts_at, percent=percent, at=at, by=by)
        _news(version, "widened", by=by, at=at, percent=percent)


def choose_pilots(*, version, members, by, at):
    """Serve these members (ids) and no other pilots, from the start of the version on."""
    with transaction.atomic():
        lock()
        version = _released(version)
        _set_pilots(version, set(members))
        _news(version, "pilots_chosen", by=by, at=at, members=sorted(members))


def withdraw(*, version, by, at):
    """Take back a version that has not started: a draft again. Raises ``AlreadyStarted``, ``NotReleased``."""
    with transaction.atomic():
        lock()
        version = _released(version)
        if version.stages.filter(starts_at__lte=at).exists():
            raise AlreadyStarted(version=str(version))
        version.stages.all().delete()
        version.announced_at = None
        version.save(update_fields=["announced_at"])
        _news(version, "withdrawn", by=by, at=at)


def stop(*, version, by, at, then=None):
    """Stop a version at once; its members return to those before it. ``then`` are the numbers of the versions that
    whoever asks for it was shown as serving afterwards. Raises ``NotReleased``, ``NoneLeft``, ``OthersServe``."""
    with transaction.atomic():
        lock()
        version = _released(version)
        if not version.stages.filter(starts_at__lte=at).exists():
            raise NotReleased(version=str(version))
        if not _serves_all(at, besides=version):
            raise NoneLeft
        RELEASES.forget()
        left = [release.number for release in queries.without(version.number, at)]
        if then is not None and list(then) != left:
            raise OthersServe(versions=", ".join(f"v{number}" for number in left))
        version.stopped_at = at
        version.save(update_fields=["stopped_at"])
        _news(version, "stopped", by=by, at=at)


def _news(version, event, *, by, at, **data):
    """Write down what was done with a released version, and let the members that it concerns be told after the commit
    (``rule_news``)."""
    done = audit.record(f"rules.{event}", by=by, subject=f"rules:{version}", at=at, **data)
    if version.announcement:
        outbox.publish(NEWS, key=f"rules:{done.pk}", at=at, number=version.number, changed_at=at.isoformat())
    RELEASES.changed()


@contextmanager
def _draft(version):
    """The locked row of a draft, saved at the end of the block."""
    with transaction.atomic():
        lock()
        row = RuleSetVersion.objects.get(number=version.number)
        if row.stages.exists():
            raise NotADraft(version=str(row))
        yield row
        row.save()


@contextmanager
def _edited(version, by, at, event, **data):
    """The same, and what was done to it in the audit trail."""
    with _draft(version) as row:
        yield row
        audit.record(f"rules.{event}", by=by, subject=f"rules:{row}", at=at, **data)


def lock():
    """What staff do to versions goes one after the other; the first version's row is the lock of all."""
    RuleSetVersion.objects.select_for_update().filter(number=FIRST).first()


def _stored(code, figures):
    try:
        lists = [name for name in engine.registered()[code].categories_in if name in figures]
        known = Categories() if lists else None
        return engine.build_rule(code, figures | {name: known.codes_in(figures[name]) for name in lists}).stored()
    except (LookupError, TypeError) as error:
        raise InvalidInput(field=_("A rule")) from error


def _at(draft, position):
    if not 0 <= position < len(draft.rules):
        raise InvalidInput(field=_("Position of the rule"))
    return draft.rules[position]


def _released(version):
    row = RuleSetVersion.objects.get(number=version.number)
    if row.stopped_at is not None or not row.stages.exists():
        raise NotReleased(version=str(row))
    return row


def _serves_all(at, *, besides):
    """Whether another version serves everybody at ``at``; asked of the database, under the lock."""
    others = RuleSetVersion.objects.exclude(number=besides.number).filter(stopped_at=None)
    for other in others:
        stage = other.stages.filter(starts_at__lte=at).order_by("starts_at").last()
        if stage is not None and stage.percent == ALL:
            return True
    return False


def _set_pilots(version, pilots):
    if len(pilots) > MOST_PILOTS or User.objects.filter(pk__in=pilots).count() != len(pilots):
        raise InvalidInput(field=_("Pilot members"))
    version.pilots.all().delete()
    RuleSetPilot.objects.bulk_create(RuleSetPilot(rule_set=version, member_id=pilot) for pilot in sorted(pilots))
