"""Checkout of the cart or of one choice (F1, F2)."""

import uuid

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.queries import addresses_of
from catalog.services.stock import UnknownSKU
from core import actors, clock
from core.errors import DomainError
from core.formats import price_text
from orders import payments
from orders.coupons import rules as coupon_rules
from orders.models import CouponKind, OrderState
from orders.parameters import PAYMENT_WINDOW_MINUTES
from orders.payments.devices import device_of
from orders.placing.forms import CheckoutForm, ChoiceForm
from orders.placing.queries.basket import Basket, basket_of_cart, basket_of_choices
from orders.placing.queries.facts import Wishes, usable_coupons
from orders.placing.rules.pricing import Choice, changes
from orders.placing.services import placing, rush
from orders.placing.views import kept_form, seen_sum
from orders.placing.views.door import one_at_a_time
from orders.placing.wording import points_used
from points.ledger.queries import balance, lots_to_be_used

SHOWN_COUPONS = 20  # of a kind


@require_http_methods(["GET", "HEAD", "POST"])
@kept_form.sign_in_first
@one_at_a_time
def checkout(request):
    """Show what it costs and what remains; place the order when it is submitted.

    With ``update`` the same form only shows the sum of other wishes (address, coupons, points instead of cash). What is
    refused is shown on the same page with the new sum and status 409; the typed values stay, and so do those of a form
    that came when the member was signed out.
    """
    at = clock.now()
    sent = request.POST if request.method == "POST" else kept_form.take(request)
    form = CheckoutForm(sent) if sent is not None else None
    is_sound = form is None or form.is_valid()
    is_submitted = request.method == "POST" and "update" not in request.POST
    addresses = list(addresses_of(request.user))
    chosen = _chosen(addresses, form)
    choices = _choices(request)
    error = None
    if is_submitted and not is_sound:
        error = _("Something in the form was not valid. Please look it over and submit again.")
    elif is_submitted:
        try:
            new = _asked(request, choices, chosen, form.cleaned_data)
            order = placing.place_order(new=new, by=actors.member(request.user.pk), at=at)
        except DomainError as refused:
            error = refused
        else:
            rush.remember_placed(form.cleaned_data["form_key"])
            return _after(order)
    wishes = _wishes(form, chosen)
    basket = _basket(request, choices, wishes, at)
    if form is not None:
        for line in basket.lines:
            if not line.sku.stock:
                rush.remember_sold_out(line.sku.pk)
    if not basket.available:
        if _is_gone(basket, form) and not _order_of(error):
            return _cannot_be_had(request, basket, form)
        if isinstance(error, placing.PriceChanged):
            error = placing.EmptyCart()  # there is no new sum to look at
        messages.warning(request, str(error) if error else _nothing(basket))
        return redirect(_order_of(error) or reverse("orders:cart"))
    context = _page(request, basket, wishes, form, error, at)
    context |= _address_context(request, addresses, chosen) | _offers(request.user, basket, wishes, at)
    return render(request, "orders/checkout.html", context, status=409 if error else 200)


def _chosen(addresses, form):
    """The address that was sent, if it is the member's; the default one on the first look."""
    if form is None or not form.data.get("address"):
        return addresses[0] if addresses else None
    sent = form.data["address"]
    return next((address for address in addresses if str(address.pk) == sent), None)


def _wishes(form, address):
    sent = form.cleaned_data if form is not None else {}
    return Wishes(
        deduct=sent.get("deduct") or 0,
        coupons=sent.get("coupon") or (),
        region=address.region_code if address else "",
    )


def _choices(request):
    """The choice that the address names; none where it is not valid, and None, the whole cart, where it names none."""
    if not any(name in request.GET for name in ChoiceForm.base_fields):
        return None
    form = ChoiceForm(request.GET)
    if not form.is_valid():
        return ()
    sent = form.cleaned_data
    return (Choice(sent["sku"], sent["way"], sent["quantity"]),)


def _basket(request, choices, wishes, at):
    """What the page shows; empty where the choice is of nothing that exists."""
    if choices is None:
        return basket_of_cart(request.user, at=at, wishes=wishes)
    try:
        return basket_of_choices(request.user, choices, at=at, wishes=wishes)
    except UnknownSKU:
        return Basket([], from_cart=False)


def _nothing(basket):
    if basket.from_cart or any(line.price for line in basket.lines):
        return _("Nothing of this can be redeemed now.")
    return _("This choice is not offered. Nothing was redeemed; please choose the item again.")


def _asked(request, choices, address, sent):
    """What the form asks for, whether it can be had or not: it may have had its order."""
    return placing.NewOrder(
        member=request.user,
        choices=choices,
        address=address,
        form_key=sent["form_key"],
        note=sent["note"],
        provider=sent["provider"] or None,
        expected=sent["quote"],
        deduct=sent["deduct"] or 0,
        coupons=sent["coupon"],
        known=sent["known"],
    )


def _is_gone(basket, form):
    """Whether it is a quick redemption of something that is listed but not available. Drafts are not named, and a way
    that is not offered was so before only to who sent a form."""
    lines = [line for line in basket.lines if line.sku.product.is_listed and (line.price or form is not None)]
    return bool(lines) and not basket.from_cart


def _cannot_be_had(request, basket, form):
    """A quick redemption of what is sold out, or of more than there is: say so, with the form for what is left."""
    (line,) = basket.lines
    left = line.sku.stock if line.price and 0 < line.sku.stock < line.choice.quantity else 0
    choice = {"sku": line.choice.sku_id, "way": line.choice.way, "quantity": left or line.choice.quantity}
    kept = [(name, value) for name in kept_form.FIELDS for value in form.data.getlist(name)] if form is not None else []
    context = {"line": line, "left": left, "again": f"{request.path}?{urlencode(choice)}", "kept": kept}
    return render(request, "orders/checkout_gone.html", context, status=409)


def _order_of(error):
    """The order that the error mentions, or None."""
    return error.details.get("order") if isinstance(error, DomainError) else None


def _after(order):
    if order.state == OrderState.PENDING_PAYMENT:
        return redirect("orders:pay", order.number)
    return redirect(order)


def _page(request, basket, wishes, form, error, at):
    priced = basket.priced
    sent = form.data if form is not None else {}
    device = device_of(request.headers.get("User-Agent", ""))
    offered = payments.offered(device) if priced.fen else []
    provider = next((p.code for p in offered if p.code == sent.get("provider")), offered[0].code if offered else "")
    available = balance(request.user.pk, at=at).available
    short = max(0, priced.points - available)
    return {
        "basket": basket,
        "priced": priced,
        "shown": seen_sum.pack(priced, wishes, request.user.pk),
        "shipping": priced.of("shipping"),
        **_refusal(basket, wishes, error, sent.get("shown", "")),
        "form_key": sent["form_key"] if _keeps_key(form, error) else uuid.uuid4(),
        "told_order": _order_of(error),
        "known": _known(form, error),
        "note": sent.get("note", "")[:200],
        "offered": offered,
        "provider": provider,
        "available": available,
        "remaining": available - priced.points,
        "short": short,
        "window": PAYMENT_WINDOW_MINUTES.value,
        "ways_out": _ways_out(basket, short) if short else [],
        "used": points_used(lots_to_be_used(request.user.pk, priced.points, at=at))
        if priced.points and not short
        else "",
    }


def _keeps_key(form, error):
    """Whether the form goes on under its key: not where it was none, or has had its order."""
    return form is not None and not form.errors.get("form_key") and not isinstance(error, placing.FormUsed)


def _known(form, error):
    """The number of the order of the same goods that the member is told of here, or was told of before."""
    if isinstance(error, placing.OrderedJustNow | placing.FormUsed):
        return error.details["number"]
    return form.cleaned_data.get("known", "") if form is not None else ""


def _address_context(request, addresses, chosen):
    here = request.get_full_path()
    return {
        "addresses": addresses,
        "chosen": chosen or (addresses[0] if addresses else None),
        "address_add_url": f"{reverse('accounts:address_add')}?{urlencode({'next': here})}",
        "address_edit_url": f"{reverse('accounts:address_edit', args=[chosen.pk])}?{urlencode({'next': here})}"
        if chosen
        else "",
    }


def _offers(member, basket, wishes, at):
    """What the member may wish for: coupons by kind, points instead of cash."""
    coupons = list(usable_coupons(member, at=at))
    kinds = []
    for kind in CouponKind:
        mine = [coupon for coupon in coupons if coupon.kind == kind][:SHOWN_COUPONS]
        if mine:
            rows = [(c, coupon_rules.terms(c), c.pk in wishes.coupons) for c in mine]
            kinds.append((kind, rows))
    policy = basket.facts.policy
    deduction = basket.priced.deduction
    return {
        "coupon_kinds": kinds,
        "deduction": deduction,
        "may_deduct": bool(deduction.most or deduction.requested),
        "deduction_fen": policy.worth_fen(deduction.most),
        "policy": policy,
    }


def _refusal(basket, wishes, error, text):
    """``error`` in words, and ``changes``: what is different from what the member saw, ``[(name, before, after)]``."""
    before = seen_sum.unpack(text) if isinstance(error, placing.PriceChanged) else None
    if before is None:
        return {"error": error, "changes": []}
    if before.wishes != wishes:
        error = _("What you have chosen changes the sum. Nothing was taken; please look at it and submit again.")
    names = {line.choice.sku_id: line.sku.product.title for line in basket.lines}
    told = [
        (change.label or names.get(change.sku_id, _("An item")), change.before, change.after)
        for change in changes(before.priced, basket.priced)
    ]
    return {"error": error, "changes": told}


def _ways_out(basket, short):
    """Lines that could be had with fewer points and some cash, those first that close the gap alone."""
    out = []
    for line in basket.available:
        for way in line.sku.ways:
            other = line.sku.price(way) * line.choice.quantity
            if other.points < line.total.points:
                text = price_text(other.points, other.fen)
                enough = line.total.points - other.points >= short
                out.append({"line": line, "way": way, "text": text, "enough": enough})
    return sorted(out, key=lambda way: not way["enough"])
