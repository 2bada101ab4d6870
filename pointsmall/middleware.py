"""Middleware of the whole mall."""

import structlog
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from core.visitor import chosen_language


class ChosenLanguageMiddleware(LocaleMiddleware):
    """The language a visitor chose, else the shop's own: the browser's preference is not asked (H4)."""

    def process_request(self, request):
        language = chosen_language(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request, response):
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class RequestIdMiddleware:
    """Names the request to the one who made it, by the id that its log lines carry (H7)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response
