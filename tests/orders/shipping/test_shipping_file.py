"""Parcels of many orders from a file: all or nothing, and nothing twice; the page and the command (F7)."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core import actors, tables
from core.models import AuditEvent
from orders.models import Carrier, Order, OrderState, Shipment
from orders.placing.services import cancelling
from orders.shipping.services import shipping, shipping_file
from tests.orders.pages.test_admin import staff
from tests.orders.shipping.conftest import HEADER, STAFF, URL, good, lines, states, upload


def test_all_parcels_at_once_and_once(orders, at):
    done = shipping_file.ship_file(content=good(orders), by=STAFF, at=at)
    assert [line.order_number for line in done.to_ship] == [order.number for order in orders]
    assert states(orders) == [OrderState.SHIPPED, OrderState.SHIPPED]
    event = AuditEvent.objects.get(event="shipping_file.shipped")
    assert event.data == {"shipped": 2, "done_before": 0, "refused": 0}
    again = shipping_file.ship_file(content=good(orders), by=STAFF, at=at)
    assert (again.to_ship, again.done, again.refused) == ([], 2, [])
    assert Shipment.objects.count() == 2
    assert AuditEvent.objects.filter(event="shipping_file.shipped").count() == 1


@pytest.mark.parametrize("other", ["SF-000001", "sf 000 001", "ＳＦ－０００００１", "SF–000001"])
def test_hyphens_and_blanks_make_no_other_number(orders, place, cup, at, other):
    """One parcel to two recipients is asked about; one that the order has already is not sent again."""
    Order.objects.filter(pk=orders[1].pk).update(ship_address="别处")
    content = lines((orders[0].number, "shunfeng", "SF000001"), (orders[1].number, "shunfeng", other))
    assert [line.code for line in shipping_file.check(content).refused] == ["tracking_number_taken"] * 2
    shipping_file.ship_file(content=lines((orders[0].number, "shunfeng", "SF000001")), by=STAFF, at=at)
    assert shipping_file.check(lines((orders[0].number, "shunfeng", other))).done == 1
    assert shipping_file.check(lines((orders[1].number, "shunfeng", other))).asks
    carrier = Carrier.objects.get(code="shunfeng")
    with pytest.raises(shipping.TrackingNumberTaken):
        shipping.ship_order(order=orders[1], carrier=carrier, tracking_number=other, by=STAFF, at=at)


def test_one_bad_line_stops_all_of_them(orders, at):
    content = lines((orders[0].number, "shunfeng", "SF000001"), (orders[1].number, "shunfeng", "x"))
    with pytest.raises(shipping_file.LinesRefused) as refused:
        shipping_file.ship_file(content=content, by=STAFF, at=at)
    assert [line.number for line in refused.value.details["checked"].refused] == [3]
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
    shipping_file.ship_file(content=content, by=STAFF, at=at, skip_refused=True)
    assert states(orders) == [OrderState.SHIPPED, OrderState.TO_SHIP]


def test_what_fails_in_the_middle_leaves_nothing_half_done(orders, at, monkeypatch):
    honest = shipping.hand_over

    def second_fails(order, *args, **options):
        if order == orders[1]:
            raise RuntimeError("the power is gone")
        return honest(order, *args, **options)

    monkeypatch.setattr(shipping, "hand_over", second_fails)
    with pytest.raises(RuntimeError):
        shipping_file.ship_file(content=good(orders), by=STAFF, at=at)
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
    assert not Shipment.objects.exists()


def test_every_refused_line_says_why(orders, place, cup, at):
    unpaid = place((cup, "mixed", 1))
    gone = place((cup, "points", 1))
    cancelling.cancel_order(order=gone, by=STAFF, at=at)
    Carrier.objects.filter(code="ems").update(is_active=False)
    content = lines(
        ("2020010100000000", "shunfeng", "SF000001"),
        (unpaid.number, "shunfeng", "SF000002"),
        (gone.number, "shunfeng", "SF000003"),
        (orders[0].number, "马车", "SF000004"),
        (orders[0].number, "ems", "SF000005"),
        (orders[0].number, "顺丰速运", "短"),
        (orders[0].number, "SF Express", "sf 000007"),
        (orders[0].number, "shunfeng", "SF000008"),
        ("", "", ""),
    )
    checked = shipping_file.check(content)
    assert [line.number for line in checked.refused] == [2, 3, 4, 5, 6, 7, 9]
    assert all(line.problem for line in checked.refused)
    assert len({line.problem for line in checked.refused}) == 7
    assert [line.tracking_number for line in checked.good] == ["SF000007"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"order,carrier\n1,2\n",
        b"order,order,carrier,tracking_number\n1,1,2,3\n",
        b"order,carrier,tracking\n1,2,3\n",
        HEADER.encode(),
        HEADER.encode() + b'"1,2,3\n',
        HEADER.encode() + b"\xff\xff\xff",
        HEADER.encode() + b"x" * (shipping_file.MOST_BYTES + 1),
        HEADER.encode() + b"1,2,3\n" * (shipping_file.MOST_LINES + 1),
    ],
)
def test_files_that_cannot_be_read(db, content):
    with pytest.raises(tables.FileNotReadable) as refused:
        shipping_file.check(content)
    assert str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_chinese_spreadsheets(orders, encoding):
    text = f'问题,订单号,快递公司,快递单号\n,"=""{orders[0].number}""",顺丰速运,\'SF000001\n'
    (line,) = shipping_file.check(text.encode(encoding)).good
    assert (line.order_number, line.tracking_number) == (orders[0].number, "SF000001")


@pytest.mark.parametrize("number", ["2.02611E+15", "2026112012345670"])
def test_a_number_that_excel_damaged_is_named(orders, number):
    (of_order, of_parcel) = shipping_file.check(
        lines((number, "shunfeng", "SF000001"), (orders[0].number, "shunfeng", number))
    ).refused
    assert "Excel" in of_order.problem
    assert "Excel" in of_parcel.problem


def run(path, *args):
    out = StringIO()
    code = 0
    try:
        call_command("ship_orders", str(path), *args, stdout=out)
    except SystemExit as error:
        code = error.code
    return code, out.getvalue()


def test_the_command(orders, tmp_path):
    path = tmp_path / "parcels.csv"
    path.write_bytes(good(orders))
    code, text = run(path, "--dry-run", "--json")
    assert (code, json.loads(text)["good"], json.loads(text)["shipped"]) == (0, 2, 0)
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
    code, text = run(path, "--json")
    assert (code, json.loads(text)["shipped"]) == (0, 2)
    code, text = run(path)
    assert code == 0
    assert "2 shipped before" in text
    with pytest.raises(CommandError):
        run(tmp_path / "nothing.csv")


def test_the_command_reports_refused_lines(orders, tmp_path):
    path, report = tmp_path / "parcels.csv", tmp_path / "refused.csv"
    path.write_bytes(lines((orders[0].number, "shunfeng", "SF000001"), ("7", "shunfeng", "SF000002")))
    code, text = run(path, "--report", str(report))
    assert code == 1
    assert "line 3" in text
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
    refused = shipping_file.check(report.read_bytes()).refused
    assert [line.order for line in refused] == ["7"]
    assert run(path, "--skip-refused")[0] == 0
    assert states(orders) == [OrderState.SHIPPED, OrderState.TO_SHIP]


def test_upload_look_ship(client, shipper, orders):
    assert client.get(URL).status_code == 200
    page = upload(client, good(orders))
    html = page.content.decode()
    assert all(order.number in html for order in orders)
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
    response = client.post(URL, {"content": page.context["content"], "act": "ship"})
    assert response.url == "/admin/orders/order/"
    assert states(orders) == [OrderState.SHIPPED, OrderState.SHIPPED]
    assert AuditEvent.objects.get(event="shipping_file.shipped").by == actors.staff(shipper.pk)
    client.post(URL, {"content": page.context["content"], "act": "ship"})  # the back button
    assert Shipment.objects.count() == 2


def test_an_order_that_changed_after_the_look_stops_it(client, shipper, orders, at):
    page = upload(client, good(orders))
    cancelling.cancel_order(order=orders[1], by=STAFF, at=at)
    again = client.post(URL, {"content": page.context["content"], "act": "ship"})
    assert again.context["form"].non_field_errors()
    assert orders[1].number in again.content.decode()
    assert states(orders) == [OrderState.TO_SHIP, OrderState.CANCELLED]


def test_the_refused_lines_as_a_file(client, shipper, orders):
    page = upload(client, lines((orders[0].number, "=1+1", "SF000001")))
    response = client.post(URL, {"content": page.context["content"], "act": "report"})
    assert "'=1+1" in response.content.decode()
    assert response["Content-Type"].startswith("text/csv")


def test_what_the_page_does_not_take(client, shipper, orders):
    assert client.post(URL, {}).context["form"].errors["file"]
    assert client.post(URL, {"content": "forged", "act": "ship"}).context["form"].errors["file"]
    assert upload(client, b"\xff").context["form"].non_field_errors()
    client.force_login(staff("view_order", at=orders[0].placed_at, phone="+8613700000002"))
    assert client.get(URL).status_code == 403
    assert upload(client, good(orders)).status_code == 403
    assert states(orders) == [OrderState.TO_SHIP, OrderState.TO_SHIP]
