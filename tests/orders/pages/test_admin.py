"""The staff's pages: who may do what, and that an act is one service call (F3, F7)."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.services import create_member
from core import actors
from core.models import AuditEvent
from orders.models import Carrier, Order, OrderState, Payment, PaymentNotification, PaymentState, RefundState
from orders.payments.services import paying
from orders.placing.rules import pricing
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from tests.orders.conftest import sweep

LIST = "/admin/orders/order/"


def staff(*permissions, at, phone="+8613700000001"):
    user = create_member(phone=phone, username=f"staff{phone[-2:]}", by=actors.system("test"), at=at)
    type(user).objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="orders", codename__in=permissions))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def carrier(db):
    shipping.ensure_carriers()
    return Carrier.objects.get(code="shunfeng")


@pytest.fixture
def shipper(client, at, carrier):
    """May see and ship, not cancel."""
    user = staff("view_order", "ship_order", at=at)
    client.force_login(user)
    return user


def page(order, act="change"):
    return reverse(f"admin:orders_order_{act}", args=[order.pk])


def test_ship_one_by_one(client, shipper, carrier, place, cup):
    order = place((cup, "points", 1))
    assert page(order, "ship") in client.get(LIST).content.decode()
    assert page(order, "ship") in client.get(page(order)).content.decode()
    html = client.get(page(order, "ship")).content.decode()
    assert "顺丰速运" in html
    assert "望京街道" in html
    response = client.post(page(order, "ship"), {"carrier": carrier.pk, "tracking_number": "sf 1382 0447"})
    assert response.url == page(order)
    order.refresh_from_db()
    assert order.state == OrderState.SHIPPED
    assert order.shipments.get().tracking_number == "SF13820447"
    assert AuditEvent.objects.get(event="order.shipped").by == actors.staff(shipper.pk)
    assert order.moves.last().by == actors.staff(shipper.pk)
    assert page(order, "ship") not in client.get(page(order)).content.decode()
    # A second tab that is late changes nothing.
    assert client.post(page(order, "ship"), {"carrier": carrier.pk, "tracking_number": "SF999999"}).status_code == 403
    assert order.shipments.count() == 1


def test_the_loser_of_a_race_reads_why(client, shipper, carrier, place, cup, monkeypatch):
    """The order was cancelled between the look at the permission and the act."""
    order = place((cup, "points", 1))
    honest = shipping.ship_order

    def late(**options):
        Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELLED)
        return honest(**options)

    monkeypatch.setattr(shipping, "ship_order", late)
    response = client.post(page(order, "ship"), {"carrier": carrier.pk, "tracking_number": "SF1382"}, follow=True)
    assert [str(message) for message in response.context["messages"]] != []
    assert not order.shipments.exists()


def test_a_wrong_tracking_number_stays_in_the_form(client, shipper, carrier, place, cup):
    order = place((cup, "points", 1))
    response = client.post(page(order, "ship"), {"carrier": carrier.pk, "tracking_number": "顺丰"})
    assert response.status_code == 200
    assert response.context["form"].errors["tracking_number"]
    assert client.post(page(order, "ship"), {"tracking_number": "SF1382"}).context["form"].errors["carrier"]
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_cancel_with_a_reason(client, at, place, cup, member):
    boss = staff("view_order", "cancel_order", at=at)
    client.force_login(boss)
    order = place((cup, "points", 1))
    assert client.post(page(order, "cancel"), {"reason": ""}).context["form"].errors["reason"]
    assert client.post(page(order, "cancel"), {"reason": "缺货"}).url == page(order)
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.cancel_note) == (OrderState.CANCELLED, "shop", "缺货")
    assert AuditEvent.objects.get(event="order.cancelled").by == actors.staff(boss.pk)
    assert "缺货" in client.get(page(order)).content.decode()


def test_rights(client, at, place, cup, carrier):
    order = place((cup, "points", 1))
    client.force_login(staff("view_order", at=at))
    assert client.get(page(order)).status_code == 200
    assert page(order, "ship") not in client.get(page(order)).content.decode()
    for act, sent in (("ship", {"carrier": carrier.pk, "tracking_number": "SF1382"}), ("cancel", {"reason": "x"})):
        assert client.get(page(order, act)).status_code == 403
        assert client.post(page(order, act), sent).status_code == 403
    client.force_login(staff(at=at, phone="+8613700000002"))
    assert client.get(LIST).status_code == 403
    assert client.get(page(order)).status_code == 403
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_nobody_edits_or_deletes_an_order(client, admin_client, place, cup):
    order = place((cup, "points", 1))
    admin_client.post(page(order), {"points": 1, "state": "completed"})
    order.refresh_from_db()
    assert (order.points, order.state) == (1000, OrderState.TO_SHIP)
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{order.pk}/delete/", {"post": "yes"}).status_code == 403


def test_search_by_number_phone_and_tracking(client, shipper, carrier, place, cup, member, at):
    order = place((cup, "points", 1))
    other = place((cup, "mixed", 1))
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF138204471", by="system:test", at=at)

    def found(words):
        return set(client.get(LIST, {"q": words}).context["cl"].queryset)

    assert found(order.number) == {order}
    assert found("sf138204471") == {order}
    assert found("13800000001") == {order, other}  # the recipient's, encrypted
    assert found("138 0000 0001") == {order, other}
    assert found(member.phone) == {order, other}
    assert found("13899999999") == set()


def test_the_list_filters_and_does_not_decrypt(client, shipper, place, cup, django_assert_max_num_queries):
    orders = [place((cup, "points", 1)) for _n in range(4)]
    unpaid = place((cup, "mixed", 1))
    html = client.get(LIST).content.decode()
    assert all(order.number in html for order in orders)
    assert "林晓雯" not in html
    assert "望京" not in html
    assert set(client.get(LIST, {"state__exact": "pending_payment"}).context["cl"].queryset) == {unpaid}
    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_the_page_of_an_order_tells_everything(admin_client, place, cup, at, wire):
    order = place((cup, "mixed", 2), note="放门口")
    html = admin_client.get(page(order)).content.decode()
    for text in (order.number, "林晓雯", "望京街道", "保温杯", "放门口", f"{order.number}P1", "¥64"):
        assert text in html


def test_payments_and_notifications(admin_client, client, place, cup):
    order = place((cup, "mixed", 1))
    client.post("/pay/sandbox/callback/", b"{}", content_type="application/json")
    payment = order.payments.get()
    note = PaymentNotification.objects.get()
    for path in (
        "/admin/orders/payment/",
        f"/admin/orders/payment/?q={order.number}",
        f"/admin/orders/payment/{payment.pk}/change/",
        "/admin/orders/paymentnotification/",
        f"/admin/orders/paymentnotification/{note.pk}/change/",
        "/admin/orders/carrier/",
    ):
        assert admin_client.get(path).status_code == 200


def test_carriers_are_kept_by_staff(admin_client, carrier):
    url = f"/admin/orders/carrier/{carrier.pk}/change/"
    sent = {"code": "shunfeng", "name": "顺丰", "name_en": "SF", "position": 3}
    assert admin_client.post(url, sent).status_code == 302
    carrier.refresh_from_db()
    assert (carrier.name, carrier.is_active) == ("顺丰", False)
    assert AuditEvent.objects.filter(event="carrier.changed").exists()
    assert admin_client.post(f"/admin/orders/carrier/{carrier.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_sweep_with_nothing_to_do(db):
    sweep()


def test_a_refund_that_was_refused_is_seen_and_tried_again(client, at, place, cup):
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    paying.settle(payment_id=payment.pk, outcome="paid", provider_id="P1", by=actors.system("test"), at=at)
    cancelling.cancel_order(order=order, by=actors.system("test"), at=at)
    url = reverse("admin:orders_payment_refund_again", args=[payment.pk])
    boss = staff("view_payment", "refund_payment", at=at)
    client.force_login(boss)
    assert client.get(url).status_code == 403  # nothing was refused yet
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.REFUND_REFUSED)
    payment.refunds.update(state=RefundState.REFUSED, next_ask_at=None)
    assert payment.reference in client.get("/admin/orders/payment/?state__exact=refund_refused").content.decode()
    assert client.get(url).status_code == 200
    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUND_REFUSED
    assert client.post(url).status_code == 302
    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUNDING
    assert AuditEvent.objects.get(event="payment.refund_retried").by == actors.staff(boss.pk)
    client.force_login(staff("view_payment", at=at, phone="+8613700000002"))
    assert client.post(url).status_code == 403


def test_the_sums_stand_as_the_member_saw_them(client, at, place, cup, shipper):
    order = place((cup, "points", 2))
    order.sums = [
        {"code": "goods_points", "points": 2000, "fen": 0},
        {"code": "tier_discount", "points": -160, "fen": 0, "values": {"percent": 8}},
        {"code": "shipping", "points": 0, "fen": 0},
    ]
    order.save(update_fields=["sums"])
    html = client.get(page(order)).content.decode()
    for line in pricing.restored(order.sums):
        assert f"{line.label} {line.text}" in html
        assert line.note in html
