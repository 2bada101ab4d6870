"""The door of the checkout in a rush: few come in at once, the others are told quickly, and every other page of the
mall keeps its threads (F13).

In each web process one order is placed at a time and one more waits; that is as fast as a processor can place them.
Whoever comes beyond that gets a small page that asks neither database nor session and holds what was typed: one touch
sends it again, with the same form key, so that nobody orders twice.
"""

import threading

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.services import rush

LONGEST_WAIT_S = 2
MOST_FIELDS = 50
LONGEST_KEY = 36

_inside = threading.BoundedSemaphore(1)
_at_the_door = threading.BoundedSemaphore(2)


class CheckoutDoorMiddleware:
    """Let submitted checkouts in one after the other; everything else passes.

    It stands before sessions, members and logs of requests: whom it refuses costs a millisecond, not a page.
    """

    def __init__(self, get_response):
        self._get_response = get_response
        self._checkout = reverse("orders:checkout")

    def __call__(self, request):
        if request.method != "POST" or request.path != self._checkout:
            return self._get_response(request)
        sku_id = request.GET.get("sku", "")
        form_key = request.POST.get("form_key", "")[:LONGEST_KEY]
        if sku_id.isdecimal() and rush.refuses(sku_id=sku_id, form_key=form_key):
            return _told(request, 409, _("Sold out"), _("Others were faster. Nothing was taken from you."))
        if not _at_the_door.acquire(blocking=False):
            return _crowded(request)
        try:
            if not _inside.acquire(timeout=LONGEST_WAIT_S):
                return _crowded(request)
            try:
                return self._get_response(request)
            finally:
                _inside.release()
        finally:
            _at_the_door.release()


def _crowded(request):
    fields = [(name, value) for name, values in request.POST.lists() for value in values][:MOST_FIELDS]
    response = _told(
        request,
        429,
        _("Many people are ordering right now"),
        _("Nothing was taken from you, and what you entered is kept. Please send it again."),
        fields=fields,
    )
    response["Retry-After"] = "1"
    return response


def _told(request, status, title, reason, fields=()):
    english = get_language() == "en"
    context = {
        "lang": "en" if english else "zh-CN",
        "look": settings.LOOK,
        "site_name": settings.SITE_NAME,
        "title": title,
        "reason": reason,
        "fields": fields,
        "here": request.get_full_path(),
    }
    return render(None, "orders/rush.html", context, status=status)
