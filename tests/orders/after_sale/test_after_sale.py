"""Returns, refunds and exchanges: who may ask for what until when, and exactly what comes back (F10)."""

import uuid
from collections import Counter
from datetime import timedelta
from io import BytesIO
from itertools import product

import hypothesis
import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import translation
from hypothesis import strategies as st
from PIL import Image

from accounts.models import Notice
from catalog.models import SKU
from catalog.queries import stock_breaks
from catalog.services import stock
from catalog.services.pictures import BadPicture
from catalog.services.products import unlist_product
from core import actors, outbox
from core.errors import InvalidInput
from core.models import AuditEvent, OutboxMessage
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services import moving, receiving, requesting, rewards, settling
from orders.after_sale.states import after_sale_allowed
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.lifecycle.wording import returned_parts
from orders.models import (
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSalePicture,
    AfterSaleState,
    Carrier,
    Order,
    OrderItem,
    OrderState,
    PaymentRefund,
)
from orders.pages.queries.standing import Standing, standing
from orders.pages.wording import headline
from orders.payments.queries.refunds import refunds_of
from orders.payments.services import paying
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger import audit
from points.ledger.queries import balance
from points.purchases.models import Purchase

STAFF = actors.staff(9001)  # no member of these tests


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    """Pictures of tests go to a folder that pytest removes."""
    location = tmp_path / "private"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": location}}
    settings.STORAGES = settings.STORAGES | {"private": backend}
    return location


@pytest.fixture
def carrier(db):
    return Carrier.objects.get(code="shunfeng")


@pytest.fixture
def shipped(place, carrier, at):
    """``shipped((cup, "points", 2))`` -> an order that was paid and is on its way."""

    def do(*lines, **options):
        order = place(*lines, **options)
        if order.state == OrderState.PENDING_PAYMENT:
            payment = order.payments.get()
            paying.settle(payment_id=payment.pk, outcome="paid", provider_id="P1", by=STAFF, at=at)
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=at)
        order.refresh_from_db()
        return order

    return do


@pytest.fixture
def ask(member, at):
    """``ask(order)`` -> a request for all of it."""

    def do(order, kind="return", pieces=None, reason="not_wanted", **options):
        options = {"form_key": uuid.uuid4(), "by": actors.member(member.pk), "at": at} | options
        if pieces is None:
            pieces = {item.pk: left for item, left in queries.askable_pieces(order).items()}
        return after_sale.ask(order=order, kind=kind, pieces=pieces, reason=reason, **options)

    return do


@pytest.fixture
def returned(ask, at):
    """``returned(order, ...)`` -> a request whose goods are back."""

    def do(order, **options):
        request = ask(order, **options)
        after_sale.approve(case=request, by=STAFF, at=at)
        return after_sale.receive(case=request, by=STAFF, at=at)

    return do


def number():
    return f"SF{uuid.uuid4().int % 10**12:012d}"


def settle(request, at, amounts=None, stock_back="sellable", **options):
    if amounts is None:
        amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
    if request.kind == AfterSaleKind.REFUND:
        stock_back = ""
    return after_sale.settle(case=request, amounts=amounts, stock_back=stock_back, by=STAFF, at=at, **options)


def available(member, at):
    return balance(member.pk, at=at).available


def all_adds_up():
    assert audit.run().breaks == []
    assert list(stock_breaks()) == []


def picture(size=(400, 300), kind="JPEG"):
    file = BytesIO()
    Image.new("RGB", size, "#884422").save(file, kind)
    file.seek(0)
    return file


# Asking


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


# Settling


def test_a_part_comes_back_and_later_the_rest(shipped, cup, member, returned, at):
    """Three pieces for 1,000 points each, made 2,999 by a discount: 999 + 1,000 + 1,000, never one too many."""
    order = shipped((cup, "points", 3))
    (item,) = order.items.all()
    OrderItem.objects.filter(pk=item.pk).update(paid_points=2999, paid_fen=0)
    back = []
    for _n in range(3):
        request = settle(returned(order, pieces={item.pk: 1}), at)
        back.append(request.points)
    assert back == [999, 1000, 1000]
    assert available(member, at) == 2000 + 2999
    assert queries.askable_pieces(order) == {}
    assert SKU.objects.get(pk=cup.pk).stock == 10
    all_adds_up()


def test_points_and_cash_of_a_part(shipped, cup, member, returned, at, wire):
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    request = settle(returned(order, pieces={item.pk: 1}), at)
    assert (request.points, request.fen) == (400, 3200)
    refund = PaymentRefund.objects.get()
    assert (refund.amount_fen, refund.key) == (3200, f"aftersale:{order.number}-A1:cash")
    message = OutboxMessage.objects.get(topic="order.refunded")
    assert message.payload == {
        "order_id": order.pk,
        "refund_key": f"aftersale:{order.number}-A1:refunded",
        "fen": 3200,
        "lines": [["home", 3200]],
    }
    assert available(member, at) == 5000 - 800 + 400
    again = settle(request, at)
    assert again.moves.count() == 4
    assert PaymentRefund.objects.count() == OutboxMessage.objects.filter(topic="order.refunded").count() == 1
    assert available(member, at) == 5000 - 800 + 400
    all_adds_up()


def test_staff_may_give_less_or_all_that_is_left_and_no_more(shipped, cup, member, returned, at, wire):
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    request = returned(order, pieces={item.pk: 1})
    for points, fen in [(801, 0), (0, 6401), (-1, 0), (0, -1)]:
        with pytest.raises(settling.MoreThanPaid):
            settle(request, at, {item.pk: (points, fen)})
    with pytest.raises(settling.NothingComesBack):
        settle(request, at, {item.pk: (0, 0)})
    with pytest.raises(InvalidInput):
        settle(request, at, {})
    with pytest.raises(InvalidInput):
        settle(request, at, stock_back="")
    assert settle(request, at, {item.pk: (0, 1000)}).returned == {"points": 0, "fen": 1000, "parts": []}
    rest = returned(order, pieces={item.pk: 1})
    (line,) = queries.offer(rest).lines
    assert (line.points, line.fen, line.most_points, line.most_fen) == (400, 3200, 800, 5400)
    settle(rest, at, {item.pk: (800, 5400)})
    assert available(member, at) == 5000
    assert sum(PaymentRefund.objects.values_list("amount_fen", flat=True)) == 6400
    all_adds_up()


def test_a_refund_without_goods(shipped, cup, member, ask, at):
    order = shipped((cup, "points", 1))
    request = ask(order, kind="refund", reason="damaged")
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.approve(case=request, by=STAFF, at=at)
    with pytest.raises(InvalidInput):  # no piece came back
        after_sale.settle(case=request, amounts={order.items.get().pk: (1, 0)}, stock_back="sellable", by=STAFF, at=at)
    settle(request, at, {order.items.get().pk: (300, 0)})
    assert available(member, at) == 4300
    assert SKU.objects.get(pk=cup.pk).stock == 9
    all_adds_up()


def test_a_piece_can_come_back_after_a_small_refund_for_it(shipped, make_sku, make_member, ask, returned, at):
    """100 of 5,980 for a scratch; then it breaks."""
    member = make_member(points=6000)
    order = shipped((make_sku("KETTLE", points_price=5980), "points", 1), member=member, address=member.addresses.get())
    (item,) = order.items.all()
    settle(ask(order, kind="refund"), at, {item.pk: (100, 0)})
    assert queries.askable_pieces(order) == {item: 1}
    request = returned(order)
    (line,) = queries.offer(request).lines
    assert (line.points, line.most_points) == (5880, 5880)
    with pytest.raises(settling.MoreThanPaid):
        settle(request, at, {item.pk: (5881, 0)})
    settle(request, at)
    assert available(member, at) == 6000
    assert queries.askable_pieces(order) == {}
    all_adds_up()


def test_a_piece_whose_whole_price_went_back_is_done_with(shipped, cup, ask, returned, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (1000, 0)})
    assert queries.askable_pieces(order) == {item: 1}
    for half in (500, 500):
        settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (half, 0)})
    assert queries.askable_pieces(order) == {}
    stranger = shipped((cup, "points", 1)).items.get()
    for asked, name in [(item, item.title), (stranger, "商品")]:
        with pytest.raises(requesting.TooManyPieces) as refused:
            ask(order, pieces={asked.pk: 1})
        assert refused.value.details == {"name": name, "left": 0}


def test_what_went_back_for_one_piece_counts_once(shipped, cup, ask, returned, at):
    order = shipped((cup, "points", 3))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (100, 0)})
    back = [settle(returned(order, pieces={item.pk: 1}), at).points for _n in range(3)]
    assert back == [900, 1000, 1000]


def test_the_coupon_comes_back_when_all_that_was_paid_did(shipped, cup, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "points", 1))
    (item,) = order.items.all()
    settle(ask(order, kind="refund"), at, {item.pk: (400, 0)})
    assert not given
    settle(ask(order, kind="refund"), at, {item.pk: (600, 0)})
    assert given == [order]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "return", "exchange"]),
        st.integers(0, 1),  # which item
        st.integers(1, 3),  # pieces
        st.sampled_from([None, 0, 1, 33, 50, 100]),  # None: what is proposed, else percent of the most
    ),
    max_size=6,
)


@hypothesis.given(steps=STEPS)
@hypothesis.settings(
    max_examples=25, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_whatever_is_asked_and_settled_never_more_than_was_paid_comes_back(
    shipped, cup, candle, make_member, ask, returned, at, wire, steps
):
    """Refunds, returns and exchanges of some pieces in any order: points, cash, stock and what was earned."""
    with transaction.atomic():
        member = make_member(points=9000)
        order = shipped((cup, "mixed", 3), (candle, "points", 2), member=member, address=member.addresses.get())
        rewards.reward(order_id=order.pk, by=STAFF, at=at)
        items = list(order.items.all())
        sold = {item.pk: item.sku.stock for item in items}
        gone = Counter()
        for kind, n, quantity, percent in steps:
            item = items[n]
            if quantity > queries.askable_pieces(order).get(item, 0):
                with pytest.raises(requesting.TooManyPieces):
                    ask(order, kind=kind, pieces={item.pk: quantity})
                continue
            request = (ask if kind == "refund" else returned)(order, kind=kind, pieces={item.pk: quantity})
            (line,) = queries.offer(request).lines
            assert line.points <= line.most_points
            assert line.fen <= line.most_fen
            amount = (line.points, line.fen)
            if percent is not None:
                amount = (line.most_points * percent // 100, line.most_fen * percent // 100)
            try:
                settle(request, at, {item.pk: amount})
            except settling.NothingComesBack:
                after_sale.refuse(case=request, by=STAFF, at=at, answer="无可退")
                continue
            if kind != "refund":
                gone[item.pk] += quantity
        for item in items:
            back = AfterSaleItem.objects.filter(item=item).aggregate(points=Sum("points"), fen=Sum("fen"))
            assert (back["points"] or 0) <= item.paid.points
            assert (back["fen"] or 0) <= item.paid.fen
            assert gone[item.pk] <= item.quantity
            item.sku.refresh_from_db()
            assert item.sku.stock == sold[item.pk] + gone[item.pk]
        outbox.drain(at=at)
        cash_back = sum(PaymentRefund.objects.values_list("amount_fen", flat=True))
        purchase = Purchase.objects.get(number=order.number)
        assert purchase.refunded_fen == cash_back <= order.cash_fen
        all_adds_up()
        transaction.set_rollback(True)


def test_an_order_of_which_all_came_back_is_not_on_its_way(shipped, cup, returned, signed_in, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    for settled in (False, True):
        settle(returned(order, pieces={item.pk: 1}), at)
        page = signed_in.get(order.get_absolute_url())
        listed = signed_in.get("/orders/").context["page"][0]
        assert standing(order).settled == settled
        assert (page.context["receipt_due"] is None) == settled
        assert listed.headline == headline(order, at=at, standing=Standing(settled=settled))[0]


def test_a_refused_refund_is_not_said_to_go_back(shipped, cup, returned, signed_in, at):
    request = settle(returned(shipped((cup, "mixed", 1))), at)
    for state, word in [("underway", "goes back the way"), ("refused", "could not go back"), ("done", "went back")]:
        is_open, is_done = state == "underway", state == "done"
        PaymentRefund.objects.update(
            state=state, done_at=at if is_done else None, next_ask_at=at if is_open else None,
            look_since=at if state == "refused" else None,
        )  # fmt: skip
        with translation.override("en"):
            (cash,) = returned_parts(request, refunds_of(request))[1:]
        assert word in cash
        assert signed_in.get(request.get_absolute_url()).status_code == 200


def test_damaged_pieces_do_not_go_to_the_shelf(shipped, cup, returned, at):
    request = settle(returned(shipped((cup, "points", 1))), at, stock_back="damaged")
    assert request.stock_back == "damaged"
    assert SKU.objects.get(pk=cup.pk).stock == 9
    all_adds_up()


def test_points_whose_lot_has_ended_get_grace_and_the_member_reads_it(shipped, cup, member, returned, at):
    order = shipped((cup, "points", 1))
    late = at + timedelta(days=91)
    request = settle(returned(order), late)
    (part,) = request.returned["parts"]
    assert part["points"] == 1000
    assert available(member, late) == 1000
    (sentence,) = returned_parts(request)
    assert "1,000" in sentence


def test_the_shipping_fee(shipped, cup, returned, at, wire):
    """It stays where the shop is not to blame, and comes back once at most where it is."""
    order = shipped((cup, "mixed", 2))
    type(order).objects.filter(pk=order.pk).update(shipping_fen=800, cash_fen=7200)
    order.payments.update(amount_fen=7200)
    order.refresh_from_db()
    (item,) = order.items.all()
    unwanted = returned(order, pieces={item.pk: 1}, reason="not_wanted")
    assert queries.offer(unwanted).most_shipping_fen == 0
    with pytest.raises(settling.MoreThanPaid):
        settle(unwanted, at, shipping_fen=1)
    settle(unwanted, at)
    damaged = returned(order, pieces={item.pk: 1}, reason="damaged")
    offer = queries.offer(damaged)
    assert (offer.shipping_fen, offer.most_shipping_fen, offer.fen) == (800, 800, 4000)
    request = settle(damaged, at, shipping_fen=800)
    assert (request.fen, request.shipping_fen) == (4000, 800)
    assert sum(PaymentRefund.objects.values_list("amount_fen", flat=True)) == 7200
    told = [message.payload["fen"] for message in OutboxMessage.objects.filter(topic="order.refunded")]
    assert told == [3200, 3200]  # nobody earned anything with the shipping fee
    assert queries.offer_of(order, {item: 1}, reason="damaged").most_shipping_fen == 0


def test_the_coupon_comes_back_with_the_last_piece(shipped, cup, returned, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == []
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == [order]


def test_a_small_refund_gives_no_coupon_back(shipped, cup, returned, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (0, 100)})
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == []


def test_a_refund_of_all_that_was_paid_gives_the_coupon_back(shipped, cup, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "mixed", 2))
    settle(ask(order, kind="refund"), at)
    assert given == [order]


@pytest.mark.parametrize("step", ["refund_part", "refund_points", "restock", "publish", "tell"])
def test_a_settlement_that_breaks_anywhere_leaves_nothing_and_is_tried_again(
    shipped, cup, member, returned, at, wire, monkeypatch, step
):
    order = shipped((cup, "mixed", 1))
    request = returned(order)
    module, name = {
        "refund_part": (paying, "refund_part"),
        "refund_points": (settling.giving_back, "refund_points"),
        "restock": (settling.stock, "give_back"),
        "publish": (settling.giving_back, "publish_refunded"),
        "tell": (settling.notices, "tell"),
    }[step]

    def breaks(*args, **options):
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(module, name, breaks)
        with pytest.raises(RuntimeError), transaction.atomic():
            settle(request, at)
    request.refresh_from_db()
    assert request.state == "received"
    assert not PaymentRefund.objects.exists()
    assert not OutboxMessage.objects.filter(topic="order.refunded").exists()
    assert available(member, at) == 4600
    assert SKU.objects.get(pk=cup.pk).stock == 9
    settle(request, at)
    assert (available(member, at), SKU.objects.get(pk=cup.pk).stock) == (5000, 10)
    all_adds_up()


def test_a_cancelled_paid_order_tells_what_was_paid_back(place, cup, candle, at, wire):
    order = place((cup, "mixed", 2), (candle, "points", 1))
    paying.settle(payment_id=order.payments.get().pk, outcome="paid", provider_id="P1", by=STAFF, at=at)
    cancelling.cancel_order(order=order, by=STAFF, at=at)
    message = OutboxMessage.objects.get(topic="order.refunded")
    assert message.payload["lines"] == [["home", 6400]]
    unpaid = place((cup, "mixed", 1))
    cancelling.cancel_order(order=unpaid, by=STAFF, at=at)
    free = place((cup, "points", 1))
    cancelling.cancel_order(order=free, by=STAFF, at=at)
    assert OutboxMessage.objects.filter(topic="order.refunded").count() == 1


# Exchange


def test_an_exchange(shipped, cup, member, returned, carrier, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    request = returned(order, kind="exchange", pieces={item.pk: 1}, reason="damaged")
    options = {"carrier": carrier, "stock_back": "damaged", "by": STAFF, "at": at}
    with pytest.raises(shipping.ParcelKnown):
        first = order.shipments.get()
        after_sale.exchange(case=request, tracking_number=first.tracking_number, **options)
    shipment = after_sale.exchange(case=request, tracking_number="SF000009", **options)
    request.refresh_from_db()
    assert (request.state, request.replacement, request.points) == ("exchanged", shipment, 0)
    assert SKU.objects.get(pk=cup.pk).stock == 7
    assert available(member, at) == 3000
    assert shipment.tracking.next_look_at
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.exchange(case=request, tracking_number="SF000010", **options)
    assert queries.askable_pieces(order) == {item: 2}  # the replacement may be faulty as well
    all_adds_up()


def test_where_there_is_no_replacement_an_exchange_ends_as_a_refund(shipped, cup, member, returned, carrier, at):
    request = returned(shipped((cup, "points", 1)), kind="exchange")
    unlist_product(product=cup.product, by=STAFF, at=at)
    with pytest.raises(stock.NotListed):
        after_sale.exchange(
            case=request, carrier=carrier, tracking_number="SF000009", stock_back="sellable", by=STAFF, at=at
        )
    request.refresh_from_db()
    assert request.state == "received"
    settle(request, at)
    assert available(member, at) == 5000
    all_adds_up()


# The rest of a partly shipped order


def test_the_rest_is_paid_back(place, cup, candle, member, carrier, at):
    order = place((cup, "points", 2), (candle, "points", 1))
    mug, light = order.items.all()
    options = {"by": STAFF, "at": at, "reason": "破损", "stock_back": "damaged"}
    with pytest.raises(settling.NothingLeftToShip):
        after_sale.give_up_rest(order=order, **options)
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, pieces={mug.pk: 1})
    with pytest.raises(InvalidInput):
        after_sale.give_up_rest(order=order, **options | {"reason": " "})
    request = after_sale.give_up_rest(order=order, **options)
    order.refresh_from_db()
    assert (order.state, order.shipped_at, request.state, request.kind) == ("shipped", at, "settled", "unshipped")
    assert request.points == 3300
    assert available(member, at) == 5000 - 1000
    assert queries.askable_pieces(order) == {mug: 1}
    assert AfterSaleItem.objects.filter(after_sale=request).count() == 2
    with pytest.raises(settling.NothingLeftToShip):
        after_sale.give_up_rest(order=order, **options)
    assert Notice.objects.filter(member=member, key=f"{request.subject}:settled").exists()
    assert light.pk
    all_adds_up()


def test_of_a_partly_shipped_order_only_what_left_can_come_back(place, cup, carrier, ask, at):
    order = place((cup, "points", 3))
    (item,) = order.items.all()
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, pieces={item.pk: 1})
    order.refresh_from_db()
    assert queries.askable_pieces(order) == {item: 1}
    ask(order, pieces={item.pk: 1})
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000002", by=STAFF, at=at)


# The table of moves

FORWARD = {
    "return": {
        ("requested", "approved"), ("requested", "refused"), ("requested", "withdrawn"), ("approved", "received"),
        ("approved", "refused"), ("approved", "withdrawn"), ("received", "settled"), ("received", "refused"),
    },
    "refund": {("requested", "settled"), ("requested", "refused"), ("requested", "withdrawn")},
    "unshipped": set(),
}  # fmt: skip
FORWARD["exchange"] = FORWARD["return"] | {("received", "exchanged")}


@pytest.mark.parametrize(
    ("kind", "before", "after"), list(product(AfterSaleKind.values, AfterSaleState.values, AfterSaleState.values))
)
def test_only_the_tables_moves_are_possible(kind, before, after):
    assert after_sale_allowed(kind, before, after) == ((before, after) in FORWARD[kind])
    request = AfterSale(kind=kind, state=before)
    if (before, after) not in FORWARD[kind]:
        with pytest.raises(moving.CaseMoveNotAllowed):
            moving.move(request, after, by=STAFF, at=None)


ACTS = {
    "approved": lambda request, at, carrier: after_sale.approve(case=request, by=STAFF, at=at),
    "refused": lambda request, at, carrier: after_sale.refuse(case=request, by=STAFF, at=at, answer="x"),
    "received": lambda request, at, carrier: after_sale.receive(case=request, by=STAFF, at=at),
    "withdrawn": lambda request, at, carrier: after_sale.withdraw(case=request, by=STAFF, at=at),
    "settled": lambda request, at, carrier: settle(request, at),
    "exchanged": lambda request, at, carrier: after_sale.exchange(
        case=request, carrier=carrier, tracking_number=number(), stock_back="damaged", by=STAFF, at=at
    ),
}
ROADS = {
    "requested": [],
    "approved": ["approved"],
    "received": ["approved", "received"],
    "refused": ["refused"],
    "withdrawn": ["withdrawn"],
    "settled": ["approved", "received", "settled"],
    "exchanged": ["approved", "received", "exchanged"],
}


@pytest.mark.parametrize(("before", "act"), list(product(ROADS, ACTS)))
def test_every_act_in_every_state(shipped, cup, member, ask, carrier, at, before, act):
    """Where it is not the table's move it is refused or, when it was done already, does nothing a second time."""
    request = ask(shipped((cup, "points", 1)), kind="exchange")
    for step in ROADS[before]:
        ACTS[step](request, at, carrier)
    request.refresh_from_db()
    was = available(member, at), SKU.objects.get(pk=cup.pk).stock, request.moves.count()
    if (before, act) in FORWARD["exchange"]:
        ACTS[act](request, at, carrier)
        request.refresh_from_db()
        assert request.state == act
    else:
        if before == act != "exchanged":
            ACTS[act](request, at, carrier)
        else:
            with pytest.raises(moving.CaseMoveNotAllowed):
                ACTS[act](request, at, carrier)
        assert was == (available(member, at), SKU.objects.get(pk=cup.pk).stock, request.moves.count())
    all_adds_up()


def test_a_refusal_needs_words(shipped, cup, ask, at):
    request = ask(shipped((cup, "points", 1)))
    with pytest.raises(InvalidInput):
        after_sale.refuse(case=request, by=STAFF, at=at, answer="  ")
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.send_back(case=request, carrier="顺丰", tracking_number="SF000001", by=STAFF, at=at)
    assert AfterSalePicture.objects.count() == 0
    with pytest.raises(MoveNotAllowed):
        cancelling.cancel_order(order=request.order, by=STAFF, at=at)


def test_what_was_said_at_the_approval_is_not_said_of_the_settlement(shipped, cup, ask, at):
    request = ask(shipped((cup, "points", 1)))
    after_sale.approve(case=request, by=STAFF, at=at, answer="请寄回")
    request = settle(after_sale.receive(case=request, by=STAFF, at=at), at)
    assert request.answer == ""
    assert "请寄回" in request.moves.values_list("reason", flat=True)
