"""Notifying members: a notice in their inbox and, if it is important, an SMS or e-mail (A6)."""

from functools import cache
from itertools import islice

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from accounts.models import Notice, User
from accounts.wording import translated
from core.errors import InvalidInput
from core.rows import Rows

BATCH = 10_000  # members per transaction
SMS_TASK, EMAIL_TASK = "accounts.tasks.send_sms", "accounts.tasks.send_email"  # above us: called by name

# Only the process that inserts the row tells the member, so two processes never send the same notice twice.
INSERT = """
INSERT INTO {notice.table} (member_id, {notice.columns}) SELECT id, {notice.marks}
FROM accounts_user WHERE id = ANY (%s) AND is_active
ON CONFLICT (member_id, key) DO NOTHING
RETURNING member_id
"""


def notify(*, member_id, topic, title, text, key, at, values=None, url="", sms=False):
    """Tell a member something, once for each ``key``; in the caller's transaction. True when it was told now.

    ``title`` and ``text`` are English messages (``gettext_noop``), ``values`` as in ``accounts.wording.translated``,
    ``url`` is a path of the mall. With ``sms`` it goes to the verified phone as well, or else the e-mail address, after
    commit. Inactive members are not told.
    """
    told_now = bool(_insert([member_id], topic=topic, title=title, text=text, key=key, at=at, values=values, url=url))
    if told_now and sms:
        _send(User.objects.get(pk=member_id), title, text, values or {})
    return told_now


def announce(*, topic, title, text, key, at, values=None, url="", members=None):
    """Tell all active members, or those with the ids ``members``; returns how many were told now. Safe to repeat: it
    continues where it stopped."""
    if members is None:
        members = User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True).iterator(BATCH)
    notice = {"topic": topic, "title": title, "text": text, "key": key, "at": at, "values": values, "url": url}
    count = 0
    members = iter(members)
    while ids := list(islice(members, BATCH)):
        with transaction.atomic():
            count += len(_insert(ids, **notice))
    return count


def mark_read(*, member, notices, at):
    """Mark these notices of the member as read."""
    Notice.objects.filter(member=member, pk__in=[notice.pk for notice in notices], read_at=None).update(read_at=at)


def _insert(members, *, topic, values, **notice):
    if topic not in Notice.Topic.values:
        raise InvalidInput(field="topic")
    sql, rows = _statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [*rows.values(Notice(topic=topic, values=values or {}, **notice)), members])
        return [member for (member,) in cursor.fetchall()]


@cache
def _statement():
    rows = Rows(Notice, "member")
    return INSERT.format(notice=rows), rows


def _send(member, title, text, values):
    """By SMS or else e-mail, in the shop's own language: members have none on record."""
    with translation.override(settings.LANGUAGE_CODE):
        title, text = translated(title, values), translated(text, values)
    if member.phone and member.phone_verified:
        current_app.tasks[SMS_TASK].delay_on_commit(member.phone, text)
    elif member.email:
        current_app.tasks[EMAIL_TASK].delay_on_commit([member.email], title, text)
