"""A file of points to give, read and judged line by line; nothing is written here (B11).

``line`` and ``problem``, which the report of refused lines adds, are passed over, so that a corrected report can be
given again.
"""

import hashlib
from dataclasses import dataclass, replace
from itertools import islice

from django.utils.translation import gettext as _

from accounts.finding import find_members
from core import tables
from points.grants.models import Reason
from points.ledger.models import Kind, PointsEntry

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 100_000
MOST_POINTS = 1_000_000  # on one line
CHUNK = 2000

COLUMNS = tables.Columns(
    tables.Column("member", "会员", ("手机号",), is_code=True, most=254, is_required=True),
    tables.Column("points", "积分", is_number=True, is_required=True),
    tables.Column("reason", "原因"),
    tables.Column("key", "编号", is_code=True, most=64),
    tables.Column("name", "姓名", ("会员姓名", "昵称"), is_read=False),
    tables.Column("note", "备注", is_read=False),
    tables.Column("line", "行号", is_read=False),
    tables.Column("problem", "问题", is_read=False),
    is_strict=True,
)
FIELDS = ("member", "points", "reason", "key")
REPORT = ("line", *FIELDS, "problem")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that can be granted: ``account`` a member's id, ``key`` its name in the ledger, ``is_repeated`` when the
    ledger has it already."""

    number: int
    account: int
    points: int
    reason: str
    key: str
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be granted, as it was typed, and why."""

    number: int
    member: str
    points: str
    reason: str
    key: str
    problem: str

    def as_list(self):
        return [self.number, self.member, self.points, self.reason, self.key, self.problem]


@dataclass(frozen=True, slots=True)
class Checked:
    """All lines of a file, judged. ``total`` is what the good ones give that the ledger does not have yet, ``note``
    says what of the file was not read."""

    digest: str
    good: list[Line]
    refused: list[Refused]
    note: str = ""

    @property
    def total(self):
        return sum(line.points for line in self.good if not line.is_repeated)


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def check(content, *, reason, own=None, progress=None):
    """Judge the bytes of a file; ``reason`` is that of lines which name none, ``own`` the id of the member who asks
    (nobody gives points to themselves). ``progress`` is called with the number of lines read so far.

    Raises ``tables.FileNotReadable`` when there is nothing to judge.
    """
    digest = digest_of(content)
    table = tables.Table(content, COLUMNS, most_bytes=MOST_BYTES, most_lines=MOST_LINES)
    rows = iter(table)
    good, refused, seen = [], [], {}
    while chunk := list(islice(rows, CHUNK)):
        chunk_good, chunk_refused = _judge(chunk, digest, reason, own, seen)
        good += chunk_good
        refused += chunk_refused
        if progress:
            progress(len(good) + len(refused))
    good.sort(key=lambda line: (line.account, line.number))  # the order of locks
    refused.sort(key=lambda line: line.number)
    return Checked(digest=digest, good=good, refused=refused, note=table.note)


def _judge(chunk, digest, reason, own, seen):
    """``(good, refused)`` of some lines, in three queries or so. ``seen`` remembers earlier lines of the file."""
    members = find_members({row.values["member"] for row in chunk} - {""})
    good, refused = [], []
    for row in chunk:
        values, given = row.values, row.values["key"]
        account = members.get(values["member"])
        problem = row.problem or _problem(values, account, own)
        if problem is None:
            twin = seen.setdefault((account, given), row.number)
            if twin != row.number:
                problem = (
                    _("The same member and key stand on line %(line)s.")
                    if given
                    else _("The same member stands on line %(line)s. Where that is meant, give each line a key.")
                ) % {"line": twin}
        if problem is not None:
            refused.append(_refused(row.number, values, problem))
            continue
        good.append(
            Line(
                number=row.number,
                account=account,
                points=tables.whole(values["points"]),
                reason=values["reason"] or reason,
                key=f"grant:key:{given}" if given else f"grant:{digest[:32]}:{row.number}",
            )
        )
    return _compare(good, refused, {row.number: row.values for row in chunk})


def _compare(good, refused, typed):
    """Tell lines that the ledger has already from those whose key stands for something else there."""
    entries = {
        (account, key): (kind, points)
        for account, key, kind, points in PointsEntry.objects.filter(
            account_id__in={line.account for line in good}, key__in=[line.key for line in good]
        ).values_list("account_id", "key", "kind", "points")
    }
    fresh = []
    for line in good:
        entry = entries.get((line.account, line.key))
        if entry is None:
            fresh.append(line)
        elif entry == (Kind.ADJUST, line.points):
            fresh.append(replace(line, is_repeated=True))
        else:
            problem = _("The key was used for other points of this member.")
            refused.append(_refused(line.number, typed[line.number], problem))
    return fresh, refused


def _problem(values, account, own):
    """What is wrong with the values of one line; None when nothing is."""
    if account is None:
        return _("There is no member “%(member)s”.") % {"member": values["member"][:64]}
    if account == own:
        return _("Nobody gives points to themselves.")
    points = tables.whole(values["points"])
    if points is None:
        return _("Points are a whole number above 0, this is “%(points)s”.") % {"points": values["points"][:20]}
    if not 0 < points <= MOST_POINTS:
        return _("Points are 1 to %(most)s, this is %(points)s.") % {"most": f"{MOST_POINTS:,}", "points": points}
    if values["reason"] and values["reason"] not in Reason.values:
        return _("The reason “%(reason)s” is not in the list: %(list)s.") % {
            "reason": values["reason"][:20],
            "list": ", ".join(Reason.values),
        }
    return None


def _refused(number, values, problem):
    return Refused(number, *(values[name][:100] for name in FIELDS), problem)
