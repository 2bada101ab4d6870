"""WeChat Pay's trade bill: a table with a back-quote before every value, then a second table with the sums."""

import gzip
import hashlib
import io
import re
from datetime import datetime

from orders.payments import tables
from orders.payments.base import CHINA, PAYMENT, REFUND, Bill, ProviderUnavailable, StatementLine, UnreadRow
from orders.payments.money import fen

GZIP = b"\x1f\x8b"
MOST_BYTES = 512 * 1024 * 1024  # unpacked
SUMS = "总交易单数"  # what the second table begins with
NEEDED = {"交易时间", "商户订单号", "交易状态", "微信订单号", "商品名称"}
FREE = ("商品名称", "商户数据包")
AMOUNTS = ("订单金额", "应结订单金额", "总金额")  # the last one stood in its place until 2018
RETURNED = ("申请退款金额", "退款金额")
BETWEEN = re.compile('"?,"?`')  # some files put names with commas between quotation marks


def read(content, *, digest=""):
    """The ``Bill`` of a file's bytes. ``digest`` is the SHA-1 of its plain text that was told with it.

    A file without the sums at its end, as an empty one, is not whole: it raises ``ProviderUnavailable``.
    """
    plain = _unpacked(content)
    if digest and hashlib.sha1(plain, usedforsecurity=False).hexdigest() != digest.lower():
        raise ProviderUnavailable
    lines = [line.rstrip("\r") for line in plain.decode("utf-8-sig", "replace").split("\n")]
    header = [name.strip('`"\ufeff ') for name in lines[0].split(",")]
    if not NEEDED.issubset(header):
        raise ProviderUnavailable
    bill = Bill()
    for number, text in tables.rows(enumerate(lines[: _end(lines)], start=1), begins=_is_row):
        try:
            values = [value.strip('" \n') for value in BETWEEN.split(text.lstrip('"`'))]
            bill.add(_line(tables.fitted(header, values, free=FREE)))
        except (KeyError, ValueError):
            bill.unread.append(UnreadRow(number, text))
    return bill


def _is_row(line):
    return line.startswith(("`", '"`'))


def _end(lines):
    """Where the second table begins: its headings, which no back-quote marks as values, stand above the last values.
    The same word in a name of goods is followed by more of that row, or stands before."""
    for number in range(len(lines) - 2, 0, -1):
        if lines[number].lstrip('"').startswith(SUMS) and "`" not in lines[number] and _is_row(lines[number + 1]):
            return number
    raise ProviderUnavailable


def _unpacked(content):
    if not content.startswith(GZIP):
        return content
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MOST_BYTES + 1)
    except (OSError, EOFError) as error:
        raise ProviderUnavailable from error
    if len(plain) > MOST_BYTES:
        raise ProviderUnavailable
    return plain


def _line(row):
    """A sale, or a refund, or None. A sale that was refunded later stands as a sale on its own day all the same."""
    moment = datetime.strptime(row["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    reference = row["商户订单号"]
    match row["交易状态"], row.get("退款状态", ""):
        case "SUCCESS", _:
            return StatementLine(PAYMENT, reference, "", _fen(row, AMOUNTS), row["微信订单号"], moment)
        case "REFUND", "SUCCESS" | "PROCESSING" | "":
            name = row["商户退款单号"]
            return StatementLine(REFUND, reference, name, _fen(row, RETURNED), row["微信退款单号"], moment)
        case ("REFUND", "FAIL") | ("REVOKED", _):
            return None
    raise ValueError(f"unknown state {row['交易状态']!r}")


def _fen(row, names):
    return fen(next((row[name] for name in names if row.get(name)), ""))
