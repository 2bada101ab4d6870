"""The small parts of payments: amounts as text, signatures, bills that are not what they should be."""

import io
import zipfile
from datetime import date, datetime, timedelta

import pytest

from core import clock
from orders.payments import money
from orders.payments.alipay import bill as alipay_bill
from orders.payments.base import CHINA, Bill, ProviderUnavailable
from orders.payments.unionpay import bill as unionpay_bill
from orders.payments.unionpay import signing
from orders.payments.wechat import bill as wechat_bill
from tests.standins.server import Refund, Trade
from tests.standins.unionpay import UnionPay


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (1, "0.01"), (99, "0.99"), (3200, "32.00"), (100_000_05, "100000.05")]
)
def test_amounts(fen, text):
    assert money.yuan(fen) == text
    assert money.fen(text) == fen


@pytest.mark.parametrize(
    "text", ["", "x", "1.005", "NaN", "Infinity", "1,000.00", None, "1e3", "-5", "+5", "1_000", "３２", ".5", "5."]
)
def test_no_amount(text):
    with pytest.raises(ValueError, match="not an amount"):
        money.fen(text)


@pytest.mark.parametrize("text", ["", "-00000003200", "+5", "1_000", "３２", "32.00", "1e3"])
def test_no_whole_fen(text):
    with pytest.raises(ValueError, match="not an amount"):
        money.whole_fen(text)


def test_amounts_of_statements():
    assert [money.fen(text) for text in ("32", "32.5", " 32.00 ", "32.0000")] == [3200, 3250, 3200, 3200]
    assert money.whole_fen("000000003200") == 3200


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04"])
def test_a_broken_archive(content):
    with pytest.raises(ProviderUnavailable):
        alipay_bill.read(content)
    with pytest.raises(ProviderUnavailable):
        unionpay_bill.read(content, day=date(2026, 11, 20))


def test_a_bill_with_another_digest():
    with pytest.raises(ProviderUnavailable):
        wechat_bill.read("交易时间\n".encode(), digest="0" * 40)


def test_an_empty_bill():
    header = "\ufeff交易时间,微信订单号,商户订单号,交易状态,商品名称"
    assert wechat_bill.read(f"{header}\n总交易单数\n`0\n".encode()) == Bill()


def test_a_payment_of_new_years_eve_is_settled_in_the_new_year():
    at = datetime(2026, 12, 31, 23, 30, tzinfo=CHINA)
    with UnionPay() as standin:
        trade = Trade("2026123100000001P1", 3200, standin.number(), state="paid", paid_at=at)
        trade.refunds["x"] = Refund("2026123100000001P1R1", 200, standin.number(), at + timedelta(minutes=5), "done")
        standin.trades[trade.reference] = trade
        rows = standin.stated("0101")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("INN2701018ZM_1", "\r\n".join(rows).encode("gb18030"))
    sale, back = unionpay_bill.read(packed.getvalue(), day=date(2027, 1, 1)).lines
    assert (sale.at, sale.amount_fen, sale.provider_id) == (at, 3200, trade.number)
    assert (back.reference, back.refund_reference, back.amount_fen) == (trade.reference, "2026123100000001P1R1", 200)


def test_unionpays_signature_is_of_every_field(settings):
    with UnionPay() as standin:
        settings.UNIONPAY = standin.settings()["UNIONPAY"]
        fields = standin.signed({"respCode": "00", "txnAmt": "3200"})
    assert signing.verified(fields, at=clock.now())
    assert not signing.verified(fields | {"txnAmt": "3201"}, at=clock.now())
    assert not signing.verified(fields | {"more": "x"}, at=clock.now())
    assert not signing.verified(fields, at=clock.now() + timedelta(days=4000))
    for odd in ({}, {"signPubKeyCert": "x"}, fields | {"signature": ""}, fields | {"signature": "ä"}):
        assert not signing.verified(odd, at=clock.now())
