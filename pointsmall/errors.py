"""Error pages: whose fault it is, that points are safe, a number to quote, a link to go on (H4, H7)."""

import errno
import sys

import structlog
from django.conf import settings
from django.db import OperationalError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

AGAIN_S = 5  # when to come back
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # on the disk, for this user, for one file


def _number():
    """The start of the request id, by which staff find the request in the logs; None outside a request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return str(request_id)[:8] if request_id else None


def _page(request, status, **words):
    return render(request, "error.html", {"mark": "triangle-alert", "number": _number(), **words}, status=status)


def bad_request(request, exception=None):
    return _bare_page(
        400,
        title=_("This request makes no sense to us"),
        reason=_("The address or the form was not complete. Your points and orders are untouched."),
        way=reverse("home"),
        label=_("To the home page"),
    )


def forbidden(request, exception=None):
    return _page(
        request,
        403,
        mark="lock",
        title=_("This page is not open to you"),
        reason=_("Another account may be needed. Your points and orders are untouched."),
        way=reverse("home"),
        label=_("To the home page"),
    )


def csrf_failure(request, reason=""):
    return _page(
        request,
        403,
        mark="refresh-cw",
        title=_("This page was open for too long"),
        reason=_(
            "For your safety the form was not sent and nothing was changed. Open the page again and send it once more."
        ),
        way=request.path if request.method == "GET" else reverse("home"),
        label=_("Open again"),
    )


def not_found(request, exception=None):
    return _page(
        request,
        404,
        mark="search-x",
        title=_("There is nothing here"),
        reason=_("The address is wrong, or the thing is no longer on offer. Your points and orders are untouched."),
        way=reverse("home"),
        label=_("To the home page"),
        number=None,
    )


def server_error(request):
    again = {
        "way": request.get_full_path() if request.method == "GET" else reverse("home"),
        "label": _("Try again"),
    }
    if _may_pass(sys.exc_info()[1]):
        response = _bare_page(
            503,
            title=_("The mall needs a moment"),
            reason=_("It will be back soon. Your points and orders are safe."),
            **again,
        )
        response["Retry-After"] = str(AGAIN_S)
        return response
    return _bare_page(
        500,
        title=_("The page did not open"),
        reason=_("This is our fault. Your points and orders are untouched."),
        **again,
    )


def _may_pass(error):
    """Whether the error may pass: the database is down, or a disk is full."""
    return isinstance(error, OperationalError) or (isinstance(error, OSError) and error.errno in NO_ROOM)


def _bare_page(status, **words):
    """Rendered without context processors, so that it needs neither the database nor a session nor the host."""
    english = get_language() == "en"
    context = {
        "lang": "en" if english else "zh-CN",
        "look": settings.LOOK,
        "site_name": settings.SITE_NAME,
        "mark": "triangle-alert",
        "number": _number(),
        **words,
    }
    return render(None, "500.html", context, status=status)
