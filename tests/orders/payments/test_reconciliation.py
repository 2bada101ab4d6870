"""Statements against our books: the pure comparison, the service, the command and finance's pages (F14)."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from core import actors, clock
from orders import payments
from orders.models import (
    DifferenceState,
    Payment,
    PaymentRefund,
    Statement,
    StatementDifference,
    StatementLine,
)
from orders.payments import tasks
from orders.payments.base import CHINA, NoStatement
from orders.payments.queries import books
from orders.payments.rules import Booked, Difference, Stated, compare
from orders.payments.sandbox_gateway import gateway
from orders.payments.services import paying, reconciling
from orders.payments.unionpay import UnionPay

BY = actors.system("test")
A, B = ("payment", "2026112000000001P1"), ("refund", "2026112000000001P1R1")


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ([], [], []),
        ([Booked(*A, 3200, True, True)], [Stated(*A, 3200, "T1")], []),
        ([Booked(*A, 3200, True, False)], [], []),
        ([Booked(*A, 3200, False, True)], [], []),
        ([], [Stated(*A, 3200, "T1")], [Difference("missing_here", *A, None, 3200, "T1")]),
        ([Booked(*A, 3200, True, True)], [], [Difference("missing_there", *A, 3200, None)]),
        ([Booked(*A, 3200, True, True)], [Stated(*A, 3199, "T1")], [Difference("amount", *A, 3200, 3199, "T1")]),
        ([Booked(*A, 3200, False)], [Stated(*A, 3200, "T1")], [Difference("state", *A, 3200, 3200, "T1")]),
        ([Booked(*A, 3200, True)], [Stated(*A, 3200), Stated(*A, 3200)], [Difference("amount", *A, 3200, 6400)]),
        ([Booked(*B, 700, True, True)], [Stated(*A, 700)], [
            Difference("missing_here", *A, None, 700), Difference("missing_there", *B, 700, None),
        ]),
    ],
)  # fmt: skip
def test_the_comparison(ours, theirs, found):
    assert compare(ours, theirs) == found


def test_what_another_day_states_is_not_missing():
    assert compare([Booked(*A, 3200, True, True)], [], {A}) == []


def test_the_days_of_statements():
    midnight = datetime(2026, 11, 20, tzinfo=CHINA)
    assert books.day_of(payments.get("sandbox"), date(2026, 11, 20)) == (midnight, midnight + timedelta(days=1))
    eleven = datetime(2026, 11, 19, 23, tzinfo=CHINA)
    assert books.day_of(UnionPay(), date(2026, 11, 20)) == (eleven, eleven + timedelta(days=1))


def day_of(standin, moment):
    shift = timedelta(hours=1) if standin.code == "unionpay" else timedelta()
    return (moment.astimezone(CHINA) + shift).date()


def reconcile(standin, day, **options):
    return reconciling.reconcile(provider=standin.code, day=day, by=BY, at=clock.now(), **options)


@pytest.mark.django_db(transaction=True)
def test_a_day_that_agrees(paid, standin, at):
    _order, payment, _trade = paid
    paying.refund_part(payment=payment, amount_fen=700, key="part:1", by=BY, at=at)
    tasks.refund_payment(payment.pk)
    tasks.refund_payment(payment.pk)
    day = day_of(standin, clock.now())
    report = reconcile(standin, day)
    assert (report.differences, report.paid_fen, report.refund_fen) == ((), 3200, 700)
    statement = Statement.objects.get()
    assert (statement.paid_count, statement.refund_count) == (1, 1)
    reconcile(standin, day)
    assert StatementLine.objects.count() == 2
    with pytest.raises(NoStatement):  # money of ours, and no statement of that day
        Payment.objects.update(paid_at=at + timedelta(days=3))
        reconcile(standin, day + timedelta(days=3))
    assert reconcile(standin, day + timedelta(days=5)).paid_count == 0


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_difference_and_how_it_ends(order, go, place, cup, standin, at):
    standin.notifies = False
    payment = go(order)
    trade = standin.pay(payment.reference)  # paid there, unknown here
    stranger = standin.trade("2026112099999999P1", 500)
    stranger.extra |= {"txnTime": "20261120093000"}
    stranger.mark_paid()  # not ours at all
    day = day_of(standin, clock.now())
    kinds = lambda report: sorted((each.kind, each.reference) for each in report.differences)  # noqa: E731
    assert kinds(reconcile(standin, day, dry_run=True)) == [
        ("missing_here", stranger.reference),
        ("state", payment.reference),
    ]
    assert not Statement.objects.exists()
    report = reconcile(standin, day)
    assert (report.opened, report.closed) == (2, 0)
    assert StatementDifference.objects.get(kind="state").payment == payment

    paying.ask(payment_id=payment.pk, by=BY, at=clock.now())
    report = reconcile(standin, day)
    assert (report.opened, report.closed) == (0, 1)
    assert StatementDifference.objects.get(kind="state").state == DifferenceState.GONE

    trade.amount_fen = 3100
    reconcile(standin, day)
    row = StatementDifference.objects.get(kind="amount")
    assert (row.ours_fen, row.theirs_fen) == (3200, 3100)
    reconciling.resolve(difference=row, by=actors.staff(1), at=at, note="客服已退差额")
    with pytest.raises(reconciling.NotOpen):
        reconciling.resolve(difference=row, by=actors.staff(1), at=at, note="again")
    assert reconcile(standin, day).opened == 0
    row.refresh_from_db()
    assert (row.state, row.note) == (DifferenceState.RESOLVED, "客服已退差额")

    del standin.trades[payment.reference]
    report = reconcile(standin, day)
    missing = StatementDifference.objects.get(kind="missing_there")
    assert missing.reference == payment.reference
    # the next day's statement has it: midnight was between their moment and ours
    standin.trades[payment.reference] = trade
    trade.amount_fen, trade.paid_at = 3200, trade.paid_at + timedelta(days=1)
    report = reconcile(standin, day + timedelta(days=1))
    missing.refresh_from_db()
    assert (report.differences, missing.state) == ((), DifferenceState.GONE)


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_only_one_side_knows(paid, standin, at):
    _order, payment, trade = paid
    day = day_of(standin, clock.now())
    standin.give_back(trade, f"{payment.reference}R9", 100)
    trade.extra[f"{payment.reference}R9"] = "x"
    refund = paying.refund_part(payment=payment, amount_fen=200, key="part:1", by=BY, at=at)
    PaymentRefund.objects.filter(pk=refund.pk).update(state="done", next_ask_at=None, done_at=clock.now())
    trade.refunds.pop(refund.reference, None)
    found = reconcile(standin, day).differences
    assert {(each.kind, each.reference, each.ours_fen, each.theirs_fen) for each in found} == {
        ("missing_here", f"{payment.reference}R9", None, 100),
        ("missing_there", refund.reference, 200, None),
    }
    assert StatementDifference.objects.get(kind="missing_there").refund == refund


@pytest.mark.django_db(transaction=True)
def test_the_command(paid, standin, at, capsys):
    _order, payment, trade = paid
    day = day_of(standin, clock.now()).isoformat()
    call_command("reconcile_payments", day, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["statements"][0]["paid_fen"] == 3200
    trade.amount_fen = 1
    with pytest.raises(SystemExit) as stop:
        call_command("reconcile_payments", day, "--provider", standin.code, "--dry-run")
    assert stop.value.code == 1
    text = capsys.readouterr().out
    assert payment.reference in text
    assert "nothing was written" in text
    assert not StatementDifference.objects.exists()
    standin.silent = True
    with pytest.raises(SystemExit) as stop:
        call_command("reconcile_payments", day)
    assert stop.value.code == 3


@pytest.mark.django_db(transaction=True)
def test_the_daily_task_makes_up_for_days_that_were_missed(paid, standin, time_machine_at):
    day = day_of(standin, clock.now())
    time_machine_at(clock.now() + timedelta(days=2))
    standin.silent = True
    tasks.reconcile_payments()
    assert not Statement.objects.exists()
    standin.silent = False
    tasks.reconcile_payments()
    assert Statement.objects.filter(provider=standin.code).count() == tasks.RECONCILED_BACK
    assert Statement.objects.get(day=day).paid_count == 1
    assert not StatementDifference.objects.exists()


@pytest.mark.django_db
def test_the_sandbox_has_statements_too(place, cup, at, wire):
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    charge = {"merchant": "pointsmall", "reference": payment.reference, "amount_fen": 3200, "notify_url": ""}
    gateway.decide(charge, paid=True, at=at)
    paying.ask(payment_id=payment.pk, by=BY, at=at)
    report = reconciling.reconcile(provider="sandbox", day=at.astimezone(CHINA).date(), by=BY, at=at)
    assert (report.paid_fen, report.differences) == (3200, ())


def staff(at, *permissions, name):
    person = User.objects.create_user(username=name, is_staff=True, date_joined=at)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


@pytest.mark.django_db(transaction=True)
def test_finances_pages(wechat, client, at):
    stranger = wechat.trade("2026112099999999P1", 500)
    stranger.mark_paid()
    reconcile(wechat, day_of(wechat, clock.now()))
    row = StatementDifference.objects.get()
    client.force_login(staff(at, "view_statement", "view_statementdifference", "view_payment", name="looker"))
    for name, pk in (("statement", Statement.objects.get().pk), ("statementdifference", row.pk)):
        assert client.get(reverse(f"admin:orders_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:orders_{name}_change", args=[pk])).status_code == 200
    url = reverse("admin:orders_statementdifference_resolve", args=[row.pk])
    assert client.post(url, {"note": "x"}).status_code == 403
    client.force_login(staff(at, "view_statementdifference", "settle_payment", name="finance"))
    assert client.get(url).status_code == 200
    assert client.post(url, {"note": ""}).status_code == 200
    assert client.post(url, {"note": "另一家店的款项，已通知对方"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.note) == (DifferenceState.RESOLVED, "另一家店的款项，已通知对方")
    assert client.post(url, {"note": "again"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_finance_decide_about_disputes_and_refused_refunds(place, cup, go, wechat, client, at):
    order = place((cup, "mixed", 1), provider="wechat")
    payment = go(order)
    trade = wechat.trades[payment.reference]
    trade.amount_fen = 3000
    trade.mark_paid()
    paying.ask(payment_id=payment.pk, by=BY, at=at)
    accept = reverse("admin:orders_payment_accept_disputed", args=[payment.pk])
    settle = reverse("admin:orders_payment_settle_by_hand", args=[payment.pk])
    client.force_login(staff(at, "view_payment", "refund_payment", name="looker"))
    assert client.get(accept).status_code == 403
    client.force_login(staff(at, "view_payment", "settle_payment", name="finance"))
    assert client.get(settle).status_code == 403
    assert client.get(reverse("admin:orders_payment_change", args=[payment.pk])).status_code == 200
    assert client.get(accept).status_code == 200
    assert client.post(accept, {"note": "差两元，同意"}).status_code == 302
    order.refresh_from_db()
    assert order.state == "to_ship"
    wechat.refuse_refunds = True
    paying.refund_part(payment=payment, amount_fen=500, key="part:1", by=BY, at=at)
    assert client.get("/admin/orders/payment/?refund=refused").status_code == 200
    assert client.post(settle, {"note": "已转账"}).status_code == 302
    assert PaymentRefund.objects.get().state == "settled"
    payment.refresh_from_db()
    assert (payment.state, payment.left_fen) == ("paid", 2500)
