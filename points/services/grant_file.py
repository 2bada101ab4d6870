"""A CSV file of points to give, read and judged line by line; nothing is written here (B11).

Columns, in any order: ``member`` (phone, e-mail, username or number), ``points``, and as you like ``reason`` and
``key``. ``line`` and ``problem``, which the report of refused lines adds, are passed over, so that a corrected report
can be given again.
"""

import csv
import hashlib
import io
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from points.finding import find_members
from points.models import Kind, PointsEntry, Reason

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 100_000
MOST_POINTS = 1_000_000  # on one line
MOST_KEY = 64
CHUNK = 2000

COLUMNS = {
    "member": "member",
    "points": "points",
    "reason": "reason",
    "key": "key",
    "line": None,
    "problem": None,
    "会员": "member",
    "积分": "points",
    "原因": "reason",
    "编号": "key",
    "行号": None,
    "问题": None,
}
REQUIRED = ("member", "points")


class FileNotReadable(DomainError):
    """The file as a whole is not what can be read; each subclass says why."""

    code = "file_not_readable"


class FileTooLarge(FileNotReadable):
    message = gettext_lazy("The file is larger than %(most)s MB. Split it.")


class TooManyLines(FileNotReadable):
    message = gettext_lazy("The file has more than %(most)s lines. Split it.")


class NotUtf8(FileNotReadable):
    message = gettext_lazy("The file is not UTF-8 text. Save it as “CSV UTF-8”.")


class ColumnMissing(FileNotReadable):
    message = gettext_lazy("The first line names no column “%(column)s”.")


class ColumnUnknown(FileNotReadable):
    message = gettext_lazy("The first line names a column that is not known or stands there twice: “%(column)s”.")


class CsvBroken(FileNotReadable):
    message = gettext_lazy("Line %(line)s is not CSV, a quotation mark may be missing.")


class FileEmpty(FileNotReadable):
    message = gettext_lazy("The file has no lines to grant.")


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
    """All lines of a file, judged. ``total`` is what the good ones give that the ledger does not have yet."""

    digest: str
    good: list[Line]
    refused: list[Refused]

    @property
    def total(self):
        return sum(line.points for line in self.good if not line.is_repeated)


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def check(content, *, reason, own=None, progress=None):
    """Judge the bytes of a file; ``reason`` is that of lines which name none, ``own`` the id of the member who asks
    (nobody gives points to themselves). ``progress`` is called with the number of lines read so far.

    Raises ``FileNotReadable`` when there is nothing to judge.
    """
    digest = digest_of(content)
    good, refused, seen = [], [], {}
    for chunk in _chunks(_rows(content)):
        chunk_good, chunk_refused = _judge(chunk, digest, reason, own, seen)
        good += chunk_good
        refused += chunk_refused
        if progress:
            progress(len(good) + len(refused))
    if not good and not refused:
        raise FileEmpty
    good.sort(key=lambda line: (line.account, line.number))  # the order of locks
    refused.sort(key=lambda line: line.number)
    return Checked(digest=digest, good=good, refused=refused)


def _rows(content):
    """``(line number, {column: text} or None when the line has not as many fields as the first)``."""
    if len(content) > MOST_BYTES:
        raise FileTooLarge(most=MOST_BYTES // 1024 // 1024)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8 from error
    if "\0" in text:
        raise NotUtf8
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(next(reader, []))
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_LINES:
                raise TooManyLines(most=f"{MOST_LINES:,}")
            fits = len(cells) == len(columns)
            values = [cell.strip() for cell in cells]
            yield reader.line_num, dict(zip(columns, values, strict=False)), fits
    except csv.Error as error:
        raise CsvBroken(line=reader.line_num) from error


def _columns(header):
    columns = []
    for cell in header:
        name = cell.strip().lower()
        if name not in COLUMNS or (COLUMNS[name] and COLUMNS[name] in columns):
            raise ColumnUnknown(column=cell.strip()[:40])
        columns.append(COLUMNS[name])
    for column in REQUIRED:
        if column not in columns:
            raise ColumnMissing(column=column)
    return columns


def _chunks(rows):
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _judge(chunk, digest, reason, own, seen):
    """``(good, refused)`` of some lines, in three queries or so. ``seen`` remembers earlier lines of the file."""
    members = find_members({values.get("member", "") for _number, values, _fits in chunk} - {""})
    good, refused = [], []
    for number, values, fits in chunk:
        account = members.get(values.get("member", ""))
        problem = _problem(values, fits, account, own)
        given = values.get("key", "")
        if problem is None:
            twin = seen.setdefault((account, given), number)
            if twin != number:
                problem = (
                    _("The same member and key stand on line %(line)s.")
                    if given
                    else _("The same member stands on line %(line)s. Where that is meant, give each line a key.")
                ) % {"line": twin}
        if problem is not None:
            refused.append(_refused(number, values, problem))
            continue
        good.append(
            Line(
                number=number,
                account=account,
                points=int(values["points"]),
                reason=values.get("reason") or reason,
                key=f"grant:key:{given}" if given else f"grant:{digest[:32]}:{number}",
            )
        )
    return _compare(good, refused, {number: values for number, values, _fits in chunk})


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


def _problem(values, fits, account, own):
    """What is wrong with one line by itself, with the value; None when nothing is."""
    points = values.get("points", "")
    if not fits:
        return _("The line has not as many fields as the first line.")
    if not values["member"]:
        return _("There is no member.")
    if account is None:
        return _("There is no member “%(member)s”.") % {"member": values["member"][:64]}
    if account == own:
        return _("Nobody gives points to themselves.")
    if not points.isascii() or not points.isdigit():
        return _("Points are a whole number above 0, this is “%(points)s”.") % {"points": points[:20]}
    if not 0 < int(points[:20]) <= MOST_POINTS:
        return _("Points are 1 to %(most)s, this is %(points)s.") % {"most": f"{MOST_POINTS:,}", "points": points[:20]}
    if values.get("reason") and values["reason"] not in Reason.values:
        return _("The reason “%(reason)s” is not in the list: %(list)s.") % {
            "reason": values["reason"][:20],
            "list": ", ".join(Reason.values),
        }
    if len(values.get("key", "")) > MOST_KEY:
        return _("The key is longer than %(most)s characters.") % {"most": MOST_KEY}
    return None


def _refused(number, values, problem):
    return Refused(number, *(values.get(name, "")[:100] for name in ("member", "points", "reason", "key")), problem)
