"""Points to many members from a file: checked as a whole first, then given in batches, each line once (B11).

A grant goes CHECKING, CHECKED, RUNNING, DONE; above the threshold PENDING comes before RUNNING. Each batch commits
its points together with the counts, and a line's key keeps it from being given twice: a job that died is simply
started again.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, tables
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points import ledger
from points.models import BulkGrant, Kind, Reason
from points.parameters import ADJUST_APPROVAL_ABOVE
from points.services import grant_file, tiers
from points.services.adjusting import AlreadyDecided, RequesterDecides, words

BATCH = 1000
KEPT_REFUSED = 10_000  # lines in the report
SOURCE = "grant"  # the same for all files: a key given in two files is one grant
State = BulkGrant.State
AFTER = {State.RUNNING: {State.RUNNING, State.DONE}, State.REFUSED: {State.REFUSED}}  # what a decision led to


class LinesRefused(DomainError):
    """Details: ``lines``. Nothing is granted unless refused lines may be left out."""

    code = "lines_refused"
    message = _("%(lines)s lines are refused. Correct the file, or choose to leave them out.")


class NotReady(DomainError):
    """The file cannot be started or decided from where it stands. Details: ``state``, in words."""

    code = "grant_not_ready"
    message = _("The grant stands at “%(state)s”. Nothing was changed.")


def take_in(*, name, content, reason, skip_refused, by, at):
    """Keep a file's bytes to be checked; returns the ``BulkGrant``. The same file again is the same grant: one that
    runs or waits is returned as it is, any other is checked anew. Raises ``tables.FileTooLarge``."""
    if len(content) > grant_file.MOST_BYTES:
        raise tables.FileTooLarge(most=grant_file.MOST_BYTES // 1024 // 1024)
    if reason not in Reason.values:
        raise InvalidInput(field="reason")
    fresh = {
        "name": name[-100:],
        "reason": reason,
        "skip_refused": skip_refused,
        "state": State.CHECKING,
        "requested_by": by,
        "requested_at": at,
    }
    with locking_transaction():
        digest = grant_file.digest_of(content)
        grant, created = BulkGrant.objects.select_for_update().get_or_create(
            digest=digest, defaults=fresh | {"content": content}
        )
        if created or grant.state not in {State.RUNNING, State.PENDING}:
            for field, value in fresh.items():
                setattr(grant, field, value)
            grant.decided_by, grant.decided_at, grant.finished_at = "", None, None
            grant.save()
            _record("points.grant_requested", grant, by=by, at=at)
    return grant


def judge(*, grant, at, progress=None):
    """Check the lines of a grant that waits for it, and keep what was found. Returns the grant."""
    grant = BulkGrant.objects.get(pk=grant.pk)
    if grant.state != State.CHECKING:
        return grant
    result = {"problem": "", "cursor": 0, "granted": 0, "finished_at": None}
    try:
        checked = _check(grant, progress)
    except tables.FileNotReadable as error:
        result |= {"state": State.BROKEN, "problem": str(error)[:200], "finished_at": at}
        result |= {"good_lines": 0, "total_points": 0, "repeated": 0, "refused_lines": 0, "refused": []}
    else:
        result |= {
            "state": State.CHECKED,
            "problem": checked.note[:200],
            "good_lines": len(checked.good),
            "total_points": checked.total,
            "repeated": sum(line.is_repeated for line in checked.good),
            "refused_lines": len(checked.refused),
            "refused": [line.as_list() for line in checked.refused[:KEPT_REFUSED]],
        }
    BulkGrant.objects.filter(pk=grant.pk, state=State.CHECKING).update(**result)
    grant.refresh_from_db()
    return grant


def start(*, grant, by, at):
    """Let a checked grant run, or wait for a second person when its points pass ``ADJUST_APPROVAL_ABOVE``. Raises
    ``LinesRefused``, ``NotReady``. Starting again what runs or waits changes nothing."""
    with locking_transaction():
        grant = _locked(grant)
        if grant.state in {State.RUNNING, State.PENDING}:
            return grant
        if grant.state != State.CHECKED:
            raise NotReady(state=grant.get_state_display())
        if grant.refused_lines and not grant.skip_refused:
            raise LinesRefused(lines=grant.refused_lines)
        needs_second = grant.total_points > ADJUST_APPROVAL_ABOVE.value
        grant.state = State.PENDING if needs_second else State.RUNNING
        grant.save(update_fields=["state"])
        _record("points.grant_waits" if needs_second else "points.grant_started", grant, by=by, at=at)
    return grant


def approve(*, grant, by, at):
    """A second person lets it run. Raises ``RequesterDecides``, ``AlreadyDecided``."""
    return _decide(grant, State.RUNNING, "points.grant_approved", by=by, at=at)


def refuse(*, grant, by, at):
    """A second person says no: nothing is given. Raises as ``approve``."""
    return _decide(grant, State.REFUSED, "points.grant_refused", by=by, at=at)


def work_off(*, grant, at, progress=None):
    """Give what a running grant still has to give, ``BATCH`` lines a transaction. Returns the grant. Safe to run
    again, even twice at once. ``progress`` is called with the number of lines worked off."""
    grant = BulkGrant.objects.get(pk=grant.pk)
    if grant.state != State.RUNNING:
        return grant
    todo = [line for line in _check(grant).good if not line.is_repeated]
    done_before = max(grant.good_lines - len(todo), 0)
    BulkGrant.objects.filter(pk=grant.pk, state=State.RUNNING).update(cursor=done_before)
    for begin in range(0, len(todo), BATCH):
        grant = _work_batch(grant, todo[begin : begin + BATCH], at)
        if progress:
            progress(grant.cursor)
    return _finish(grant, at)


def _work_batch(grant, lines, at):
    with locking_transaction():
        grant = _locked(grant)
        given, refused = _grant_lines(grant, lines, at)
        tiers.consider_many([line.account for line in lines], at=at)
        grant.granted += given
        grant.cursor = min(grant.cursor + len(lines), grant.good_lines)
        changed = ["granted", "cursor"]
        if refused:
            grant.refused_lines += len(refused)
            grant.refused = (grant.refused + refused)[:KEPT_REFUSED]
            changed += ["refused_lines", "refused"]
        grant.save(update_fields=changed)
    return grant


def _grant_lines(grant, lines, at):
    """``(how many were given, refused lines)``: all in one call, and one by one where that is refused."""
    try:
        with transaction.atomic():
            return _earn(grant, lines, at), []
    except DomainError as error:
        if len(lines) == 1:
            (line,) = lines
            return 0, [[line.number, str(line.account), str(line.points), line.reason, line.key, str(error)]]
    given, refused = 0, []
    for line in lines:
        more, problems = _grant_lines(grant, [line], at)
        given += more
        refused += problems
    return given, refused


def _earn(grant, lines, at):
    """Credit all lines in one call; how many the ledger did not have yet."""
    texts = {reason: words(reason) for reason in {line.reason for line in lines}}
    earnings = [ledger.Earning(line.account, line.points, line.key, at, SOURCE, texts[line.reason]) for line in lines]
    return ledger.earn_many(earnings=earnings, kind=Kind.ADJUST, by=grant.requested_by).count(False)


def _finish(grant, at):
    with locking_transaction():
        grant = _locked(grant)
        if grant.state == State.RUNNING:
            grant.state, grant.finished_at, grant.cursor = State.DONE, at, grant.good_lines
            grant.save(update_fields=["state", "finished_at", "cursor"])
            _record("points.granted", grant, by=grant.requested_by, at=at)
    return grant


def _locked(grant):
    """The grant's row, locked, without the bytes of its file."""
    return BulkGrant.objects.select_for_update().defer("content").get(pk=grant.pk)


def _check(grant, progress=None):
    kind, _sign, number = grant.requested_by.partition(":")
    own = int(number) if kind == "staff" and number.isdigit() else None
    return grant_file.check(bytes(grant.content), reason=grant.reason, own=own, progress=progress)


def _decide(grant, state, event, *, by, at):
    with locking_transaction():
        grant = _locked(grant)
        if grant.decided_by == by and grant.state in AFTER[state]:
            return grant
        if grant.state != State.PENDING:
            raise AlreadyDecided(state=grant.get_state_display())
        if by == grant.requested_by:
            raise RequesterDecides
        grant.state, grant.decided_by, grant.decided_at = state, by, at
        grant.save(update_fields=["state", "decided_by", "decided_at"])
        _record(event, grant, by=by, at=at)
    return grant


def _record(event, grant, *, by, at):
    audit.record(
        event,
        by=by,
        subject=f"grant:{grant.pk}",
        at=at,
        file=grant.digest,
        lines=grant.good_lines,
        points=grant.total_points,
        granted=grant.granted,
        refused=grant.refused_lines,
    )
