import json
from datetime import datetime, time, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts.finding import find_member
from core.clock import is_in_calendar
from points.ledger import queries

A_MOMENT = timedelta(microseconds=1)


class Command(BaseCommand):
    help = (
        "Tell the points of a member at a past moment: the sum of all entries up to it, what could be spent then, and "
        "what was held. It only reads. Exit code 0: told, 1: no such member or moment, 2: wrong arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("member", help="phone, e-mail, username or number")
        parser.add_argument(
            "moment",
            help="2026-11-30T12:00 or with an offset, +08:00; without one in the shop's time zone; a day alone is its "
            "last moment",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, member, moment, **options):
        account = find_member(member)
        if account is None:
            raise CommandError(f"There is no member {member!r}.")
        at = _moment(moment)
        then = queries.balance_at(account, at)
        result = {
            "member": account,
            "at": timezone.localtime(at).isoformat(),
            "total": then.total,
            "spendable": then.spendable,
            "held": then.held,
        }
        self.stdout.write(
            json.dumps(result)
            if options["json"]
            else f"member {account} at {result['at']}: {then.total:,} points in all, {then.spendable:,} spendable,"
            f" {then.held:,} held"
        )


def _moment(text):
    try:
        day, at = parse_date(text), parse_datetime(text)
    except ValueError:
        day = at = None
    zone = timezone.get_default_timezone()
    if at is not None and timezone.is_naive(at):
        at = timezone.make_aware(at, zone)
    found = day or at
    if found is None or not is_in_calendar(found):
        raise CommandError(f"{text!r} is not a moment like 2026-11-30T12:00.")
    return at if day is None else datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone) - A_MOMENT
