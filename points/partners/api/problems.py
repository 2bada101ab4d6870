"""Refusals as ``application/problem+json`` (RFC 9457), in the language that the request asks for (H3).

``code`` is that of the ``DomainError`` and stays the same for ever; ``title`` is for people and may change.
"""

import json
from datetime import datetime, time, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from core.errors import Busy, DomainError, InvalidInput
from points.partners.services.book import BudgetUsed

CONTENT_TYPE = "application/problem+json"
STATUSES = {
    "not_signed": 401,
    "bad_signature": 401,
    "stale_timestamp": 401,
    "replayed": 401,
    "scope_missing": 403,
    "bad_request": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "length_required": 411,
    "body_too_large": 413,
    "invalid": 422,
    "phone_not_valid": 422,
    "external_id_is_phone": 422,
    "paid_too_long_ago": 422,
    "points_have_ended": 422,
    "idempotency_key_reused": 422,
    "too_many_calls": 429,
    "daily_budget_used": 429,
    "internal": 500,
    "busy": 503,
}
REFUSED = 409  # of any other code; 404 of those that begin with "unknown_"
LOGGED = {404, 409}  # about members and points, and not about the form of the request: staff see them


class BadRequest(DomainError):
    code = "bad_request"
    message = _("The body is not readable JSON.")


class DoubledField(BadRequest):
    """Details: ``field``, which stands in one object of the body twice."""

    message = _("The field “%(field)s” stands in the body twice.")


class LengthRequired(DomainError):
    code = "length_required"
    message = _("Send the body in one piece, with Content-Length: chunks are not read.")


class BodyTooLarge(DomainError):
    code = "body_too_large"
    message = _("The body is larger than 64 KB.")


class NotFound(DomainError):
    code = "not_found"
    message = _("There is nothing at this address.")


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    message = _("This address takes another method.")


class Internal(DomainError):
    code = "internal"
    message = _("Something went wrong on our side. Sending the same request again is safe.")


class FieldsNotValid(InvalidInput):
    """Details: ``errors``, a list of ``{"field", "message"}``."""

    message = _("Some fields are not valid.")


class TooManyCalls(DomainError):
    """Details: ``seconds`` until there is room again."""

    code = "too_many_calls"
    message = _("Too many calls this minute. Wait %(seconds)s seconds.")


def language(request):
    """The first language of ``Accept-Language`` that the mall speaks, else the shop's."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200].lower()):
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def status_of(error):
    if error.code.startswith("unknown_"):
        return 404
    return STATUSES.get(error.code, REFUSED)


def body_of(error):
    """The problem as JSON text, in the active language."""
    problem = {
        "type": f"urn:points-mall:problem:{error.code}",
        "title": str(error),
        "status": status_of(error),
        "code": error.code,
    }
    details = {name: value for name, value in error.details.items() if isinstance(value, str | int | list)}
    if details:
        problem["details"] = details
    # What was sent may hold half a character, in the name of a field: it goes back as the escape that it came as.
    return json.dumps(problem, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def response(request, error, *, at):
    """The answer to a refused request."""
    chosen = language(request)
    with translation.override(chosen):
        answer = HttpResponse(body_of(error), status=status_of(error), content_type=CONTENT_TYPE)
    answer.headers["Content-Language"] = chosen
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Points-Mall-HMAC"
    if (wait_s := _wait(error, at)) is not None:
        answer.headers["Retry-After"] = str(wait_s)
    answer._has_been_logged = True  # Django's own line of a refusal names the address, and with it the member
    return answer


def _wait(error, at):
    if isinstance(error, Busy):
        return 1
    if isinstance(error, TooManyCalls):
        return error.details["seconds"]
    if isinstance(error, BudgetUsed):
        tomorrow = timezone.localdate(at) + timedelta(days=1)
        midnight = datetime.combine(tomorrow, time.min, tzinfo=timezone.get_default_timezone())
        return int((midnight - at).total_seconds()) + 1
    return None
