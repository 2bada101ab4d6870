"""What a payment provider tells us behind the member's back (F5)."""

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from orders import payments
from orders.payments import tasks
from orders.payments.services import notifications

log = structlog.get_logger(__name__)

MOST_BYTES = 65_536


@csrf_exempt
@require_POST
def callback(request, provider):
    """Take a provider's notification: check, store, acknowledge at once; Celery works it off."""
    try:
        provider = payments.get(provider)
    except payments.UnknownProvider as error:
        raise Http404 from error
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return _refused(provider, "too_large", status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        notification = notifications.receive(
            provider=provider, headers=headers, body=request.body, at=clock.now(), address=address_of(request)
        )
    except notifications.NotificationRefused as error:
        log.warning("callback_refused", provider=provider.code, reason=error.details["reason"])
        return _refused(provider, error.details["reason"], status=400)
    if notification is not None:
        tasks.work_notification.delay_on_commit(notification.pk)
    return HttpResponse(provider.acknowledgement, content_type=provider.acknowledgement_type)


def _refused(provider, reason, *, status):
    return HttpResponse(provider.refusal(reason), status=status, content_type=provider.acknowledgement_type)


def address_of(request):
    """The client's network address, empty if it is not known."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return ""
