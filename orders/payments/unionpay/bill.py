"""UnionPay's statement of a merchant: a zip whose file ``INN…ZM…`` has lines of fixed columns, counted in bytes."""

import io
import zipfile
from datetime import datetime

from orders.payments.base import CHINA, PAYMENT, REFUND, Bill, ProviderUnavailable, StatementLine, UnreadRow
from orders.payments.money import whole_fen

# The columns up to the last one we read, each followed by a blank.
COLUMNS = {
    "code": 3, "acquirer": 11, "sender": 11, "trace": 6, "moment": 10, "account": 19, "amount": 12, "category": 4,
    "terminal": 2, "query_id": 21, "old_way": 2, "order": 32, "card": 2, "original_trace": 6, "original_moment": 10,
    "fee": 13, "settled": 13, "way": 4, "group": 15, "type": 2,
}  # fmt: skip
PAID, REFUNDED = "01", "04"
MOST_BYTES = 256 * 1024 * 1024  # unpacked


def read(content, *, day):
    """The ``Bill`` of a zip's bytes. ``day`` gives the year, which the lines leave out."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = next(each for each in archive.infolist() if "ZM_" in each.filename)
            if entry.file_size > MOST_BYTES:
                raise ProviderUnavailable
            rows = archive.read(entry).splitlines()
    except (zipfile.BadZipFile, StopIteration, ValueError) as error:
        raise ProviderUnavailable from error
    bill = Bill()
    for number, row in enumerate(rows, start=1):
        try:
            bill.add(_line(row, day) if row.strip() else None)
        except ValueError:
            bill.unread.append(UnreadRow(number, row.decode("gb18030", "replace")))
    return bill


def _line(row, day):
    values = _columns(row)
    if values["type"] not in (PAID, REFUNDED):
        raise ValueError(f"unknown kind {values['type']!r}")
    month = int(values["moment"][:2])
    year = day.year - (month == 12 and day.month == 1)  # paid on New Year's Eve, settled on New Year's Day
    moment = datetime.strptime(f"{year}{values['moment']}", "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    order, amount, query_id = values["order"], whole_fen(values["amount"]), values["query_id"]
    if values["type"] == PAID:
        return StatementLine(PAYMENT, order, "", amount, query_id, moment)
    return StatementLine(REFUND, order.partition("R")[0], order, amount, query_id, moment)


def _columns(row):
    values, start = {}, 0
    for name, width in COLUMNS.items():
        values[name] = row[start : start + width].decode("gb18030", "replace").strip()
        start += width + 1
    return values
