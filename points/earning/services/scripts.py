"""Staff write scripts, keep drafts of them, try one and let it serve; the mall takes a failing one out (C7)."""

from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import DomainError
from points.earning.models import RuleAlert, Script, ScriptVersion
from points.earning.queries.rule_sets import NotTried, tried
from points.earning.rules import sandbox, scripts
from points.earning.services.alerts import open_alert

log = structlog.get_logger(__name__)

TRIAL_TIERS = ("normal", "silver", "gold", "diamond")
TRIAL_AMOUNTS = (Decimal(0), Decimal("0.99"), Decimal("100.5"), Decimal("12345.67"))
TRIALS = tuple(
    (tier, amount, is_imported) for tier in TRIAL_TIERS for amount in TRIAL_AMOUNTS for is_imported in (False, True)
)
SAMPLE = """\
function calculatePoints(userLevel, amount, isImported) {
  let basePoints = Math.floor(amount);
  let multiplier = 1;
  if (userLevel === SILVER) multiplier = 1.2;
  else if (userLevel === GOLD) multiplier = 1.5;
  if (isImported) multiplier *= 1.5;
  return Math.floor(basePoints * multiplier);
}
"""


def sample():
    """``SAMPLE`` with hints, in the language of the page."""
    hints = (
        _("userLevel: NORMAL, SILVER, GOLD or DIAMOND. amount: yuan paid for the goods of one category."),
        _("isImported: true or false. A fourth argument, {points, category, multiplier}, has what earlier rules gave."),
    )
    return "".join(f"// {hint}\n" for hint in hints) + SAMPLE


class NotAScript(DomainError):
    """The source has an error of syntax. Details: ``why``."""

    code = "not_a_script"
    message = _("This cannot be read as a script: %(why)s Nothing was changed.")


class VersionFailed(DomainError):
    """The version failed and is not tried again. Details: ``number``, ``why``."""

    code = "version_failed"
    message = _("Version %(number)s failed (%(why)s) and is not used again. Save what is corrected as a new version.")


class TrialFailed(DomainError):
    """The version does not give points for everything it is tried on. Details: ``number``, ``why``."""

    code = "trial_failed"
    message = _("Version %(number)s fails when it is tried: %(why)s It does not serve.")


class CodeTaken(DomainError):
    """Another script has this code. Details: ``script_code``."""

    code = "code_taken"
    message = _("There is a script “%(script_code)s” already.")


def create(*, code, name, source, by, at):
    """A new script with its first version, a draft; returns the ``Script``. Raises ``CodeTaken``, ``NotAScript``."""
    check_syntax(source)
    with transaction.atomic():
        script, is_new = Script.objects.get_or_create(code=code, defaults={"name": name, "created_at": at, "by": by})
        if not is_new:
            raise CodeTaken(script_code=code)
        save(script=script, source=source, by=by, at=at)
    return script


def save(*, script, source, by, at):
    """Keep ``source`` as the next version, a draft: it counts for nobody. Returns the ``ScriptVersion``. Raises
    ``NotAScript`` for an error of syntax, and keeps nothing."""
    check_syntax(source)
    with transaction.atomic():
        Script.objects.select_for_update().get(pk=script.pk)  # two savings number their versions one after the other
        latest = script.versions.aggregate(Max("number"))["number__max"] or 0
        version = ScriptVersion.objects.create(script=script, number=latest + 1, source=source, created_at=at, by=by)
        audit.record("script.saved", by=by, subject=f"script:{script.code}", at=at, number=version.number)
    return version


def let_serve(*, version, by, at, trials=TRIALS):
    """Let a version serve from now on: a draft, or one that served before. Returns it.

    It is tried first, on each of ``trials``, ``(tier, yuan, is imported)``: where it fails, it stays what it is, and
    the version that serves goes on. Raises ``TrialFailed``, ``VersionFailed``.
    """
    check_trials(version, trials)
    with transaction.atomic():
        Script.objects.select_for_update().get(pk=version.script_id)
        version = _usable(version)
        version.activated_at = at
        version.save(update_fields=["activated_at"])
        audit.record("script.serves", by=by, subject=f"script:{version.script.code}", at=at, number=version.number)
        scripts.SCRIPTS.changed()
    return version


def _usable(version):
    version = ScriptVersion.objects.select_related("script").get(pk=version.pk)
    if version.failed_at is not None:
        raise VersionFailed(number=version.number, why=version.failure)
    return version


def check_trials(version, trials=TRIALS):
    """Raises ``VersionFailed``, ``TrialFailed``."""
    source = _usable(version).source
    why = next((why for _trial, result, why in try_out(source, trials) if result is None), None)
    if why is not None:
        raise TrialFailed(number=version.number, why=why)


def check_syntax(source):
    """Raises ``NotAScript``, ``NotTried``."""
    try:
        with tried():
            sandbox.check(source)
    except sandbox.NotAScript as error:
        raise NotAScript(why=str(error)) from None


def serving(script):
    """The ``ScriptVersion`` that serves, by the database; None where none does."""
    usable = script.versions.filter(activated_at__isnull=False, failed_at__isnull=True)
    return usable.order_by("-activated_at", "-pk").first()


def try_out(source, trials=TRIALS):
    """``[(trial, points or None, why not), ...]``; ends with the first limit that it does not keep."""
    results = []
    for trial in trials:
        try:
            results.append((trial, scripts.trial(source, *trial), ""))
        except sandbox.Failed as failure:
            results.append((trial, None, str(failure)))
            if isinstance(failure, sandbox.LimitReached):
                break  # each further one would take as long
        except sandbox.Unavailable:
            results.append((trial, None, str(NotTried())))
            break
    return results


def report_failure(version, why):
    """A version failed at work (``points.earning.rules.scripts``): written down when the purchase that met it is
    committed, or at the next one when it is rolled back."""

    def write():
        _fail(version.pk, version.number, version.name, why, at=clock.now())
        scripts.reported(version.pk)

    transaction.on_commit(write, robust=True)


def _fail(pk, number, name, why, *, at):
    with transaction.atomic():
        failed = ScriptVersion.objects.filter(pk=pk, failed_at=None).update(failed_at=at, failure=why[:300])
        if failed:
            log.error("script_failed", script=name, version=number, why=why)
            open_alert(
                kind=RuleAlert.Kind.SCRIPT_FAILED,
                subject=f"script_version:{pk}",
                details={"name": name, "version": number, "why": why},
                at=at,
            )
            scripts.SCRIPTS.changed()


scripts.listeners.append(report_failure)
