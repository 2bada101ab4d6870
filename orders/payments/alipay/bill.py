"""Alipay's trade bill: a zip with tables in GBK, remarks before and after them; we read the one with the details."""

import io
import re
import zipfile
from datetime import datetime

from orders.payments import tables
from orders.payments.base import CHINA, PAYMENT, REFUND, Bill, ProviderUnavailable, StatementLine, UnreadRow
from orders.payments.money import fen

MOST_BYTES = 256 * 1024 * 1024  # unpacked
REMARK = "#"
END = re.compile(r"#[-\s]*业务明细列表结束[-\s]*")
ROW = re.compile(r'"?\d{16,64}\s*"?,')  # the first column is Alipay's number
MOMENT = "%Y-%m-%d %H:%M:%S"
KINDS = {"交易": PAYMENT, "退款": REFUND}


def read(content):
    """The ``Bill`` of a zip's bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.file_size > MOST_BYTES:
                    raise ProviderUnavailable
                found = _table(archive.read(entry).decode("gb18030", "replace"))
                if found is not None:
                    return found
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ProviderUnavailable from error
    raise ProviderUnavailable


def _table(text):
    """The ``Bill`` of a table with single trades, None when the file is the summary."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    head = next((number for number, line in enumerate(lines) if not line.startswith(REMARK)), len(lines) - 1)
    header = [_clean(name).replace("(", "（").replace(")", "）") for name in lines[head].split(",")]
    if "商户订单号" not in header:
        return None
    # The last remark that says so: a name of goods may have a line that begins with the sign of remarks.
    end = next((number for number in reversed(range(head, len(lines))) if END.fullmatch(lines[number])), None)
    if end is None:  # not all of the table is here
        raise ProviderUnavailable

    def begins(line):
        return ROW.match(line) or line.count(",") >= len(header) - 1

    bill = Bill()
    for number, row in tables.rows(enumerate(lines[head + 1 : end], start=head + 2), begins=begins):
        try:
            bill.add(_line(_fields(header, [_clean(value) for value in row.split(",")])))
        except (KeyError, ValueError):
            bill.unread.append(UnreadRow(number, row))
    return bill


def _fields(header, values):
    """``{name: value}``: the name of the goods may hold commas, and ends where two moments follow one another."""
    opened = header.index("创建时间")
    found = next(
        (at for at in range(opened, len(values) - 1) if _is_moment(values[at]) and _is_moment(values[at + 1])), None
    )
    if found is None:
        raise ValueError("no moments")
    left = zip(header[: header.index("商品名称")], values, strict=False)
    right = zip(header[opened:], values[found:], strict=False)  # what is too many at the end is of the remark
    return dict(left) | dict(right)


def _line(row):
    kind = KINDS[row["业务类型"]]
    moment = _moment(row["完成时间"])
    text, name = row["订单金额（元）"], ""
    if kind == REFUND:
        text, name = text.removeprefix("-"), row["退款批次号/请求号"]
    return StatementLine(kind, row["商户订单号"], name, fen(text), row["支付宝交易号"], moment)


def _moment(text):
    return datetime.strptime(text, MOMENT).replace(tzinfo=CHINA)


def _is_moment(text):
    try:
        return bool(_moment(text))
    except ValueError:
        return False


def _clean(value):
    return value.strip('" \t\r\n\ufeff')
