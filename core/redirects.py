"""Where to go after a form: to a page of this mall named by the request, or to the default."""

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def named_address(request: HttpRequest) -> str:
    """The page of this mall named by ``next``, else ``""``. A plain word or number is not an address."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_address = url.startswith(("/", "http://", "https://"))
    is_ours = is_address and url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_ours else ""


def go_on(request: HttpRequest, default: str) -> HttpResponseRedirect:
    """Redirect to ``next``, else to the address ``default``."""
    return HttpResponseRedirect(named_address(request) or default)
