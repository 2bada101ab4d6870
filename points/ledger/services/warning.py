"""Telling members, before it happens, that points end (B10)."""

from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.services import notices
from accounts.tasks import send_email, send_sms
from accounts.wording import in_both
from core.batches import in_parts
from core.clock import shop_date
from points.ledger import queries, wording

DAYS = (30, 7, 1)  # each last day of a member is announced so many days before it, once each
MEMBERS = 1_000  # a transaction

# Who inserts the row sends the message: two runs at once insert different rows. A day that was missed is made good on
# the next, as long as the next announcement is not due itself.
INSERT = """
INSERT INTO points_expiry_warning (account_id, ends_on, days, points, at)
SELECT account_id, ends_on, (
    SELECT min(due) FROM unnest(%(days)s::smallint[]) due WHERE due >= ends_on - %(today)s::date
), sum(remaining), %(at)s
FROM (
    SELECT account_id, remaining, ((expires_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date AS ends_on
    FROM points_lot
    WHERE account_id = ANY (%(accounts)s) AND open AND expires_at > %(at)s AND expires_at <= %(until)s
) lot
GROUP BY account_id, ends_on
ON CONFLICT DO NOTHING
RETURNING account_id, ends_on, points
"""


def warn(*, at: datetime, members: int = MEMBERS) -> Iterator[int]:
    """Send what is due at ``at``: yields, for each transaction of at most ``members`` members, how many were told.

    One notice a member a day, and one SMS or else e-mail, names all points and last days that are due. Who has
    neither phone nor e-mail reads it in the mall; a phone added later brings no old news. Whom it cannot tell is left
    out, and in the log.
    """
    after, until = 0, queries.warned_until(at=at, days=max(DAYS))
    while accounts := queries.accounts_with_lots_ending(after=after, at=at, until=until, accounts=members):
        after = accounts[-1]
        for _part, told in in_parts(accounts, lambda part: _warn(part, at=at, until=until)):
            if not isinstance(told, Exception):
                yield told


def _warn(accounts: list[int], *, at: datetime, until: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "days": list(DAYS),
                "today": shop_date(at),
                "at": at,
                "until": until,
                "zone": timezone.get_default_timezone_name(),
                "accounts": accounts,
            },
        )
        due: dict[int, list[tuple[date, int]]] = {}
        for account, ends_on, points in cursor.fetchall():
            due.setdefault(account, []).append((ends_on, int(points)))
    members = User.objects.filter(pk__in=due, is_active=True).order_by("pk")
    for member in members:
        _tell(member, sorted(due[member.pk]), at)
    return len(members)


def _tell(member: User, ending: list[tuple[date, int]], at: datetime) -> None:
    """In the inbox, and by SMS or else e-mail in the shop's own language: members have none on record."""
    notices.notify(
        member_id=member.pk,
        topic="points",
        title=gettext_noop("Points of yours end soon"),
        text="%(what)s",
        values={"what": in_both(lambda: wording.ending_soon(ending))},
        url=reverse("points:home"),
        key=f"points_end:{shop_date(at)}",
        at=at,
    )
    with translation.override(settings.LANGUAGE_CODE):
        text = wording.ending_soon_message(ending)
        if member.phone and member.phone_verified:
            send_sms.delay_on_commit(member.phone, text)
        elif member.email:
            send_email.delay_on_commit([member.email], wording.ending_soon_subject(), text)
