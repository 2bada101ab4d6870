"""What a request says about the visitor: the chosen language, and where the request comes from (C10).

The origin is kept as keyed hashes: enough to see that two requests come from one place, but not which. The device is a
long-lived random name in a signed cookie, set when a visitor first sends a form. The address is the client's network
address; for IPv6, the network that one customer gets.
"""

import ipaddress
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.crypto import fingerprint

SALT = "core.visitor"
AGE_S = 400 * 24 * 3600  # the longest that browsers keep one
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
IPV6_NETWORK = 64


def chosen_language(request: HttpRequest) -> str:
    """The language that the visitor chose, else the shop's own."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class DeviceRequest(HttpRequest):
    """The type of a request after ``DeviceMiddleware``."""

    device: str


class DeviceMiddleware:
    """Sets the device cookie when a visitor sends a form; only reading pages sets no cookie.

    A form sent by another site, for example a bank that sends a member back, comes without our cookies. The device may
    have a name already, so it gets no new one.
    """

    def __init__(self, get_response: Callable[[DeviceRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: DeviceRequest) -> HttpResponse:
        known = request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, default="", salt=SALT, max_age=AGE_S)
        request.device = known or ""
        is_new = not request.device and request.method not in SAFE and not _is_from_elsewhere(request)
        if is_new:
            request.device = secrets.token_urlsafe(16)
        response = self.get_response(request)
        if is_new:
            response.set_signed_cookie(
                settings.DEVICE_COOKIE_NAME,
                request.device,
                salt=SALT,
                max_age=AGE_S,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response


def _is_from_elsewhere(request: HttpRequest) -> bool:
    """Browsers say which site's page sent a form; older ones only by the Origin header."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


def seen(request: HttpRequest) -> dict[str, str]:
    """``{"device": hash, "address": hash}`` of a request, empty where it is not known."""
    device = getattr(request, "device", "")
    address = network(request)
    return {
        "device": fingerprint(f"device:{device}") if device else "",
        "address": fingerprint(f"address:{address}") if address else "",
    }


def network(request: HttpRequest) -> str:
    """The client's network address as text; for IPv6, the customer's network. Empty where it is not known."""
    try:
        address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except (PermissionDenied, ValueError):
        return ""
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
