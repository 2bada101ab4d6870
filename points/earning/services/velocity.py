"""Many members, one device: earnings that look odd are seen when they happen (C10).

A trace says which members earned on a day with one thing in common. The first few are as good as anybody; who comes
after them is to be looked at. Only keyed hashes are kept, and only for ``KEPT_DAYS``.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from core.clock import shop_date
from core.crypto import fingerprint
from points.earning.models import EarningTrace
from points.earning.parameters import MEMBERS_PER_ADDRESS, MEMBERS_PER_DEVICE, MEMBERS_PER_PHONE_PREFIX

KEPT_DAYS = 3
PHONE_TAIL = 3  # digits that differ between phone numbers bought in a row
Kind = EarningTrace.Kind

# The row is the lock: of two members at once, one is counted after the other.
LEAVE = """
INSERT INTO points_earningtrace (day, behaviour, kind, value, members)
VALUES (%(day)s, %(behaviour)s, %(kind)s, %(value)s, ARRAY[%(member)s]::bigint[])
ON CONFLICT (day, behaviour, kind, value) DO UPDATE SET members = CASE
    WHEN %(member)s = ANY (points_earningtrace.members) OR cardinality(points_earningtrace.members) >= %(most)s
    THEN points_earningtrace.members ELSE points_earningtrace.members || %(member)s::bigint
END
RETURNING %(member)s = ANY (members), cardinality(members)
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of where an act came from: keyed hashes (``core.visitor``), empty where nothing is known."""

    device: str = ""
    address: str = ""
    phone: str = ""


NOTHING = Facts()


def phone_hash(phone):
    """The ``phone`` of ``Facts`` for a number in E.164, empty for none."""
    return fingerprint(f"phone:{phone[:-PHONE_TAIL]}") if phone else ""


def grounds(*, member, behaviour, at, facts):
    """Leave the traces of an earning; returns why it is odd: ``[[kind, members before], ...]``, mostly empty.

    Call it before the tally is locked: its rows come first in the order of locks, and always in this order.
    """
    found = []
    for kind, value, most in (
        (Kind.ADDRESS, facts.address, MEMBERS_PER_ADDRESS.value),
        (Kind.DEVICE, facts.device, MEMBERS_PER_DEVICE.value),
        (Kind.PHONE, facts.phone, MEMBERS_PER_PHONE_PREFIX.value),
    ):
        if not value or not most:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                LEAVE,
                {
                    "day": shop_date(at),
                    "behaviour": behaviour,
                    "kind": str(kind),
                    "value": value,
                    "member": member,
                    "most": most,
                },
            )
            is_known, members = cursor.fetchone()
        if not is_known:
            found.append([str(kind), members])
    return found


def prune(*, at):
    """Drop traces older than ``KEPT_DAYS`` days; returns how many."""
    return EarningTrace.objects.filter(day__lt=shop_date(at) - timedelta(days=KEPT_DAYS)).delete()[0]
