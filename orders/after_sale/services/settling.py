"""How a request ends for good: refunded, exchanged, or the rest of an order paid back unasked (F10).

A settlement is one transaction: points go back to their lots, the cash is set on its way (the provider is asked after
the commit, again and again until it is done), pieces go to the shelf, a coupon comes back with the last piece unless
the member keeps goods that were not paid back. What was earned with the cash is taken back by the handler of
``order.refunded``, right after it. Done twice it changes nothing.

The shipping fee stays with a return for which the shop is not to blame. Where it is, staff may give it back; it is
proposed when all of the order came back.
"""

import uuid

from django.utils.translation import gettext_lazy as _

from catalog.services import stock
from core import audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from core.formats import yuan_sum
from orders.after_sale import queries
from orders.after_sale.services import moving
from orders.after_sale.services.deciding import LONGEST_ANSWER
from orders.after_sale.services.requesting import number_of
from orders.coupons.services import coupons
from orders.lifecycle import keys
from orders.lifecycle.services import giving_back, moves, notices
from orders.models import (
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSaleReason,
    AfterSaleState,
    OrderState,
    PaymentState,
    StockBack,
)
from orders.payments.services import paying
from orders.shipping import queries as parcels
from orders.shipping.services import shipping


class MoreThanPaid(DomainError):
    """More than is left of what was paid for it. ``name`` is what."""

    code = "more_than_paid"
    message = _("For “%(name)s” at most %(points)s points and %(sum)s can go back. Nothing was changed.")


class NothingComesBack(DomainError):
    code = "nothing_comes_back"
    message = _("Nothing would go back. Refuse the request instead. Nothing was changed.")


class NothingLeftToShip(DomainError):
    code = "nothing_left_to_ship"
    message = _("Only the rest of a partly shipped order can be given up. Nothing was changed.")


def settle(*, case, amounts, by, at, shipping_fen=0, stock_back="", answer=""):
    """Pay back ``amounts``, ``{item_id: (points, fen)}``, and ``shipping_fen``; returns the request as it is then.

    ``stock_back`` (``StockBack``) says what becomes of goods that came back; it is needed unless none did. Each
    amount is at most what is left of what was paid for the item. A settled request stays as it is.
    Raises ``MoreThanPaid``, ``NothingComesBack``, ``InvalidInput``, ``CaseMoveNotAllowed`` or ``Busy``.
    """
    with locking_transaction():
        order, case = moving.lock(case)
        if case.state == AfterSaleState.SETTLED:
            return case
        moving.check(case, AfterSaleState.SETTLED)
        came_back = case.kind != AfterSaleKind.REFUND
        if stock_back not in (StockBack.values if came_back else [""]):
            raise InvalidInput(field=_("Pieces that came back"))
        offer = queries.offer(case)
        _check(offer, amounts, shipping_fen)
        answer = answer.strip()[:LONGEST_ANSWER]
        _pay_back(order, case, offer, amounts, shipping_fen, stock_back, answer, by=by, at=at)
        _tell(order, case, "settled", at=at)
    return case


def exchange(*, case, carrier, tracking_number, stock_back, by, at, shared=False):
    """Send the same pieces once more, with ``carrier`` (a ``Carrier``); returns the ``Shipment``. ``shared`` as in
    ``shipping.ship_order``.

    Raises ``SoldOut`` or ``NotListed`` if no replacement is available (settle it as a refund then),
    ``TrackingNumberNotValid``, ``CarrierNotInUse``, ``ParcelKnown``, ``TrackingNumberTaken``, ``InvalidInput``,
    ``CaseMoveNotAllowed`` or ``Busy``.
    """
    number = shipping.clean_tracking_number(tracking_number)
    if stock_back not in StockBack.values:
        raise InvalidInput(field=_("Pieces that came back"))
    with locking_transaction():
        order, case = moving.lock(case)
        moving.check(case, AfterSaleState.EXCHANGED)
        shipping.check_parcel(order, carrier, number, shared=shared)
        shipment = shipping.new_parcel(order, carrier, number, by=by, at=at)
        moving.move(
            case,
            AfterSaleState.EXCHANGED,
            by=by,
            at=at,
            reason=number,
            answer="",
            replacement=shipment,
            stock_back=stock_back,
        )
        lines = _stock_lines(queries.pieces_of(case))
        stock.take(lines=lines, key=keys.after_sale(case, "replaced"), source=case.subject, by=by, at=at)
        _restock(case, lines, stock_back, by=by, at=at)
        audit.record(
            "aftersale.exchanged", by=by, subject=case.subject, at=at,
            carrier=carrier.code, tracking_number=number, stock_back=stock_back,
        )  # fmt: skip
        notices.of_parcel(shipment, "exchanged", at=at)
    return shipment


def give_up_rest(*, order, by, at, reason, stock_back):
    """What of a partly shipped order cannot be had any more is paid back, and the order counts as shipped.

    Returns the ``AfterSale`` that says so. The member reads ``reason``. Raises ``NothingLeftToShip``,
    ``InvalidInput``, ``MoveNotAllowed`` or ``Busy``.
    """
    reason = reason.strip()[:LONGEST_ANSWER]
    if not reason:
        raise InvalidInput(field=_("Reason"))
    if stock_back not in StockBack.values:
        raise InvalidInput(field=_("Pieces that came back"))
    with locking_transaction():
        order = moves.lock(order.pk)
        left = parcels.left_to_ship(order)
        if order.state != OrderState.PARTLY_SHIPPED or not left:
            raise NothingLeftToShip
        case = AfterSale(
            number=number_of(order),
            order=order,
            form_key=uuid.uuid4(),
            kind=AfterSaleKind.UNSHIPPED,
            reason=AfterSaleReason.MISSING,
            requested_at=at,
        )
        offer = queries.offer_of(order, left, reason=case.reason)
        amounts = {line.item.pk: (line.points, line.fen) for line in offer.lines}
        moves.move(order, OrderState.SHIPPED, by=by, at=at, reason=reason, shipped_at=at)
        _pay_back(order, case, offer, amounts, 0, stock_back, reason, by=by, at=at)
        _tell(order, case, "unshipped", at=at)
    return case


def _check(offer, amounts, shipping_fen):
    if set(amounts) != {line.item.pk for line in offer.lines}:
        raise InvalidInput(field=_("Items"))
    for line in offer.lines:
        points, fen = amounts[line.item.pk]
        if not (0 <= points <= line.most_points and 0 <= fen <= line.most_fen):
            raise _more(line.item.title, line.most_points, line.most_fen)
    if not 0 <= shipping_fen <= offer.most_shipping_fen:
        raise _more(_("Shipping"), 0, offer.most_shipping_fen)
    if not shipping_fen and not any(points or fen for points, fen in amounts.values()):
        raise NothingComesBack


def _more(name, points, fen):
    return MoreThanPaid(name=name, points=f"{points:,}", sum=yuan_sum(fen))


def _pay_back(order, case, offer, amounts, shipping_fen, stock_back, answer, *, by, at):
    """In the order of locks: order and request are held, then coupon and payment, the points account, the shelf."""
    pieces = {line.item: line.quantity for line in offer.lines}
    points = sum(amount[0] for amount in amounts.values())
    goods_fen = sum(amount[1] for amount in amounts.values())
    fen = goods_fen + shipping_fen
    is_all = queries.is_everything(
        order, case.kind, [(item, quantity, *amounts[item.pk]) for item, quantity in pieces.items()]
    )
    given_back = coupons.give_back(order=order, by=by, at=at) if is_all else []
    if fen:
        payment = order.payments.filter(state=PaymentState.PAID).first()
        if payment is None:  # given back by hand meanwhile
            raise paying.RefundTooLarge(left=yuan_sum(0))
        paying.refund_part(payment=payment, amount_fen=fen, key=keys.after_sale(case, "cash"), by=by, at=at)
    parts = giving_back.refund_points(order, points, key=keys.after_sale(case, "points"), by=by, at=at)
    changes = {
        "points": points,
        "fen": fen,
        "shipping_fen": shipping_fen,
        "stock_back": stock_back,
        "answer": answer,  # what was said on the way here stands with the moves
        "returned": giving_back.came_back(parts, fen, given_back),
    }
    if case.pk is None:
        for name, value in {**changes, "state": AfterSaleState.SETTLED, "ended_at": at}.items():
            setattr(case, name, value)
        case.save()
        moving.record(case, "", by=by, at=at, reason=answer)
    else:
        moving.move(case, AfterSaleState.SETTLED, by=by, at=at, reason=answer, **changes)
    for item, quantity in pieces.items():
        item_points, item_fen = amounts[item.pk]
        AfterSaleItem.objects.update_or_create(
            after_sale=case, item=item, defaults={"quantity": quantity, "points": item_points, "fen": item_fen}
        )
    _restock(case, _stock_lines(pieces), stock_back, by=by, at=at)
    refunded = [(item, amounts[item.pk][1]) for item in pieces]
    giving_back.publish_refunded(order, refunded, key=keys.after_sale(case, "refunded"), at=at)
    audit.record(
        "aftersale.settled", by=by, subject=case.subject, at=at,
        points=points, fen=fen, shipping_fen=shipping_fen, stock_back=stock_back, coupon_back=is_all,
    )  # fmt: skip


def _stock_lines(pieces):
    return [(item.sku_id, quantity) for item, quantity in pieces.items()]


def _restock(case, lines, stock_back, *, by, at):
    """Sellable pieces go to the shelf; damaged ones were written off when they left."""
    if stock_back == StockBack.SELLABLE:
        stock.give_back(lines=lines, key=keys.after_sale(case, "stock"), source=case.subject, by=by, at=at)


def _tell(order, case, what, *, at):
    """In the words that fit: points, cash, or both."""
    both = "" if case.points and case.fen else "_points" if case.points else "_cash"
    notices.tell(
        order,
        f"{what}{both}",
        key=f"{case.subject}:settled",
        at=at,
        url=case.get_absolute_url(),
        points=case.points,
        sum={"fen": case.fen},
        number=case.number,
        why=case.answer,
    )
