"""Placing an order: one transaction from the order row over coupons and the points account to the shelf (F1-F3)."""

import json

from celery import current_app
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.queries import offers
from catalog.services import stock
from core.crypto import fingerprint
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from orders import payments
from orders.models import CartLine, Order, State
from orders.models.cart import MOST_LINES, MOST_PIECES
from orders.parameters import MAX_UNPAID_ORDERS
from orders.queries import history as queries
from orders.queries.facts import Wishes, deduction_veto, goods_of, pricing_facts
from orders.rules import keys, pricing
from orders.services import coupons as coupon_service
from orders.services import new_order, paying, popularity
from orders.services.cart import check_listed, check_reserved
from points import ledger
from points.ledger.models import Kind
from points.tiers.queries import tier_of

NUMBER_TRIES = 5
CLOSE_TASK = "orders.tasks.close_unpaid"


class EmptyCart(DomainError):
    """There is nothing to redeem."""

    code = "empty_cart"
    message = _("There is nothing to redeem in it.")


class TooManyLines(DomainError):
    code = "too_many_lines"
    message = _("An order holds at most %(most)s different items. Nothing was changed.")


class AddressMissing(DomainError):
    """No address was chosen, or one that is not the member's."""

    code = "address_missing"
    message = _("Please choose where the parcel goes.")


class PaymentWayMissing(DomainError):
    """The order has cash to pay and no provider was chosen."""

    code = "payment_way_missing"
    message = _("Please choose how to pay the cash.")


class TooManyUnpaid(DomainError):
    """Unpaid orders hold stock: one member may have ``MAX_UNPAID_ORDERS`` of them at once."""

    code = "too_many_unpaid"
    message = _("You have %(most)s orders to pay already. Pay or cancel one of them first. Nothing was changed.")


class DeductionRefused(DomainError):
    """The rules of points refuse the deduction now, though they allowed it when it was priced."""

    code = "deduction_refused"
    message = "%(reason)s"


class FormUsed(DomainError):
    """The form had its order, and asks for something else now. ``number`` is that of the order."""

    code = "form_used"
    message = _(
        "You have ordered with this form already, under number %(number)s, and what you changed since then is not in "
        "that order. Nothing more was taken; submit again only if you would like a second order."
    )


class OrderedJustNow(DomainError):
    """Some of the goods are in an order of the last minutes that the member was not told of. ``number`` is that of the
    order."""

    code = "ordered_just_now"
    message = _(
        "You have just ordered this, under number %(number)s. Nothing more was taken; if you would like it once more, "
        "please submit again."
    )


class PriceChanged(DomainError):
    """What was shown is not what it costs now. ``priced`` is the new ``PricedOrder``."""

    code = "price_changed"
    message = _(
        "Prices or items have changed meanwhile. Nothing was taken; please look at the new sum and submit again."
    )


def place_order(
    *,
    member,
    lines,
    address,
    form_key,
    by,
    at,
    note="",
    provider=None,
    expected=None,
    from_cart=False,
    deduct=0,
    coupons=(),
    known=None,
):
    """Place the order of ``lines``, a list of ``(sku_id, way, quantity)``; returns the ``Order``.

    ``address`` is an ``Address`` of the member, ``form_key`` a UUID that makes the call idempotent: the same member,
    key and choices give the same order, other choices raise ``FormUsed``. ``deduct``: points that the member would
    like to pay cash with; ``coupons``: ids of those they chose. ``expected`` is the digest of the sum that the member
    saw; another one raises ``PriceChanged``. ``provider`` is the code of a payment provider, needed when there is cash
    to pay. ``from_cart`` takes exactly these lines out of the cart; when one is not there any more, another tab has
    ordered or changed it, and ``PriceChanged`` is raised. ``known`` is the number of the order of the same goods that
    the member was told of, empty while of none: another one of the last minutes raises ``OrderedJustNow``; None asks
    nothing. Steps, in the order of locks:

    1. the order with its items, the lines of the cart;
    2. the coupons are used;
    3. the points are held, or spent when there is no cash to pay;
    4. the SKUs are taken off the shelf.

    Without cash it is to be shipped; with cash it waits ``PAYMENT_WINDOW_MINUTES`` for the payment.
    Raises ``EmptyCart``, ``TooManyLines``, ``InvalidInput``, ``AddressMissing``, ``UnknownSKU``, ``NotListed``,
    ``ReservedForTier``, ``WayNotOffered``, ``PriceChanged``, ``FormUsed``, ``OrderedJustNow``, ``PaymentWayMissing``,
    ``TooManyUnpaid``, ``UnknownProvider``, ``CouponNotUsable``, ``DeductionRefused``, ``NotEnoughPoints``, ``SoldOut``,
    ``Busy``; nothing is written then.
    """
    sent = {"lines": lines, "address": address, "form_key": form_key, "by": by, "at": at, "note": note}
    sent |= {"provider": provider, "expected": expected, "from_cart": from_cart, "deduct": deduct, "coupons": coupons}
    digest = _digest(lines, address, note, provider, expected, from_cart, deduct, coupons)
    for attempt in range(NUMBER_TRIES):
        try:
            return _place(member, **sent, known=known, digest=digest)
        except (DomainError, IntegrityError) as error:
            # Looked for only now, because nearly every form is new. Whatever speaks against a second order: the form
            # has its first.
            if (earlier := Order.objects.filter(member=member, form_key=form_key).first()) is not None:
                if earlier.form_digest in ("", digest):  # empty on orders from before it was kept
                    return earlier
                raise FormUsed(number=earlier.number, order=earlier) from error
            if isinstance(error, DomainError) or attempt == NUMBER_TRIES - 1:
                raise  # else: the number was drawn twice
    raise AssertionError("unreachable")


def _digest(lines, address, note, provider, expected, from_cart, deduct, coupons):
    """What a form asks for, as a keyed hash, because an address is in it. The goods of a cart are told by ``expected``:
    when the form comes again, they are not in the cart any more."""
    goods = [] if from_cart else sorted(map(str, lines))
    where = address and [address.name, address.phone, address.region_code, address.full_text]
    asked = [goods, expected, where, new_order.clean_note(note), provider, deduct, sorted(coupons)]
    return fingerprint(json.dumps(asked))


def _place(
    member, *, lines, address, form_key, by, at, note, provider, expected, from_cart, deduct, coupons, known, digest
):
    choices = _checked(lines)
    if address is None or address.member_id != member.pk:
        raise AddressMissing
    wishes = Wishes(deduct=deduct, coupons=tuple(coupons), region=address.region_code)
    skus, priced = price_choices(member, choices, wishes, at=at)
    if expected is not None and expected != priced.digest:
        raise PriceChanged(priced=priced)
    if known is not None:
        _ask_about_second(member, choices, known, at=at)
    if priced.fen:
        if not provider:
            raise PaymentWayMissing
        payments.offer(provider)
    with locking_transaction():
        if priced.fen or priced.deduction_points:  # unpaid orders and the day's deductions are counted
            User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
        order = new_order.write(member, address, form_key, digest, priced, skus, note=note, by=by, at=at)
        if priced.fen:
            _limit_unpaid(member)
        if from_cart:
            _empty_cart(member, choices, priced)
        coupon_service.use(order=order, coupons=priced.coupons, by=by, at=at)
        if order.points:
            _take_points(member, order, by=by, at=at)
        if priced.fen:
            paying.open_payment(order, provider, at=at)
        else:
            popularity.publish(order, [(choice.sku_id, choice.quantity) for choice in choices], at=at)
        stock.take(
            lines=[(choice.sku_id, choice.quantity) for choice in choices],
            key=keys.stock_taken(order),
            source=order.subject,
            by=by,
            at=at,
        )
    if order.pay_before:
        _close_later(order)
    return order


def price_choices(member, choices, wishes, *, at):
    """``({sku_id: SKU}, PricedOrder)`` at today's prices, for the member under ``wishes``; raises ``UnknownSKU``,
    ``NotListed``, ``ReservedForTier``, ``WayNotOffered``."""
    skus = offers.of_skus([choice.sku_id for choice in choices])
    tier = tier_of(member.pk)
    for choice in choices:
        check_listed(skus.get(choice.sku_id), choice.sku_id)
        check_reserved(skus[choice.sku_id].product, tier)
    goods = goods_of((choice, skus[choice.sku_id]) for choice in choices)
    return skus, pricing.price_order(pricing_facts(member, goods, wishes, tier=tier, at=at))


def _ask_about_second(member, choices, known, *, at):
    """Whoever goes back to the form has a new key; before a second order of the same goods they are asked."""
    latest = queries.just_ordered(member, [choice.sku_id for choice in choices], at=at)
    if latest is not None and latest.number != known:
        raise OrderedJustNow(number=latest.number, order=latest)


def _close_later(order):
    """Set the clock of an unpaid order. It may be lost with the broker: the sweep closes what is over as well."""
    close = current_app.tasks[CLOSE_TASK]
    transaction.on_commit(lambda: close.apply_async(args=[order.pk], eta=order.pay_before), robust=True)


def _checked(lines):
    choices = [pricing.Choice(*line) for line in lines]
    if not choices:
        raise EmptyCart
    if len(choices) > MOST_LINES:
        raise TooManyLines(most=MOST_LINES)
    if len({(choice.sku_id, choice.way) for choice in choices}) != len(choices):
        raise InvalidInput(field=_("Items"))
    if not all(isinstance(c.quantity, int) and 1 <= c.quantity <= MOST_PIECES for c in choices):
        raise InvalidInput(field=_("Quantity"))
    return choices


def _take_points(member, order, *, by, at):
    """Hold the points until the cash is paid; where there is none, they are spent."""
    what = {"account": member.pk, "points": order.points, "by": by, "at": at, "source": order.subject}
    if order.cash_fen:
        taken = ledger.hold(key=keys.hold(order), expires_at=order.pay_before, **what)
    else:
        taken = ledger.spend(key=keys.capture(order), kind=Kind.REDEEM, **what)
    if order.deduction_points:
        _check_deduction(member, order, taken.available + order.deduction_points, at)


def _check_deduction(member, order, available, at):
    """Ask the rules of points again, now that no other order of the member can be placed at the same time.
    ``available``: what the goods have left."""
    veto = deduction_veto(member, tier_of(member.pk), at, without=order)
    if reason := veto(order.deduction_points, available):
        raise DeductionRefused(reason=reason)


def _limit_unpaid(member):
    most = MAX_UNPAID_ORDERS.value
    if Order.objects.filter(member=member, state=State.PENDING_PAYMENT).count() > most:
        raise TooManyUnpaid(most=most)


def _empty_cart(member, choices, priced):
    """Take the lines out of the cart: one that is not there as it was shown is in somebody else's order."""
    for sku_id, way, quantity in sorted(choices):
        lines = CartLine.objects.filter(member=member, sku_id=sku_id, way=way, quantity=quantity)
        if not lines.delete()[0]:
            raise PriceChanged(priced=priced)
