"""How staff let rules and scripts loose: with a second person where what is earned changes much (C7, C8, B11).

``rule_sets`` and ``scripts`` do what was decided. A version is measured beside the rules that served everybody a day
ago, so that many small steps are as large as their sum; and what it gives more, beside all that serve everybody from
then until it starts, so that what was stopped does not come back as if it still served.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import actors, approvals
from core.approvals import DAY
from core.db import locking_transaction, rehearsal
from core.errors import InvalidInput
from core.models import AuditEvent
from points.earning.models import RuleSetVersion, Script, ScriptVersion
from points.earning.parameters import RULES_APPROVAL_PERCENT
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine, goods, measure
from points.earning.services import rule_sets, scripts

RULES, SCRIPT = "points.rules", "points.script"
ACTS = {
    "release": rule_sets.release,
    "widen": rule_sets.widen,
    "pilots": rule_sets.choose_pilots,
    "stop": rule_sets.stop,
}


def release(*, version, by, at, reason="", **terms):
    """``rule_sets.release`` on these terms, at once or when somebody has approved it. Returns the ``Approval`` that
    waits, or None. Raises what ``rule_sets.release`` raises, and ``AlreadyAsked``."""
    return _let("release", version, _is_large(version, at, terms), terms, by=by, at=at, reason=reason)


def widen(*, version, by, at, reason="", **terms):
    """``rule_sets.widen``, in the same way; to serve fewer is asked what a stop is asked."""
    is_large = _brings_back_much(version, at) if _is_fewer(version, terms) else _is_large(version, at, terms)
    return _let("widen", version, is_large, terms, by=by, at=at, reason=reason)


def choose_pilots(*, version, members, by, at, reason=""):
    """``rule_sets.choose_pilots``, in the same way; to take some out needs nobody else."""
    new = set(members) - set(version.pilots.values_list("member_id", flat=True))
    terms = {"members": sorted(members)}
    return _let("pilots", version, bool(new) and _is_large(version, at, terms), terms, by=by, at=at, reason=reason)


def stop(*, version, by, at, reason="", **terms):
    """``rule_sets.stop``, at once unless much more would be earned afterwards; returns as ``release``."""
    return _let("stop", version, _brings_back_much(version, at), terms, by=by, at=at, reason=reason)


def let_serve(*, version, by, at, reason=""):
    """``scripts.let_serve`` of a version of a script: at once where no version of the rules uses the script. Otherwise
    it waits, for no examples show all that a source does. Returns the ``Approval`` that waits, or the
    ``ScriptVersion``. Raises ``VersionFailed``, ``TrialFailed``, ``AlreadyAsked``."""
    script = version.script
    if not _is_used(script):
        return scripts.let_serve(version=version, by=by, at=at)
    scripts.check_trials(version)
    return approvals.ask(
        kind=SCRIPT,
        subject=f"script:{script.code}",
        data={"script": script.pk, "serving": _pk(scripts.serving(script)), "version": version.pk},
        owners=[version.by],
        reason=reason,
        by=by,
        at=at,
    )


def run_rules(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved about a version. Raises ``Outdated`` and what the act raises."""
    data, version = approval.data, version_of(approval)
    if version.rules != data["rules"] or _serving(_rule_set(version)) != data["scripts"]:
        raise approvals.Outdated
    terms = dict(data["terms"])
    if "starts_at" in terms:
        terms["starts_at"] = max(datetime.fromisoformat(terms["starts_at"]), at)
    ACTS[data["act"]](version=version, by=approval.by, at=at, **terms)


def run_script(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved about a script. Raises ``Outdated`` and what ``scripts`` raises."""
    data = approval.data
    script = Script.objects.get(pk=data["script"])
    if _pk(scripts.serving(script)) != data["serving"]:
        raise approvals.Outdated
    scripts.let_serve(version=ScriptVersion.objects.get(pk=data["version"]), by=approval.by, at=at)


def sources(approval):
    """``(script, source that served, source that would)`` of a request about a script."""
    data = approval.data
    script = Script.objects.get(pk=data["script"])
    versions = ScriptVersion.objects.filter(pk__in=[data["serving"], data["version"]])
    found = dict(versions.values_list("pk", "source"))
    return script, found.get(data["serving"], ""), found[data["version"]]


def version_of(approval):
    """The ``RuleSetVersion`` that a request is about."""
    return RuleSetVersion.objects.get(number=approval.data["number"])


def effect(approval, at):
    """What a request about the rules would change: ``(scripts that are new to the rules, [measure.Change, ...])``."""
    version = version_of(approval)
    act, terms = approval.data["act"], approval.data["terms"]
    if act == "stop" or (act == "widen" and _is_fewer(version, terms)):
        served, after = [queries.for_all(at)], queries.for_all_without(version.number, at)
    else:
        served, after = _served(at, terms), _rule_set(version)
    return _new_scripts(served, after), _changes(served, after, at)


def _is_fewer(version, terms):
    """Whether the version would serve no more members than by its latest stage."""
    latest = version.stages.order_by("starts_at").last()
    return latest is not None and terms["percent"] <= latest.percent


def _brings_back_much(version, at):
    """Whether much more is earned by the rules that serve everybody once the version does not any more."""
    then = queries.for_all_without(version.number, at)
    return any(change.percent > 0 for change in _large([queries.for_all(at)], then, at))


def _is_large(version, at, terms):
    served, after = _served(at, terms), _rule_set(version)
    return bool(_new_scripts(served, after) or _large(served, after, at))


def _served(at, terms):
    """What serves everybody from a day ago until the act on these terms, or stored ones, counts; the oldest first."""
    starts_at = terms.get("starts_at", at)
    if isinstance(starts_at, str):
        starts_at = datetime.fromisoformat(starts_at)
    return queries.for_all_during(at - DAY, max(starts_at, at))


def _new_scripts(served, after):
    """Codes of the scripts that are new beside any of them. One that is not is used by what serves now, so that it
    cannot have been changed by one person alone."""
    return sorted({code for before in served for code in measure.new_scripts(before, after)})


def _large(served, after, at):
    limit = RULES_APPROVAL_PERCENT.value
    return [change for change in _changes(served, after, at) if abs(change.percent) > limit]


def _changes(served, after, at):
    """``[measure.Change, ...]``, the largest first: what is more beside any of them, what is less beside the first."""
    with queries.tried():
        earners, names = queries.earners(), goods.names()
        found = [
            change
            for number, before in enumerate(served)
            for change in measure.changes(before, after, earners, at, names)
            if number == 0 or change.percent > 0
        ]
    return sorted(found, key=lambda change: -abs(change.percent))


def _let(act, version, is_large, terms, *, by, at, reason):
    with locking_transaction():
        rule_sets.lock()
        if not is_large:
            ACTS[act](version=version, by=by, at=at, **terms)
            return None
        with rehearsal():
            ACTS[act](version=version, by=by, at=at, **terms)
        stored = {name: sorted(value) if isinstance(value, set) else value for name, value in terms.items()}
        if "starts_at" in stored:
            stored["starts_at"] = stored["starts_at"].isoformat()
        rules = RuleSetVersion.objects.get(number=version.number).rules
        return approvals.ask(
            kind=RULES,
            subject=f"rules:{version}",
            data={
                "act": act,
                "number": version.number,
                "rules": rules,
                "scripts": _serving(_rule_set(version)),
                "terms": stored,
            },
            owners=_owners(version, terms),
            reason=reason,
            by=by,
            at=at,
        )


def _owners(version, terms):
    """Whoever wrote the version, and those whom it would serve by name."""
    trail = AuditEvent.objects.filter(subject=f"rules:{version}", event__startswith="rules.")
    pilots = [*terms.get("pilots", ()), *terms.get("members", ())]
    return sorted({version.by, *trail.values_list("by", flat=True), *map(actors.staff, pilots)})


def _is_used(script):
    """Whether a version that serves, or will, names the script."""
    return any(
        release.stopped_at is None and script.code in measure.scripts(release.rule_set)
        for release in queries.releases()
    )


def _serving(rule_set):
    """``{code: id of the version that serves}`` of the scripts that a rule set uses."""
    used = Script.objects.filter(code__in=measure.scripts(rule_set))
    return {script.code: _pk(scripts.serving(script)) for script in used}


def _pk(row):
    return None if row is None else row.pk


def _rule_set(version):
    try:
        return engine.build(str(version), version.rules)
    except queries.NOT_READABLE as error:
        raise InvalidInput(field=_("A rule")) from error
