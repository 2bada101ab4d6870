"""What the logistics service tells us behind the member's back (F8)."""

import structlog
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from orders.shipping import tracking
from orders.shipping.services import tracking as following
from orders.shipping.tracking.base import BadPush

log = structlog.get_logger(__name__)

MOST_BYTES = 262_144


@csrf_exempt
@require_POST
def push(request, service):
    """A parcel moved: the signature is checked, what is new is kept. The same push twice is harmless."""
    tracker = tracking.service()
    if tracker is None or tracker.code != service:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse("too large", status=413, content_type="text/plain")
    try:
        way = tracker.parse_push(request.POST)
    except BadPush as error:
        log.warning("push_refused", service=service, reason=error.reason)
        return HttpResponse(error.reason, status=400, content_type="text/plain")
    if not following.take_push(way=way, at=clock.now()):
        log.warning("push_unknown_parcel", service=service, carrier=way.carrier)
    return JsonResponse(tracker.answer())
