"""Middleware of the whole mall."""

import structlog
from csp.middleware import CSPMiddleware
from django.apps import apps
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control

from core.visitor import chosen_language

MOST_ID = 2**63 - 1


class SoundAddressMiddleware:
    """Refuses impossible URLs before a view queries the database with them: one with a NUL, which PostgreSQL cannot
    store, and a staff page whose row id is not a number. The partners' API answers in its own format."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        has_nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if has_nul and not request.path.startswith("/api/"):
            raise BadRequest
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        if "admin" not in match.namespaces or "object_id" not in kwargs or "content_type_id" in kwargs:
            return
        app_label, model_name = match.route.split("/")[1:3]
        try:
            number = apps.get_model(app_label, model_name)._meta.pk.to_python(unquote(kwargs["object_id"]))
        except ValidationError:
            raise Http404 from None
        if isinstance(number, int) and abs(number) > MOST_ID:
            raise Http404


class PolicyMiddleware(CSPMiddleware):
    """What browsers may load and run on our pages (H6). Staff pages use Alpine.js, which evaluates text as code."""

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.update = {"script-src": ["'unsafe-eval'"]}
        return parts


class NothingKeptMiddleware:
    """Browsers and proxies must not store pages of signed-in people, so that the back button shows nothing after
    signing out."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.session.accessed and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


class ChosenLanguageMiddleware(LocaleMiddleware):
    """The language that the visitor chose, else the shop's own; the browser's preference is ignored (H4)."""

    def process_request(self, request):
        language = chosen_language(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request, response):
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class RequestIdMiddleware:
    """Sends the request id, which all log lines carry, to the client (H7)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response
