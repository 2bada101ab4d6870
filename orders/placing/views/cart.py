"""The cart (F2)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.queries import addresses_of
from catalog.models import SKU
from core import clock
from core.errors import DomainError
from core.redirects import go_on
from orders.models import CartLine
from orders.models.cart import MOST_PIECES
from orders.placing.forms import ChoiceForm, LineForm
from orders.placing.queries.basket import basket_of_cart
from orders.placing.queries.facts import Wishes
from orders.placing.services import cart as service
from points.ledger.queries import balance


@require_GET
@login_required
def cart(request):
    """Lines with today's prices, what cannot be had and why, the sum, and what remains after it."""
    at = clock.now()
    basket = basket_of_cart(request.user, at=at, wishes=Wishes(region=_region(request.user)))
    available = balance(request.user.pk, at=at).available
    return render(
        request,
        "orders/cart.html",
        {
            "basket": basket,
            "available": available,
            "short": max(0, basket.priced.points - available),
            "remaining": available - basket.priced.points,
            "most": MOST_PIECES,
        },
    )


@require_POST
def cart_add(request):
    """Put a choice into the cart; with ``now`` go straight to its checkout instead (quick redemption)."""
    form = ChoiceForm(request.POST)
    is_known = request.user.is_authenticated
    if not form.is_valid():
        if not is_known:
            return redirect_to_login(reverse("catalog:list"))
        messages.error(request, _("Please choose the item, how to redeem it and how many (1 to 99)."))
        return go_on(request, reverse("catalog:list"))
    choice = form.cleaned_data
    sku = SKU.objects.select_related("product").filter(pk=choice["sku"]).first()
    is_known_product = sku is not None and sku.product.listed_at is not None
    product_url = sku.product.get_absolute_url() if is_known_product else reverse("catalog:list")
    now = bool(request.POST.get("now"))
    quick_url = _quick_url(choice)
    if not is_known:
        return redirect_to_login(quick_url if now else product_url)
    try:
        if now:
            service.check_choice(
                member=request.user, sku_id=choice["sku"], way=choice["way"], quantity=choice["quantity"]
            )
            return redirect(quick_url)
        service.put(
            member=request.user,
            sku_id=choice["sku"],
            way=choice["way"],
            quantity=choice["quantity"],
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Put into your cart."))
    return go_on(request, product_url)


@require_POST
@login_required
def cart_line(request, pk):
    """Change a line of the member's own cart, or take it out."""
    line = get_object_or_404(CartLine, pk=pk, member=request.user)
    form = LineForm(request.POST)
    if "remove" in request.POST:
        service.remove(line=line)
    elif form.is_valid():
        quantity = form.cleaned_data["quantity"] + (form.cleaned_data["step"] or 0)
        try:
            if quantity < 1:
                service.remove(line=line)
            else:
                service.change(line=line, way=form.cleaned_data["way"] or line.way, quantity=quantity)
        except DomainError as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Please give a number from 1 to 99."))
    return go_on(request, reverse("orders:cart"))


def _region(member):
    """Where a parcel would go: to the address that checkout proposes."""
    address = addresses_of(member).first()
    return address.region_code if address else ""


def _quick_url(choice):
    query = QueryDict(mutable=True)
    query.update({name: choice[name] for name in ("sku", "way", "quantity")})
    return f"{reverse('orders:checkout')}?{query.urlencode()}"
