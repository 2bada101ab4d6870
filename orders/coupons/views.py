"""A member's coupons: those they have, and those that points can buy (F11)."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import actors, clock
from core.errors import DomainError
from orders.coupons import queries
from orders.coupons.forms import RedeemCouponForm
from orders.coupons.services import coupons as service
from orders.models import CouponType
from points.ledger.queries import balance


@require_GET
@login_required
def coupon_list(request):
    """What can be used and until when, what points can buy, what is past."""
    at = clock.now()
    available = balance(request.user.pk, at=at).available
    usable, past = queries.coupons_of(request.user, at=at)
    context = {
        "usable": usable,
        "past": past,
        "offers": queries.offers(request.user, available=available, at=at),
        "available": available,
        "form_key": uuid.uuid4(),
    }
    return render(request, "orders/coupons.html", context)


@require_POST
@login_required
def redeem_coupon(request, pk):
    """Buy one with points; the same form twice is one coupon."""
    coupon_type = get_object_or_404(CouponType, pk=pk, points_price__isnull=False)
    form = RedeemCouponForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Something in the form was not valid. Please look it over and submit again."))
        return redirect("orders:coupons")
    try:
        coupon = service.redeem(
            coupon_type=coupon_type,
            member=request.user,
            form_key=form.cleaned_data["form_key"],
            by=actors.member(request.user.pk),
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is among your coupons now.") % {"name": coupon.type.title})
    return redirect("orders:coupons")
