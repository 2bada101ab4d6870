"""Where to go on after a form: an address of this mall that the request names, or the page's own."""

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def named_address(request: HttpRequest) -> str:
    """The page of this mall that ``next`` names, ``""`` where it names none. A word or a number is no address."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_address = url.startswith(("/", "http://", "https://"))
    is_ours = is_address and url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_ours else ""


def go_on(request: HttpRequest, default: str) -> HttpResponseRedirect:
    """To ``next``, else to the address ``default``."""
    return HttpResponseRedirect(named_address(request) or default)
