"""Placing an order: one transaction from the order row over coupons and the points account to the shelf (F1-F3)."""

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.services import stock
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from orders import payments
from orders.coupons.services import coupons as coupon_service
from orders.lifecycle import keys
from orders.lifecycle.services import popularity
from orders.models import CartLine, Order, OrderState
from orders.models.cart import MOST_LINES, MOST_PIECES
from orders.parameters import MAX_UNPAID_ORDERS
from orders.payments.services import paying
from orders.placing.queries.basket import basket_of_cart, basket_of_choices
from orders.placing.queries.recent import just_ordered
from orders.placing.services import new_order
from orders.placing.services.new_order import NewOrder
from points import ledger
from points.ledger.models import Kind

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


def place_order(*, new: NewOrder, by, at):
    """Place the order that ``new`` asks for; returns the ``Order``. The same member, form key and choices give the same
    order, other choices raise ``FormUsed``. Everything is read and priced once, in the transaction, and is what the
    order is written from. Steps, in the order of locks:

    1. the member, where the cart or what all their orders share has a say; the lines of the cart;
    2. the order with its items;
    3. the coupons are used;
    4. the points are held, or spent when there is no cash to pay;
    5. the SKUs are taken off the shelf.

    Without cash it is to be shipped; with cash it waits ``PAYMENT_WINDOW_MINUTES`` for the payment.
    Raises ``EmptyCart``, ``TooManyLines``, ``InvalidInput``, ``AddressMissing``, ``UnknownSKU``, ``NotListed``,
    ``ReservedForTier``, ``WayNotOffered``, ``PriceChanged``, ``FormUsed``, ``OrderedJustNow``, ``PaymentWayMissing``,
    ``TooManyUnpaid``, ``UnknownProvider``, ``CouponNotUsable``, ``DeductionRefused``, ``NotEnoughPoints``, ``SoldOut``,
    ``Busy``; nothing is written then.
    """
    try:
        return _place(new, by=by, at=at)
    except DomainError as error:
        # Looked for only now, because nearly every form is new. Whatever speaks against a second order: the form has
        # its first.
        earlier = Order.objects.filter(member=new.member, form_key=new.form_key).first()
        if earlier is None:
            raise
        if earlier.form_digest not in ("", new.digest):  # empty on orders from before it was kept
            raise FormUsed(number=earlier.number, order=earlier) from error
        return earlier


def _place(new, *, by, at):
    _check(new)
    with locking_transaction():
        if new.choices is None or new.deduct:  # the cart, the deductions of the day
            _one_order_at_a_time(new.member)
        basket = _read(new, at)
        priced = basket.priced
        if priced.fen:
            _check_payment(new)
        order = new_order.write(new, basket, by=by, at=at)
        if basket.from_cart:
            CartLine.objects.filter(pk__in=[line.line_id for line in basket.available]).delete()
        coupon_service.use(order=order, coupons=priced.coupons, by=by, at=at)
        if order.points:
            _take_points(order, basket.facts.veto, by=by, at=at)
        goods = [(choice.sku_id, choice.quantity) for choice in basket.choices]
        if priced.fen:
            paying.open_payment(order, new.provider, at=at)
            _close_later(order)
        else:
            popularity.publish(order, goods, at=at)
        stock.take(lines=goods, key=keys.stock_taken(order), source=order.subject, by=by, at=at)
    return order


def _check(new):
    """What can be said before anything is read."""
    if new.choices is not None:
        if not new.choices:
            raise EmptyCart
        if len(new.choices) > MOST_LINES:
            raise TooManyLines(most=MOST_LINES)
        if len({(choice.sku_id, choice.way) for choice in new.choices}) != len(new.choices):
            raise InvalidInput(field=_("Items"))
        if not all(isinstance(c.quantity, int) and 1 <= c.quantity <= MOST_PIECES for c in new.choices):
            raise InvalidInput(field=_("Quantity"))
    if new.address is None or new.address.member_id != new.member.pk:
        raise AddressMissing


def _read(new, at):
    """The ``Basket`` of what is ordered, at the price that the member saw."""
    if new.choices is None:
        basket = basket_of_cart(new.member, at=at, wishes=new.wishes, lock=True)
    else:
        basket = basket_of_choices(new.member, new.choices, at=at, wishes=new.wishes, ask_stock=False)
        for line in basket.unavailable:
            raise line.refusal
    if new.expected not in (None, basket.priced.digest):
        raise PriceChanged(priced=basket.priced)
    if not basket.available:
        raise EmptyCart
    if new.known is not None:
        _ask_about_second(new, basket.choices, at)
    return basket


def _ask_about_second(new, choices, at):
    """A member who goes back to the form gets a new key, so the mall asks before a second order of the same goods."""
    latest = just_ordered(new.member, [choice.sku_id for choice in choices], at=at)
    if latest is not None and latest.number != new.known:
        raise OrderedJustNow(number=latest.number, order=latest)


def _check_payment(new):
    """A provider that is offered, and not too many unpaid orders, which hold stock."""
    if not new.provider:
        raise PaymentWayMissing
    payments.offer(new.provider)
    _one_order_at_a_time(new.member)
    most = MAX_UNPAID_ORDERS.value
    if Order.objects.filter(member=new.member, state=OrderState.PENDING_PAYMENT).count() >= most:
        raise TooManyUnpaid(most=most)


def _one_order_at_a_time(member):
    User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)


def _take_points(order, veto, *, by, at):
    """Hold the points until the cash is paid; where there is none, they are spent. ``veto`` is asked once more, with
    what the goods have left now: anything but an order may have used points since they were read."""
    what = {"account": order.member_id, "points": order.points, "by": by, "at": at, "source": order.subject}
    if order.cash_fen:
        taken = ledger.hold(key=keys.hold(order), expires_at=order.pay_before, **what)
    else:
        taken = ledger.spend(key=keys.capture(order), kind=Kind.REDEEM, **what)
    used = order.deduction_points
    if used and (reason := veto(used, taken.available + used)):
        raise DeductionRefused(reason=reason)


def _close_later(order):
    """Set the clock of an unpaid order. It may be lost with the broker: the sweep closes what is over as well."""
    close = current_app.tasks[CLOSE_TASK]
    transaction.on_commit(lambda: close.apply_async(args=[order.pk], eta=order.pay_before), robust=True)
