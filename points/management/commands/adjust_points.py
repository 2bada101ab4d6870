import json
import uuid

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from accounts.finding import find_member
from core import actors, approvals, clock
from core.errors import DomainError
from core.models import Approval
from points.grants.approvals import APPROVE_POINTS
from points.grants.models import Reason
from points.grants.services import adjusting
from points.ledger import queries

State = Approval.State


class Command(BaseCommand):
    help = (
        "Give points to a member, or take them (negative). What one person may move in a day (the parameter "
        "points.adjust_approval_above) is the sum of the author, of the member, and of all ways; commands without "
        "--by are one author. Above it the request waits for a second person on the staff's pages, unless "
        "--approved-by names one. Exit code 0: done (or --dry-run), 3: waits for a second person, 1: refused, 2: wrong "
        "arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("member", help="phone, e-mail, username or number")
        parser.add_argument("points", type=int, help="a whole number; negative takes points away")
        parser.add_argument("--reason", required=True, choices=Reason.values)
        parser.add_argument("--note", default="", help="for staff; the member does not see it")
        parser.add_argument("--key", help="the same key again changes nothing (default: a new one)")
        parser.add_argument("--by", metavar="STAFF", help="who does it: phone, e-mail, username or number of a person")
        parser.add_argument(
            "--approved-by", metavar="STAFF", help="the second person, who must have the permission to approve"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, member, points, reason, note, key, by, approved_by, dry_run, **options):
        now = clock.now()
        account = find_member(member)
        if account is None:
            raise CommandError(f"There is no member {member!r}. Nothing was changed.")
        actor = staff_actor(by)
        second = approver(approved_by) if approved_by else None
        available = queries.balance(account, at=now).available
        result = {"member": account, "points": points, "available": available, "dry_run": dry_run}
        if dry_run:
            if points == 0 or abs(points) > adjusting.MOST_POINTS:
                raise CommandError(f"Points are 1 to {adjusting.MOST_POINTS}, or as many taken away.")
            if available + points < 0:
                raise CommandError(f"The member has {available} points to spend. Nothing was changed.")
            waits = adjusting.would_wait(member=account, points=points, by=actor, at=now)
            result |= {"state": State.PENDING if waits else State.DONE}
        else:
            try:
                adjustment = adjusting.request_adjustment(
                    member=account,
                    points=points,
                    reason=reason,
                    note=note,
                    form_key=f"command:{key}" if key else f"command:{uuid.uuid4()}",
                    by=actor,
                    at=now,
                )
                approval = adjustment.approval
                if second and approval.waits:
                    approval = approvals.approve(approval=approval, by=second, at=now)
            except DomainError as error:
                raise CommandError(str(error)) from error
            available = queries.balance(account, at=now).available
            result |= {"adjustment": adjustment.pk, "state": approval.state, "available": available}
        self.stdout.write(json.dumps(result) if options["json"] else _as_text(result))
        if result["state"] == State.PENDING and not dry_run:
            raise SystemExit(3)


def staff_actor(name):
    """The actor that ``--by`` names: a member of the staff; the command itself when nobody is named."""
    if name is None:
        return actors.system("command")
    pk = find_member(name)
    if pk is None:
        raise CommandError(f"There is nobody {name!r}.")
    return actors.staff(pk)


def approver(name):
    """The actor that ``--approved-by`` names: somebody of the staff who may approve points."""
    person = get_user_model().objects.filter(pk=find_member(name), is_active=True, is_staff=True).first()
    if person is None or not person.has_perm(APPROVE_POINTS):
        raise CommandError(f"{name!r} is not a member of the staff who may approve.")
    return actors.staff(person.pk)


def _as_text(result):
    waits = result["state"] == State.PENDING
    verb = ("would wait" if waits else "would be done") if result["dry_run"] else ("waits" if waits else "done")
    who = " for a second person" if waits else ""
    return f"member {result['member']}: {result['points']:+,} points, {verb}{who}; {result['available']:,} available"
