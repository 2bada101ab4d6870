"""Checkout of the cart or of one choice (F1, F2)."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.queries import addresses_of
from catalog.models import Way
from core import actors, clock
from core.errors import DomainError
from core.templatetags.mall import price_text
from orders import payments, queries, telling
from orders.forms import CheckoutForm, ChoiceForm
from orders.models import State
from orders.rules.pricing import Choice
from orders.services import placing
from points.parameters import PAYMENT_WINDOW_MINUTES
from points.queries import balance, lots_to_be_used


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def checkout(request):
    """Show what it costs and what remains; place the order when it is submitted.

    What is refused is shown on the same page with the new sum and status 409; the typed values stay.
    """
    basket = _basket(request)
    form = CheckoutForm(request.POST) if request.method == "POST" else None
    error = None
    if form is not None:
        if form.is_valid():
            try:
                order = _place(request, basket, form.cleaned_data)
            except DomainError as refused:
                error = refused
                basket = _basket(request)  # as it is now: another tab may have taken something out
            else:
                return _after(order)
        else:
            error = _("Something in the form was not valid. Please look it over and submit again.")
    if not basket.available:
        messages.warning(request, str(error) if error else _nothing(basket))
        return redirect("orders:cart")
    return render(request, "orders/checkout.html", _page(request, basket, form, error), status=409 if error else 200)


def _basket(request):
    """The choice that the address names, else the cart. A choice that is none is nothing, never the whole cart."""
    if not any(name in request.GET for name in ChoiceForm.base_fields):
        return queries.basket_of_cart(request.user)
    form = ChoiceForm(request.GET)
    if not form.is_valid():
        return queries.Basket([], from_cart=False)
    chosen = form.cleaned_data
    return queries.basket_of_choice(Choice(chosen["sku"], chosen["way"], chosen["quantity"]))


def _nothing(basket):
    if basket.from_cart or basket.lines:
        return _("Nothing of this can be redeemed now.")
    return _("This choice is not offered. Nothing was redeemed; please choose the item again.")


def _place(request, basket, sent):
    return placing.place_order(
        member=request.user,
        lines=basket.choices,
        address=addresses_of(request.user).filter(pk=sent["address"]).first() if sent["address"] else None,
        form_key=sent["form_key"],
        by=actors.member(request.user.pk),
        at=clock.now(),
        note=sent["note"],
        provider=sent["provider"] or None,
        expected=sent["quote"],
        from_cart=basket.from_cart,
    )


def _after(order):
    if order.state == State.PENDING_PAYMENT:
        return redirect("orders:pay", order.number)
    return redirect(order)


def _page(request, basket, form, error):
    at = clock.now()
    priced = basket.priced
    sent = form.data if form is not None else {}
    addresses = list(addresses_of(request.user))
    chosen = next((a for a in addresses if str(a.pk) == sent.get("address")), addresses[0] if addresses else None)
    offered = payments.offered() if priced.fen else []
    provider = next((p.code for p in offered if p.code == sent.get("provider")), offered[0].code if offered else "")
    available = balance(request.user.pk, at=at).available
    short = max(0, priced.points - available)
    here = request.get_full_path()
    return {
        "basket": basket,
        "priced": priced,
        "error": error,
        "form_key": sent.get("form_key") if form is not None and not form.errors.get("form_key") else uuid.uuid4(),
        "note": sent.get("note", "")[:200],
        "addresses": addresses,
        "chosen": chosen,
        "address_add_url": f"{reverse('accounts:address_add')}?{urlencode({'next': here})}",
        "address_edit_url": f"{reverse('accounts:address_edit', args=[chosen.pk])}?{urlencode({'next': here})}"
        if chosen
        else "",
        "offered": offered,
        "provider": provider,
        "available": available,
        "remaining": available - priced.points,
        "short": short,
        "window": PAYMENT_WINDOW_MINUTES.value,
        "ways_out": _ways_out(basket, short) if short else [],
        "used": telling.points_used(lots_to_be_used(request.user.pk, priced.points, at=at))
        if priced.points and not short
        else "",
    }


def _ways_out(basket, short):
    """Lines that could be had with fewer points and some cash, those first that close the gap alone."""
    out = []
    for line in basket.available:
        if line.choice.way == Way.POINTS and Way.MIXED in line.sku.ways:
            other = line.sku.price(Way.MIXED) * line.choice.quantity
            if other.points < line.total.points:
                text = price_text(other.points, other.fen)
                out.append({"line": line, "text": text, "enough": line.total.points - other.points >= short})
    return sorted(out, key=lambda way: not way["enough"])
