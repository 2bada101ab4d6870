"""Points to many members from a file: checked as a whole first, then given in batches, each line once (B11).

A grant goes CHECKING, CHECKED, RUNNING, DONE; where it needs a second person PENDING comes before RUNNING. What is
given is what was judged: the good lines are kept with their members as they were found then, and nothing is looked up
again. Each batch commits its points together with the counts, and a line's key keeps it from being given twice: a job
that died is simply started again.
"""

from collections import Counter

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import actors, approvals, audit, outbox, tables
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points import ledger
from points.grants.models import BulkGrant, Reason
from points.grants.services import grant_file
from points.grants.services.adjusting import words
from points.grants.services.grant_file import Line
from points.ledger.models import Kind
from points.tiers.services import tiers

KIND = "points.grant"
TOPIC = "grant.approved"
BATCH = 1000
KEPT_REFUSED = 10_000  # lines in the report
SOURCE = "grant"  # the same for all files: a key given in two files is one grant
State = BulkGrant.State


class LinesRefused(DomainError):
    """Details: ``lines``. Nothing is granted unless refused lines may be left out."""

    code = "lines_refused"
    message = _("%(lines)s lines are refused. Correct the file, or choose to leave them out.")


class NotReady(DomainError):
    """The file cannot be started or decided from where it stands. Details: ``state``, in words."""

    code = "grant_not_ready"
    message = _("The grant stands at “%(state)s”. Nothing was changed.")


class NotYourFile(DomainError):
    """Whoever uploaded a file answers for it, and starts it."""

    code = "not_your_file"
    message = _("A colleague uploaded this file. Upload it yourself to grant it. Nothing was changed.")


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
            grant.finished_at = None
            grant.save()
            _record("points.grant_requested", grant, by=by, at=at)
    return grant


def judge(*, grant, at, progress=None):
    """Check the lines of a grant that waits for it, and keep what was found. Returns the grant."""
    grant = BulkGrant.objects.defer("lines").get(pk=grant.pk)
    if grant.state != State.CHECKING:
        return grant
    result = {"problem": "", "cursor": 0, "granted": 0, "finished_at": None}
    try:
        checked = _check(grant, progress)
    except tables.FileNotReadable as error:
        result |= {"state": State.BROKEN, "problem": str(error)[:200], "finished_at": at, "lines": []}
        result |= {"good_lines": 0, "total_points": 0, "repeated": 0, "refused_lines": 0, "refused": []}
    else:
        fresh = [line for line in checked.good if not line.is_repeated]
        repeated = len(checked.good) - len(fresh)
        result |= {
            "state": State.CHECKED,
            "problem": checked.note[:200],
            "lines": [[line.number, line.account, line.points, line.reason, line.key] for line in fresh],
            "good_lines": len(checked.good),
            "total_points": checked.total,
            "repeated": repeated,
            "cursor": repeated,
            "refused_lines": len(checked.refused),
            "refused": [line.as_list() for line in checked.refused[:KEPT_REFUSED]],
        }
    # A file that was uploaded again meanwhile, by somebody else perhaps, is judged anew.
    waits = BulkGrant.objects.filter(pk=grant.pk, state=State.CHECKING, requested_at=grant.requested_at)
    waits.update(**result)
    return BulkGrant.objects.defer("content", "lines").get(pk=grant.pk)


def start(*, grant, by, at):
    """Let a checked grant run, or wait for a second person (``core.approvals``). Raises ``LinesRefused``, ``NotReady``,
    ``NotYourFile``, ``OwnGain``. Starting again what runs or waits changes nothing."""
    with locking_transaction():
        grant = _locked(grant)
        if grant.state in {State.RUNNING, State.PENDING}:
            return grant
        if grant.state != State.CHECKED:
            raise NotReady(state=grant.get_state_display())
        if by != grant.requested_by:
            raise NotYourFile
        if grant.refused_lines and not grant.skip_refused:
            raise LinesRefused(lines=grant.refused_lines)
        shares = Counter()
        for _number, account, points, _reason, _key in grant.lines:
            shares[account] += points
        subject = f"grant:{grant.pk}"
        grant.approval = approvals.ask(
            kind=KIND, subject=subject, shares=shares, reason=words(grant.reason), by=by, at=at
        )
        grant.state = State.PENDING if grant.approval.waits else State.RUNNING
        grant.save(update_fields=["state", "approval"])
        _record("points.grant_waits" if grant.approval.waits else "points.grant_started", grant, by=by, at=at)
    return grant


def run(approval, *, by, at):
    """What was approved: the grant runs, soon after the commit."""
    grant = _follow(approval, State.RUNNING, "points.grant_started", by=by, at=at)
    outbox.publish(TOPIC, key=f"grant:{approval.pk}", at=at, grant_id=grant.pk)


def drop(approval, *, by, at):
    """What was refused: nothing is given."""
    _follow(approval, State.REFUSED, "points.grant_refused", by=by, at=at)


def work_off(*, grant, at, progress=None):
    """Give what a running grant still has to give, ``BATCH`` lines a transaction. Returns the grant. Safe to run
    again, even twice at once. ``progress`` is called with the number of lines worked off."""
    grant = BulkGrant.objects.defer("content").get(pk=grant.pk)
    approval, lines = grant.approval_id, grant.lines
    while grant.state == State.RUNNING and grant.approval_id == approval:  # else it was started anew, by another job
        grant = _work_batch(grant, approval, lines, at)
        if progress:
            progress(grant.cursor)
    return grant


def _work_batch(grant, approval, lines, at):
    """The next lines, or the end where there are none."""
    with locking_transaction():
        grant = _locked(grant)
        if grant.state != State.RUNNING or grant.approval_id != approval:
            return grant
        begin = grant.cursor - grant.repeated
        batch = [Line(*line) for line in lines[begin : begin + BATCH]]
        if not batch:
            return _finish(grant, at)
        given, refused = _grant_lines(grant, batch, at)
        tiers.consider_many({line.account: at for line in batch})
        grant.granted += given
        grant.cursor += len(batch)
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
    grant.state, grant.finished_at = State.DONE, at
    grant.save(update_fields=["state", "finished_at"])
    _record("points.granted", grant, by=grant.requested_by, at=at)
    return grant


def _follow(approval, state, event, *, by, at):
    grant = _locked(BulkGrant.objects.only("pk").get(approval=approval))
    if grant.state != State.PENDING:
        raise NotReady(state=grant.get_state_display())
    grant.state = state
    grant.save(update_fields=["state"])
    _record(event, grant, by=by, at=at)
    return grant


def _locked(grant):
    """The grant's row, locked, without the bytes of its file and its lines."""
    return BulkGrant.objects.select_for_update().defer("content", "lines").get(pk=grant.pk)


def _check(grant, progress=None):
    own = actors.person(grant.requested_by)
    return grant_file.check(bytes(grant.content), reason=grant.reason, own=own, progress=progress)


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
