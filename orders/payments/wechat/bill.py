"""WeChat Pay's trade bill: a table with a back-quote before every value, then a second table with the sums."""

import csv
import gzip
import hashlib
import io
from datetime import datetime

from orders.payments.base import CHINA, PAYMENT, REFUND, ProviderUnavailable, StatementLine
from orders.payments.money import fen

GZIP = b"\x1f\x8b"


def lines(content, *, digest=""):
    """The ``StatementLine``s of a bill's bytes. ``digest`` is the SHA-1 of its plain text that was told with it."""
    plain = gzip.decompress(content) if content.startswith(GZIP) else content
    if digest and hashlib.sha1(plain, usedforsecurity=False).hexdigest() != digest.lower():
        raise ProviderUnavailable
    rows = csv.reader(io.StringIO(plain.decode("utf-8-sig")))
    header = [name.strip("`\ufeff ") for name in next(rows, [])]
    found = []
    try:
        for values in rows:
            if not values or not values[0].startswith("`"):  # the sums begin
                break
            found += _line(dict(zip(header, (value.removeprefix("`").strip() for value in values), strict=False)))
    except (KeyError, ValueError) as error:
        raise ProviderUnavailable from error
    return found


def _line(row):
    """A sale, or a refund. A sale that was refunded later stands as a sale on its own day all the same."""
    moment = datetime.strptime(row["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    reference = row["商户订单号"]
    match row["交易状态"]:
        case "SUCCESS":
            amount = fen(row.get("订单金额") or row["应结订单金额"])
            return [StatementLine(PAYMENT, reference, "", amount, row["微信订单号"], moment)]
        case "REFUND" if row.get("退款状态", "SUCCESS") in ("SUCCESS", "PROCESSING"):
            amount = fen(row.get("申请退款金额") or row["退款金额"])
            return [StatementLine(REFUND, reference, row["商户退款单号"], amount, row["微信退款单号"], moment)]
    return []
