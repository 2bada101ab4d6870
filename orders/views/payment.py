"""To the payment provider and back, and what the provider tells us behind the member's back (F5)."""

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.errors import DomainError
from orders import payments, tasks
from orders.models import PaymentState, State
from orders.services import notifications, paying
from orders.views.orders import own_order

log = structlog.get_logger(__name__)

MOST_BYTES = 65_536
ASK_AFTER = 2  # looks of the waiting page
GIVE_UP_AFTER = 15
LOOK_EVERY_S = 2
ASK_EVERY_S = 60  # one payment, however often the page is loaded


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pay(request, number):
    """Send the member to the provider: the one of the open payment, or the one posted. Calling it again is safe."""
    order = own_order(request, number)
    last = order.payments.last()
    provider = request.POST.get("provider") or (last.provider if last else "")
    if request.method != "POST" and (last is None or last.state != PaymentState.OPEN):
        return redirect(order)
    try:
        payment = paying.ensure_payment(order=order, provider=provider, at=clock.now())
        address = paying.payment_address(
            payment=payment,
            title=_("Order %(number)s") % {"number": order.number},
            return_url=request.build_absolute_uri(reverse("orders:returned", args=[order.number])),
            notify_url=settings.SITE_URL + reverse("orders:payment_callback", args=[provider]),
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(order)
    return redirect(address)


@require_GET
@login_required
def returned(request, number):
    """The member is back: wait until the notification was worked off, look again by itself, ask if it takes long."""
    order = own_order(request, number)
    payment = order.payments.last()
    if order.state != State.PENDING_PAYMENT or payment is None:
        return redirect(order)
    if payment.state == PaymentState.FAILED:
        messages.warning(request, _("The payment did not go through, and no money was taken. You can try again."))
        return redirect(order)
    looks = _looks(request)
    if looks == ASK_AFTER and cache.add(f"asked:{payment.pk}", True, timeout=ASK_EVERY_S):
        tasks.ask_provider.delay(payment.pk)
    response = render(request, "orders/returned.html", {"order": order, "gave_up": looks >= GIVE_UP_AFTER})
    if looks < GIVE_UP_AFTER:
        response["Refresh"] = f"{LOOK_EVERY_S}; url={request.path}?looks={looks + 1}"
    return response


@csrf_exempt
@require_POST
def callback(request, provider):
    """Take a provider's notification: check, store, acknowledge at once; Celery works it off."""
    try:
        provider = payments.get(provider)
    except payments.UnknownProvider as error:
        raise Http404 from error
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse("too large", status=413, content_type="text/plain")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        notification = notifications.receive(
            provider=provider, headers=headers, body=request.body, at=clock.now(), address=_address(request)
        )
    except notifications.NotificationRefused as error:
        log.warning("callback_refused", provider=provider.code, reason=error.details["reason"])
        return HttpResponse(error.details["reason"], status=400, content_type="text/plain")
    if notification is not None:
        tasks.work_notification.delay_on_commit(notification.pk)
    return HttpResponse(provider.acknowledgement, content_type="text/plain")


def _address(request):
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # it cannot be told: those share one count
        return ""


def _looks(request):
    text = request.GET.get("looks", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
