"""To the payment provider and back (F4)."""

import json
import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from core import clock
from core.errors import DomainError
from orders import payments
from orders.lifecycle.states import payable
from orders.lifecycle.views import own_order
from orders.models import OrderState, PaymentState
from orders.payments import tasks
from orders.payments.base import Bridge, Code, Form, Visit
from orders.payments.codes import svg
from orders.payments.devices import Device, device_of
from orders.payments.services import paying
from orders.payments.views.callback import address_of

ASK_AFTER = 2  # looks of the waiting page
GIVE_UP_AFTER = 15
LOOK_EVERY_S = 2
ASK_EVERY_S = 60  # one payment, however often the page is loaded
ASK_CODE_EVERY_S = 15  # while a code is shown: people look at it until something happens
CODE_KEPT_S = 3600  # longer than any payment window; the order says when it is over
PAYER = "payer:{}"  # in the session: who the member is at a provider
PAYER_STATE = "payer_state"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pay(request, number):
    """Send the member to the provider: the one of the open payment, or the one posted. Calling it again is safe."""
    order = own_order(request, number)
    last = order.payments.last()
    provider = request.POST.get("provider") or (last.provider if last else "")
    if request.method != "POST" and (last is None or last.state != PaymentState.OPEN):
        return redirect(order)
    device = _device(request)
    try:
        payment = paying.ensure_payment(order=order, provider=provider, at=clock.now(), device=device)
        destination = paying.go_to_pay(
            payment=payment,
            title=f"{settings.SITE_NAME} {order.number}",  # the same in any language: providers compare
            visit=_visit(request, order, provider, device),
        )
    except payments.UnknownProvider as error:
        messages.error(request, str(error))
        return redirect("orders:pay_ways", order.number)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(order)
    return _go(request, order, payment, destination)


@require_GET
@login_required
def pay_ways(request, number):
    """Choose how to pay an order that waits for it: only what works where the member is."""
    order = own_order(request, number)
    if not payable(order, at=clock.now(), disputed=paying.is_disputed(order)):
        return redirect(order)  # its page says why
    offered = payments.offered(_device(request))
    last = order.payments.last()
    chosen = next(
        (way.code for way in offered if last and way.code == last.provider), offered[0].code if offered else ""
    )
    return render(request, "orders/pay_ways.html", {"order": order, "offered": offered, "provider": chosen})


@require_GET
@login_required
def pay_known(request, number, provider):
    """The provider says who the member is there; go on paying. A state that is not this session's is not believed."""
    order = own_order(request, number)
    state = request.session.pop(PAYER_STATE, "")
    if not state or not secrets.compare_digest(state.encode(), request.GET.get("state", "").encode()):
        return redirect(order)
    try:
        payer = payments.offer(provider).payer_of(code=request.GET.get("code", "")[:512])
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(order)
    request.session[PAYER.format(provider)] = payer
    return redirect("orders:pay", order.number)


@never_cache
@require_GET
@login_required
def pay_code(request, number):
    """The QR code to scan. The page finds out by itself when it was paid, and reloads itself where no script runs."""
    order = own_order(request, number)
    payment = order.payments.last()
    if payment is None or not payable(order, at=clock.now(), disputed=paying.is_disputed(order)):
        return redirect(order)
    text = cache.get(_code_key(payment))
    if payment.state != PaymentState.OPEN or not text:
        return redirect("orders:pay_ways", order.number)
    return render(
        request,
        "orders/pay_code.html",
        {"order": order, "payment": payment, "svg": svg(text), "provider": payments.get(payment.provider)},
    )


@never_cache
@require_GET
@login_required
def pay_watch(request, number):
    """Whether a code that is shown was paid meanwhile: nothing to say, or where to go on."""
    order = own_order(request, number)
    payment = order.payments.last()
    if order.state == OrderState.PENDING_PAYMENT and order.pay_before > clock.now() and payment is not None:
        _ask(payment, ASK_CODE_EVERY_S)
        order.refresh_from_db(fields=["state"])
        if order.state == OrderState.PENDING_PAYMENT and payment.state == PaymentState.OPEN:
            return HttpResponse(status=204)
    return HttpResponseClientRedirect(reverse("orders:returned", args=[order.number]))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def returned(request, number):
    """The member is back: wait until the notification was worked off, look again by itself, ask if it takes long.

    Some providers send their members back by a form, from their own site: browsers withhold the session then, so that
    the sign-in page is asked for first, which knows the member and comes here. Nothing that was sent is read.
    """
    order = own_order(request, number)
    payment = order.payments.last()
    looks = _looks(request)
    if order.state != OrderState.PENDING_PAYMENT or payment is None or _has_failed(payment, looks):
        return redirect(order)  # its page says what became of it
    if looks == ASK_AFTER:
        _ask(payment, ASK_EVERY_S)
    response = render(request, "orders/returned.html", {"order": order, "gave_up": looks >= GIVE_UP_AFTER})
    if looks < GIVE_UP_AFTER:
        response["Refresh"] = f"{LOOK_EVERY_S}; url={request.path}?looks={looks + 1}"
    return response


def _has_failed(payment, looks):
    """One that was declined may be paid all the same by another card: the provider is asked once before it is said."""
    return payment.state == PaymentState.FAILED and (payment.next_ask_at is None or looks > ASK_AFTER)


def _device(request):
    return device_of(request.headers.get("User-Agent", ""))


def _visit(request, order, provider, device):
    state = ""
    if device == Device.WECHAT:
        state = request.session[PAYER_STATE] = secrets.token_urlsafe(16)
    return Visit(
        device=device,
        return_url=request.build_absolute_uri(reverse("orders:returned", args=[order.number])),
        notify_url=paying.notify_url(provider),
        address=address_of(request),
        payer=request.session.get(PAYER.format(provider), ""),
        payer_url=request.build_absolute_uri(reverse("orders:pay_known", args=[order.number, provider])),
        state=state,
    )


def _go(request, order, payment, destination):
    match destination:
        case Code(text=text):
            cache.set(_code_key(payment), text, timeout=CODE_KEPT_S)
            return redirect("orders:pay_code", order.number)
        case Form():
            context = {"order": order, "payment": payment, "destination": destination}
            return render(request, "orders/pay_form.html", context)
        case Bridge(parameters=parameters):
            context = {"order": order, "payment": payment, "parameters": json.dumps(parameters)}
            return render(request, "orders/pay_bridge.html", context)
    response = redirect(destination.url)
    if destination.referrer:
        response["Referrer-Policy"] = (
            "origin"  # our pages say "same-origin" otherwise, and the provider would not see us
        )
    return response


def _ask(payment, every_s):
    if cache.add(f"asked:{payment.pk}", True, timeout=every_s):
        tasks.ask_provider.delay(payment.pk)


def _code_key(payment):
    return f"pay_code:{payment.pk}"


def _looks(request):
    text = request.GET.get("looks", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
