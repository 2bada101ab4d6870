import sys
from datetime import datetime, time, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from core.clock import is_in_calendar
from core.progress import Bar
from points.ledger import journal
from points.ledger.models import PointsEntry


class Command(BaseCommand):
    help = (
        "Write the points ledger as a double-entry journal in beancount's syntax, which bean-check accepts: a balance "
        "assertion for every member at the end. Days are those of the shop's time zone. It only reads. "
        "Exit code 0: written, 1: wrong dates or the file cannot be written, 2: wrong arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="begin", metavar="YYYY-MM-DD", help="first day (default: the beginning)")
        parser.add_argument("--to", dest="end", metavar="YYYY-MM-DD", help="last day (default: today and later)")
        parser.add_argument("--output", type=Path, metavar="FILE", help="(default: stdout)")

    def handle(self, *, begin, end, output, **options):
        begin, end = _day(begin), _day(end)
        if begin and end and end < begin:
            raise CommandError("--to lies before --from.")
        moments = {"begin": begin and _midnight(begin), "end": end and _midnight(end + timedelta(days=1))}
        watched = output is not None and sys.stderr.isatty()
        progress = Bar("Writing", PointsEntry.objects.count()) if watched else None
        lines = journal.lines(**moments, progress=progress)
        if output is None:
            for line in lines:
                self.stdout.write(line)
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error


def _day(text):
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not is_in_calendar(day):
        raise CommandError(f"{text!r} is not a day like 2026-11-30.")
    return day


def _midnight(day):
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
