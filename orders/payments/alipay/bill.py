"""Alipay's trade bill: a zip with tables in GBK, remarks before and after them; we read the one with the details."""

import csv
import io
import zipfile
from datetime import datetime

from orders.payments.base import CHINA, PAYMENT, REFUND, ProviderUnavailable, StatementLine
from orders.payments.money import fen

MOST_BYTES = 256 * 1024 * 1024  # unpacked


def lines(content):
    """The ``StatementLine``s of a bill's bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.file_size > MOST_BYTES:
                    raise ProviderUnavailable
                found = _table(archive.read(entry).decode("gb18030"))
                if found is not None:
                    return found
    except (zipfile.BadZipFile, UnicodeDecodeError, KeyError, ValueError) as error:
        raise ProviderUnavailable from error
    raise ProviderUnavailable


def _table(text):
    """The lines of a table with single trades, None when the file is the summary."""
    rows = csv.reader(io.StringIO(text))
    header = next(([name.strip() for name in row] for row in rows if row and not row[0].startswith("#")), [])
    if "商户订单号" not in header:
        return None
    found = []
    for values in rows:
        if not values or values[0].startswith("#"):
            continue
        row = dict(zip(header, (value.strip() for value in values), strict=False))
        moment = datetime.strptime(row["完成时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
        amount = abs(fen(row["订单金额（元）"]))
        if row["业务类型"] == "退款":
            name = row["退款批次号/请求号"]
            found.append(StatementLine(REFUND, row["商户订单号"], name, amount, row["支付宝交易号"], moment))
        else:
            found.append(StatementLine(PAYMENT, row["商户订单号"], "", amount, row["支付宝交易号"], moment))
    return found
