"""What a member may ask for, until when, and the pictures that go with it (F10)."""

import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from PIL import Image

from accounts.models import Notice
from catalog.models import SKU
from catalog.services.pictures import BadPicture
from core.errors import InvalidInput
from core.models import AuditEvent
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services import receiving, requesting
from orders.lifecycle.wording import returned_parts
from orders.models import AfterSale, Order, OrderState
from orders.placing.services import cancelling
from tests.orders.after_sale.conftest import STAFF, all_adds_up, available, picture, settle


def test_a_return_from_the_wish_to_the_refund(shipped, cup, member, ask, at):
    order = shipped((cup, "points", 2))
    assert available(member, at) == 3000
    request = ask(order, text="  颜色不喜欢 ", pictures=[picture(), picture(kind="PNG")])
    assert (request.number, request.state, request.text) == (f"{order.number}-A1", "requested", "颜色不喜欢")
    assert request.pictures.count() == 2
    request = after_sale.approve(case=request, by=STAFF, at=at, answer="请用原包装")
    request = after_sale.send_back(case=request, carrier="中通", tracking_number="zt 123456", by=STAFF, at=at)
    assert (request.sent_with, request.sent_number) == ("中通", "ZT123456")
    request = after_sale.receive(case=request, by=STAFF, at=at)
    request = settle(request, at)
    assert (request.state, request.points, request.fen, request.ended_at) == ("settled", 2000, 0, at)
    assert available(member, at) == 5000
    assert SKU.objects.get(pk=cup.pk).stock == 10
    (sentence,) = returned_parts(request)
    assert "2,000" in sentence
    assert list(request.moves.values_list("to_state", flat=True)) == ["requested", "approved", "received", "settled"]
    told = Notice.objects.filter(member=member, key__startswith=request.subject).order_by("pk")
    assert [key.rpartition(":")[2] for key in told.values_list("key", flat=True)] == ["approved", "received", "settled"]
    assert AuditEvent.objects.get(event="aftersale.settled").by == STAFF
    order.refresh_from_db()
    assert order.state == OrderState.SHIPPED
    all_adds_up()


def test_the_window(shipped, cup, ask, at, parameters):
    parameters["points.after_sale_days"] = 7
    order = shipped((cup, "points", 1))
    order = receiving.confirm_receipt(order=order, by=STAFF, at=at)
    last = at + timedelta(days=7)
    assert queries.ask_before(order) == last
    with pytest.raises(requesting.WindowClosed):
        ask(order, at=last + timedelta(seconds=1))
    assert ask(order, at=last).state == "requested"
    parameters["points.after_sale_days"] = 3
    assert queries.ask_before(order) == last  # as it was promised at the receipt


def test_the_window_of_an_order_that_was_received_before_it_was_kept(shipped, cup, at, parameters):
    parameters["points.after_sale_days"] = 3
    order = receiving.confirm_receipt(order=shipped((cup, "points", 1)), by=STAFF, at=at)
    Order.objects.update(returnable_until=None)
    order.refresh_from_db()
    assert queries.ask_before(order) == at + timedelta(days=3)


def test_orders_that_nothing_can_come_back_from(place, cup, ask, at):
    unpaid, waiting = place((cup, "mixed", 1)), place((cup, "points", 1))
    gone = cancelling.cancel_order(order=place((cup, "points", 1)), by=STAFF, at=at)
    for order in (unpaid, waiting, gone):
        with pytest.raises(requesting.WindowClosed):
            ask(order, pieces={order.items.get().pk: 1})
    assert not AfterSale.objects.exists()


def test_what_cannot_be_asked(shipped, cup, ask, at, parameters):
    order, other = shipped((cup, "points", 2)), shipped((cup, "points", 1))
    (item,) = order.items.all()
    for pieces, error in [
        ({}, requesting.NothingChosen),
        ({item.pk: 0}, requesting.NothingChosen),
        ({item.pk: 3}, requesting.TooManyPieces),
        ({item.pk: -1}, requesting.TooManyPieces),
        ({other.items.get().pk: 1}, requesting.TooManyPieces),
    ]:
        with pytest.raises(error):
            ask(order, pieces=pieces)
    for wrong in ({"kind": "unshipped"}, {"kind": "gift"}, {"reason": "mood"}):
        with pytest.raises(InvalidInput):
            ask(order, **wrong)
    assert not AfterSale.objects.exists()


def test_one_open_request_an_order(shipped, cup, ask, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    first = ask(order, pieces={item.pk: 1})
    with pytest.raises(requesting.RequestUnderWay):
        ask(order, pieces={item.pk: 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        AfterSale.objects.create(
            number="x", order=order, form_key=uuid.uuid4(), kind="return", state="requested", reason="other",
            requested_at=at,
        )  # fmt: skip
    after_sale.withdraw(case=first, by=STAFF, at=at)
    assert after_sale.withdraw(case=first, by=STAFF, at=at).moves.count() == 2
    assert ask(order, pieces={item.pk: 1}).number.endswith("-A2")


def test_the_same_form_twice_is_one_request(shipped, cup, ask, private):
    order, key = shipped((cup, "points", 1)), uuid.uuid4()
    first = ask(order, form_key=key, pictures=[picture()])
    assert ask(order, form_key=key, pictures=[picture()]) == first
    assert len(list((private / "after-sale").iterdir())) == 1


@pytest.mark.parametrize("changed", [{"kind": "refund"}, {"reason": "damaged"}, {"text": "裂了"}, {"pieces": 1}])
def test_the_same_form_with_another_wish_is_refused(shipped, cup, ask, changed):
    order = shipped((cup, "points", 2))
    first = ask(order)
    if "pieces" in changed:
        changed = {"pieces": {order.items.get().pk: 1}}
    else:
        changed = changed | {"pieces": {order.items.get().pk: 2}}
    with pytest.raises(requesting.FormUsed, match=first.number):
        ask(order, form_key=first.form_key, **changed)


# Pictures


def test_pictures_are_made_anew_and_kept_apart(shipped, cup, ask, settings):
    request = ask(shipped((cup, "points", 1)), pictures=[picture(kind="PNG")])
    kept = request.pictures.get()
    with storages["private"].open(kept.name) as file, Image.open(file) as image:
        assert image.format == "WEBP"
    assert not settings.MEDIA_ROOT.exists() or not list(settings.MEDIA_ROOT.rglob("*.webp"))


@pytest.mark.parametrize("file", [BytesIO(b"<svg onload=alert(1)>"), BytesIO(b""), picture(size=(10, 10))])
def test_files_that_are_no_pictures_leave_nothing_behind(shipped, cup, ask, private, file):
    with pytest.raises(BadPicture):
        ask(shipped((cup, "points", 1)), pictures=[picture(), file])
    assert not AfterSale.objects.exists()
    assert not private.exists()


def test_a_refused_request_leaves_no_file_behind(shipped, cup, ask, private, parameters):
    order = shipped((cup, "points", 1))
    with pytest.raises(requesting.NothingChosen):
        ask(order, pieces={}, pictures=[picture()])
    assert not private.exists()
    parameters["orders.after_sale_pictures"] = 1
    with pytest.raises(requesting.TooManyPictures):
        ask(order, pictures=[picture(), picture()])


def test_no_picture_is_decoded_for_an_order_that_takes_no_request(shipped, place, cup, ask, monkeypatch):
    """Otherwise anybody could make the mall work for nothing."""
    monkeypatch.setattr(requesting.checked_pictures, "prepare_all", lambda _files: pytest.fail("decoded"))
    packed = place((cup, "points", 1))
    order = shipped((cup, "points", 1))
    with pytest.raises(requesting.WindowClosed):
        ask(packed, pictures=[picture()])
    with pytest.raises(requesting.TooManyPieces):
        ask(order, pieces={order.items.get().pk: 2}, pictures=[picture()])


def test_a_request_that_came_first_meanwhile_leaves_no_file(shipped, cup, ask, private, monkeypatch):
    order = shipped((cup, "points", 1))
    real = requesting.checked_pictures.prepare_all

    def slowly(files):
        monkeypatch.setattr(requesting.checked_pictures, "prepare_all", real)
        ask(order)
        return real(files)

    monkeypatch.setattr(requesting.checked_pictures, "prepare_all", slowly)
    with pytest.raises(requesting.RequestUnderWay):
        ask(order, pictures=[picture()])
    assert AfterSale.objects.count() == 1
    assert list((private / "after-sale").iterdir()) == []
