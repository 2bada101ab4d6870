"""A member's orders (F3)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import phones
from core import actors, clock
from core.errors import DomainError
from orders import payments
from orders.after_sale import queries as after_sale_queries
from orders.after_sale.services import receiving
from orders.after_sale.wording import case_headline
from orders.lifecycle.queries import show_pictures
from orders.lifecycle.states import MEMBER_MAY_CANCEL, payable
from orders.lifecycle.views import own_order
from orders.lifecycle.wording import returned_parts
from orders.models import OrderState
from orders.pages.queries import standing as standing_queries
from orders.pages.queries.history import PAGE, STATE_FILTERS, count_by_state, orders_of
from orders.pages.wording import earned, headline, payment_notice, receipt_due, steps
from orders.payments.devices import device_of
from orders.placing.rules import pricing
from orders.placing.services import cancelling
from orders.shipping import queries as parcels
from points.purchases.queries.purchases import of_order


@require_GET
@login_required
def order_list(request):
    """The member's orders, newest first, by state."""
    state = request.GET.get("state")
    state = state if state in OrderState.values else None
    page = Paginator(orders_of(request.user, state=state), PAGE).get_page(request.GET.get("page"))
    at = clock.now()
    show_pictures([item for order in page for item in order.items.all()])
    standings = standing_queries.standings(list(page))
    for order in page:
        standing = standings[order.pk]
        order.shown = list(order.items.all())
        order.pieces = sum(item.quantity for item in order.shown)
        order.headline = headline(order, at=at, standing=standing)[0]
        order.payable = payable(order, at=at, disputed=standing.disputed)
    counts = count_by_state(request.user)
    return render(
        request,
        "orders/list.html",
        {
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "state": state,
            "filters": [(each.value, each.label, counts.get(each, 0)) for each in STATE_FILTERS],
            "any": bool(counts),
        },
    )


@require_GET
@login_required
def detail(request, number):
    """Where the order stands in a sentence, its steps, parcel, goods, sums and what can be done."""
    order = own_order(request, number)
    at = clock.now()
    shipments = parcels.parcels_of(order)
    standing = standing_queries.standing(order)
    title, explanation = headline(order, at=at, parcels=shipments, standing=standing)
    requests = after_sale_queries.cases_of(order)
    for request_ in requests:
        request_.headline, _detail = case_headline(request_)
    items = list(order.items.all())
    show_pictures(items)
    awaits_receipt = order.state == OrderState.SHIPPED and not standing.settled
    return render(
        request,
        "orders/detail.html",
        {
            "order": order,
            "title": title,
            "explanation": explanation,
            "steps": steps(order),
            "payment_notice": payment_notice(order, at=at, standing=standing),
            "returned": returned_parts(order, standing.refunds),
            "parcels": shipments,
            "requests": requests,
            "askable": _askable(order, requests, at),
            "ask_before": after_sale_queries.ask_before(order),
            "earned": earned(of_order(order.number), requests, at=at) if order.cash_fen else "",
            "items": items,
            "sums": pricing.restored(order.sums),
            "sum_label": _sum_label(order),
            "masked_phone": phones.mask(order.ship_phone),
            "payable": payable(order, at=at, disputed=standing.disputed),
            "pay_with": _pay_with(standing.payment),
            "other_ways": len(payments.offered(device_of(request.headers.get("User-Agent", "")))) > 1,
            "cancellable": order.state in MEMBER_MAY_CANCEL,
            "receipt_due": receipt_due(order) if awaits_receipt else None,
        },
    )


@require_POST
@login_required
def cancel(request, number):
    """The member does not want it any more; the order's page then says what came back."""
    order = own_order(request, number)
    try:
        cancelling.cancel_order(order=order, by=actors.member(request.user.pk), at=clock.now())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(order)


@require_POST
@login_required
def confirm_receipt(request, number):
    """The parcel is there."""
    order = own_order(request, number)
    try:
        receiving.confirm_receipt(order=order, by=actors.member(request.user.pk), at=clock.now())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(order)


def _askable(order, requests, at):
    """Whether the member may ask for a return now."""
    if not after_sale_queries.is_in_window(order, at=at) or any(request.is_open for request in requests):
        return False
    return bool(after_sale_queries.askable_pieces(order))


def _pay_with(last_payment):
    """The provider that was chosen, if it is still offered, else the first one."""
    codes = [provider.code for provider in payments.offered()]
    chosen = last_payment.provider if last_payment else ""
    return chosen if chosen in codes else next(iter(codes), "")


def _sum_label(order):
    match order.state:
        case OrderState.PENDING_PAYMENT:
            return _("To be paid")
        case OrderState.CANCELLED:
            return _("Total")
        case _:
            return _("Paid")
