"""The API put together: signature, addresses, refusals, description (H3)."""

import functools
import json

import structlog
from django.http import Http404, HttpResponseNotAllowed
from django.urls import re_path
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from core import clock
from core.errors import DomainError
from points.partners.api import logs, problems, words
from points.partners.api.endpoints import router
from points.partners.api.signed import PartnerSignature

__all__ = ["api", "logs", "urls"]

log = structlog.get_logger(__name__)

DESCRIPTION = """
Every request is signed by **X-Partner-Key, X-Timestamp, X-Nonce, X-Signature**; every write carries an
**Idempotency-Key**. Money is whole fen, points are whole points. Refusals are `application/problem+json` with a stable
`code`.

The signature is the HMAC-SHA256, in hex and with the key's secret, of five lines joined by a line feed: the method; the
path, percent-encoded, and `?` with the query as sent where there is one; the SHA-256 of the body in hex; the timestamp;
the nonce. The page for developers that comes with the key has a worked example.
"""
SIGNED_BY = {
    "Timestamp": ("X-Timestamp", "Unix seconds, at most 5 minutes from our clock."),
    "Nonce": ("X-Nonce", "8 to 64 of A-Z a-z 0-9 _ -, new for every request."),
    "Signature": ("X-Signature", "HMAC-SHA256 in hex."),
}


class Described(OpenAPISchema):
    """ninja's description, with all four headers of the signature, and refusals as what they are."""

    def __init__(self, api, path_prefix):
        super().__init__(api, path_prefix)
        schemes = self["components"]["securitySchemes"]
        for name, (header, text) in SIGNED_BY.items():
            schemes[name] = {"type": "apiKey", "in": "header", "name": header, "description": text}
        all_four = [{name: [] for name in schemes}]
        for methods in self["paths"].values():
            for operation in methods.values():
                operation["security"] = all_four
                for status, answer in operation["responses"].items():
                    if int(status) >= 400:
                        answer["content"] = {problems.CONTENT_TYPE: answer["content"].pop("application/json")}


class PartnersAPI(NinjaAPI):
    """The description is made once: it changes with the code only."""

    described = None

    def get_openapi_schema(self, *, path_prefix=None, path_params=None):
        if self.described is None:
            self.described = Described(self, path_prefix or self.get_root_path(path_params or {}))
        return self.described

    def get_openapi_operation_id(self, operation):
        return operation.view_func.__name__


class Docs(Swagger):
    """The page shows, and sends nothing: a browser has no secret to sign with. All its files are our own."""

    template = "points/api/docs.html"

    def __init__(self):
        super().__init__({"validatorUrl": None, "supportedSubmitMethods": [], "deepLinking": True})


class StrictParser(Parser):
    """JSON, of which every reader understands the same: no name stands twice in an object."""

    def parse_body(self, request):
        return json.loads(request.body, object_pairs_hook=_object)


def _object(pairs):
    found = {}
    for name, value in pairs:
        if name in found:
            raise problems.DoubledField(field=name)
        found[name] = value
    return found


api = PartnersAPI(
    title="Points mall: partner API",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=PartnerSignature(),
    docs=Docs(),
    parser=StrictParser(),
)
api.add_router("", router)


@api.exception_handler(DomainError)
def refused(request, error):
    return problems.response(request, error, at=clock.now())


@api.exception_handler(ValidationError)
def not_valid(request, error):
    with translation.override(problems.language(request)):
        found = [
            {
                "field": ".".join(str(part) for part in one["loc"] if part != "body" or len(one["loc"]) == 1),
                "message": words.of_field(one),
            }
            for one in error.errors
        ]
    return refused(request, problems.FieldsNotValid(errors=found))


@api.exception_handler(HttpError)
def not_readable(request, error):
    cause = error.__cause__
    return refused(request, cause if isinstance(cause, DomainError) else problems.BadRequest())


@api.exception_handler(Http404)
def not_there(request, error):  # noqa: ARG001 - as its caller has it
    return refused(request, problems.NotFound())


@api.exception_handler(Exception)
def went_wrong(request, error):
    log.exception("partner_call_failed", path=request.resolver_match.route, exc_info=error)
    return refused(request, problems.Internal())


@csrf_exempt
def nothing_here(request):
    return not_there(request, None)


def _said_by_a_problem(view):
    """A wrong method is refused like everything else."""

    @functools.wraps(view)
    def answer(request, *arguments, **values):
        response = view(request, *arguments, **values)
        if isinstance(response, HttpResponseNotAllowed):
            told = refused(request, problems.MethodNotAllowed())
            told.headers["Allow"] = response.headers["Allow"]
            return told
        return response

    return never_cache(answer)


def _mounted():
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = _said_by_a_problem(pattern.callback)
    return [*patterns, re_path(r"^", nothing_here, name="nothing")], app_name, namespace


urls = _mounted()
