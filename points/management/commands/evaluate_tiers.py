import json
from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.progress import Bar
from points.tiers.services import tiers


class Command(BaseCommand):
    help = (
        "Look at the tiers whose anniversary has come or whose grace is over: keep them, begin a grace with a notice, "
        "or lower them by one step. With --recompute also raise everybody whose points reach more than they have "
        "(after figures changed; rises come by themselves otherwise). In short transactions; safe to stop and start "
        "again, and to run twice at once. Exit code 0: done, 1: members were busy and are left for the next run, "
        "2: wrong arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="say what would turn and write nothing")
        parser.add_argument("--recompute", action="store_true", help="look at everybody who could rise, too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--chunk",
            type=int,
            default=tiers.CHUNK,
            metavar="N",
            help=f"members a transaction, 1 to {tiers.MOST_CHUNK} (default: {tiers.CHUNK})",
        )

    def handle(self, *, dry_run, recompute, chunk, **options):
        if not 1 <= chunk <= tiers.MOST_CHUNK:
            raise CommandError(f"--chunk takes 1 to {tiers.MOST_CHUNK}.", returncode=2)
        at = clock.now()
        due = tiers.due_for_review(at=at)
        result = _sum(tiers.evaluate(at=at, chunk=chunk, dry_run=dry_run), Bar("Evaluating", due))
        if recompute:
            rises = _sum(tiers.recompute(at=at, chunk=chunk, dry_run=dry_run), Bar("Recomputing", tiers.could_rise()))
            result = {name: result[name] + rises[name] for name in result}
        result |= {"dry_run": dry_run, "left": 0 if dry_run else tiers.due_for_review(at=at)}
        self.stdout.write(json.dumps(result) if options["json"] else _as_text(result))
        if result["left"]:
            raise SystemExit(1)


def _sum(runs, bar):
    members, turns = 0, Counter()
    for done in runs:
        members += done.members
        turns += done.turns
        bar(members)
    return {"members": members} | {cause: turns[cause] for cause in ("promoted", "kept", "warned", "demoted")}


def _as_text(result):
    text = (
        "Looked at {members:,} members: {promoted:,} promoted, {kept:,} kept, {warned:,} warned, "
        "{demoted:,} one step down."
    )
    if result["dry_run"]:
        text += " Dry run: nothing was written."
    if result["left"]:
        text += " {left:,} were busy and are left for the next run."
    return text.format(**result)
