"""The door of the checkout in a rush: few come in at once, the others get a quick answer, and every other page of the
mall keeps its threads (F13).

In each web process one order is placed at a time and one more waits; that is as fast as a processor can place them. A
place is taken by ``one_at_a_time``, around the checkout's view: by signed-in members with a form of ours, nobody else.
``orders.placing.middleware`` looks at the door long before: who would find it full is refused there, for a small part
of what a page costs. What a refused member typed is kept; the same form key makes one order however often it is sent.
"""

import math
import time
from functools import cache, wraps

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import override
from prometheus_client import Counter

from core.turns import Full, Turns
from core.visitor import chosen_language

PLACES = 2  # one is inside, the others wait
LONGEST_WAIT_S = 2
MOST_FIELDS = 50
REFUSALS_PER_S = 40  # that a process hands out without other pages feeling it
LONGEST_RETRY_S = 10
# Where a page that is kept ready gets what differs from one member to the next.
FIELDS, HERE, SECONDS = "<!-- fields -->", "/here/", "7777"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}

REFUSED = Counter("mall_checkout_refused_total", "Forms of the checkout that the door refused", ["why"])


class Door(Turns):
    """The places of a process."""

    def __init__(self):
        super().__init__(places=PLACES, longest_wait_s=LONGEST_WAIT_S)
        self._second, self._refused = 0, 0

    def retry_after_s(self):
        """Seconds after which a refused member should come again: the more are refused, the later."""
        second = int(time.monotonic())
        with self._counting:
            if self._second != second:
                self._second, self._refused = second, 0
            self._refused += 1
            return min(math.ceil(self._refused / REFUSALS_PER_S), LONGEST_RETRY_S)


door = Door()


def one_at_a_time(view):
    """A view decorator: submitted forms come in one after the other, everything else passes."""

    @wraps(view)
    def through_the_door(request, *args, **kwargs):
        if request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            with door.place():
                return view(request, *args, **kwargs)
        except Full:
            return crowded(request)

    return through_the_door


def crowded(request):
    """Come again in a moment, with the same form; a page with JavaScript does it by itself."""
    seconds = str(door.retry_after_s())
    response = _refusal(request, "crowded", 429, seconds)
    response["Retry-After"] = seconds
    return response


def sold_out(request):
    """Others were faster; nothing was taken, and the same form may look again."""
    return _refusal(request, "sold_out", 409)


def _fields(request):
    return [(name, value) for name, values in request.POST.lists() for value in values][:MOST_FIELDS]


def _refusal(request, why, status, seconds=""):
    REFUSED.labels(why).inc()
    page = _page(why, chosen_language(request)).replace(SECONDS, seconds).replace(HERE, escape(request.get_full_path()))
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in _fields(request)
    )
    response = HttpResponse(
        page.replace(FIELDS, hidden), status=status
    )  # last, so that nothing typed is a mark of ours
    for name, value in HEADERS.items():  # the middlewares that set them on other pages come later
        response[name] = value
    return response


@cache
def _page(kind, language):
    """The page of a refusal, ready but for the fields of the form, its address and the seconds to wait."""
    with override(language):
        words = {
            "crowded": (
                _("Many people are ordering right now"),
                _("Nothing was taken from you, and what you entered is kept. Please send it again."),
            ),
            "sold_out": (
                _("Sold out"),
                _("Others were faster. Nothing was taken from you, and what you entered is kept."),
            ),
        }
        title, reason = words[kind]
        return render_to_string(
            "orders/rush.html",
            {
                "lang": "en" if language == "en" else "zh-CN",
                "look": settings.LOOK,
                "site_name": settings.SITE_NAME,
                "title": title,
                "reason": reason,
                "crowded": kind == "crowded",
                "fields": FIELDS,
                "here": HERE,
                "seconds": SECONDS,
            },
        )
