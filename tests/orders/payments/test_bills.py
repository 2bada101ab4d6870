"""Statements as they really come: names with commas and line breaks, early columns, rows that nobody can read (F14)."""

import gzip
import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from core import actors, clock
from orders.models import Statement
from orders.payments import tasks
from orders.payments.base import NoStatement, ProviderUnavailable
from orders.payments.services import paying
from orders.payments.wechat import bill as wechat_bill
from tests.orders.payments.test_reconciliation import day_of, reconcile

BY = actors.system("test")
pytestmark = pytest.mark.django_db(transaction=True)
NAMES = [
    "保温杯,粉",
    "保温杯，粉\n附杯套",
    '"保温杯",大号,,',
    "`保温杯`,`粉`",
    "总金额,100.00",
    "2026-11-20 09:30:00,旧款",
    "杯\r\n\r\n套",
    "保温杯\n总交易单数",
    "保温杯\r\n总交易单数,应结订单总金额\n粉",
    "保温杯\n#1 粉",
    "保温杯\n#-----业务明细列表结束-----",
]


def refunded(payment, at):
    paying.refund_part(payment=payment, amount_fen=700, key="part:1", by=BY, at=at)
    tasks.refund_payment(payment.pk)
    tasks.refund_payment(payment.pk)


def test_names_with_separators_in_them_are_read(paid, standin, at):
    _order, payment, trade = paid
    refunded(payment, at)
    trade.extra["remark"] = "请放门口,谢谢"
    for early in (False, True):
        standin.early_bill = early
        for name in NAMES:
            trade.title = name
            report = reconcile(standin, day_of(standin, clock.now()))
            assert (report.paid_fen, report.refund_fen, report.unread, report.differences) == (3200, 700, (), ()), name


def test_a_name_between_quotation_marks():
    text = (
        "交易时间,微信订单号,商户订单号,交易状态,商品名称,商户数据包,订单金额\n"
        '"`2026-11-20 09:30:00","`42","`M1P1","`SUCCESS","`杯,粉","`","`32.00"\n'
        '`2026-11-20 09:31:00,`43,`M2P1,`SUCCESS,"`杯,粉",`,`1.00\n'
        '"总交易单数","应结订单总金额"\n"`2","`33.00"\n'
    )
    bill = wechat_bill.read(gzip.compress(text.encode()))
    assert [(line.reference, line.amount_fen) for line in bill.lines] == [("M1P1", 3200), ("M2P1", 100)]
    assert bill.unread == []


@pytest.mark.parametrize("amount", ["1e3", "-5.00", "+5.00", "1_000.00", "３２.00", ""])
def test_what_is_no_amount_is_set_aside(paid, standin, amount):
    """It would be compared as another amount than the provider means, or as none."""
    odd = {"wechat": ("`32.00,", f"`{amount},"), "alipay": (",32.00,", f",{amount},")}
    odd["unionpay"] = (" 000000003200 ", f" {amount.encode().decode('ascii', 'replace')[:12]:>12} ")
    standin.spoil = lambda text: text.replace(*odd[standin.code])
    report = reconcile(standin, day_of(standin, clock.now()))
    assert (report.paid_count, len(report.unread), report.differences) == (0, 1, ())


def test_a_row_that_begins_otherwise_is_no_part_of_the_one_before(paid, place, cup, go, standin):
    """Its text would be taken for a remark of that row, and nobody would miss it."""
    if standin.code != "alipay":
        pytest.skip("only Alipay's rows begin with a bare number")
    other = go(place((cup, "mixed", 1), provider=standin.code))
    trade = standin.trades[other.reference]
    trade.mark_paid()
    standin.spoil = lambda text: text.replace(trade.number, "无")
    report = reconcile(standin, day_of(standin, clock.now()))
    assert (report.paid_count, report.unread) == (2, ())


@pytest.mark.parametrize("cut", ["all", "end"])
def test_a_statement_that_is_not_whole_is_none(paid, standin, cut):
    """An empty file is no day without payments."""
    if standin.code == "unionpay" and cut == "end":
        pytest.skip("nothing tells the end of such a file")
    ends = {"wechat": "总交易单数", "alipay": "#-----业务明细列表结束"}
    standin.spoil = lambda text: "" if cut == "all" else text.partition(ends[standin.code])[0]
    with pytest.raises((ProviderUnavailable, NoStatement)):
        reconcile(standin, day_of(standin, clock.now()))
    assert not Statement.objects.exists()


SPOILT = {
    "wechat": ("`SUCCESS,", "`PERHAPS,"),
    "alipay": (",交易,", ",充值,"),
    "unionpay": (" 000000003200 ", " 0000000032OO "),
}


@pytest.fixture
def spoilt(standin):
    """The first row of the stand-in's statement says what no document has."""
    standin.spoil = lambda text: text.replace(*SPOILT[standin.code], 1)
    return standin


def test_a_row_that_nobody_can_read_is_named_and_the_day_is_reconciled(paid, place, cup, go, spoilt, at, capsys):
    _order, payment, _trade = paid
    other = go(place((cup, "mixed", 1), provider=spoilt.code))
    spoilt.trades[other.reference].amount_fen = 3201  # its row can be read, and does not agree
    spoilt.trades[other.reference].mark_paid()
    day = day_of(spoilt, clock.now())
    report = reconcile(spoilt, day)
    (row,) = report.unread
    assert payment.reference in row["text"]
    assert [(each.kind, each.reference) for each in report.differences] == [("amount", other.reference)]
    assert Statement.objects.get().unread == [row]
    with pytest.raises(SystemExit) as stop:
        call_command("reconcile_payments", day.isoformat(), "--dry-run")
    assert stop.value.code == 1
    assert f"row {row['row']} could not be read" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("reconcile_payments", day.isoformat(), "--json")
    assert json.loads(capsys.readouterr().out)["statements"][0]["unread"] == [row]


def test_staff_see_rows_that_could_not_be_read(paid, spoilt, admin_client):
    _order, payment, _trade = paid
    reconcile(spoilt, day_of(spoilt, clock.now()))
    statement = Statement.objects.get()
    page = admin_client.get(reverse("admin:orders_statement_change", args=[statement.pk])).content.decode()
    assert payment.reference in page
    assert admin_client.get(reverse("admin:orders_statement_changelist")).status_code == 200
