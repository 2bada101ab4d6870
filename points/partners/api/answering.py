"""Reads need a scope; writes an Idempotency-Key as well, and have one effect (H3)."""

import functools
import inspect
from typing import Annotated

from django.db import transaction
from django.http import HttpResponse
from django.utils import translation
from ninja import Header

from core.errors import DomainError
from points.partners.api import problems
from points.partners.services import idempotency
from points.partners.services.idempotency import Answer

KEY_PATTERN = r"^[A-Za-z0-9_.:-]{1,64}$"
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="Yours, one for each thing you want done: it is done once. What was refused may be sent again.",
    ),
]


def reads(scope):
    """Make a view of a read: it is given the ``Caller`` and its own arguments, and returns a schema."""

    def wrap(view):
        @functools.wraps(view)
        def answer(request, **values):
            request.auth.must_have(scope)
            return HttpResponse(view(request.auth, **values).model_dump_json(), content_type="application/json")

        answer.__signature__ = _asked(view)
        return answer

    return wrap


def writes(scope, *, status):
    """Make a view of a write, in the same way. A refusal leaves the key free; those of ``problems.LOGGED`` are kept for
    staff to see."""

    def wrap(view):
        @functools.wraps(view)
        def answer(request, idempotency_key, **values):
            caller = request.auth
            caller.must_have(scope)
            found = idempotency.once(
                key=caller.key,
                idempotency_key=idempotency_key,
                nonce=caller.nonce,
                operation=view.__name__,
                request=caller.digest,
                at=caller.at,
                work=lambda: _work(request, view, values, status),
            )
            return _response(found)

        key = inspect.Parameter("idempotency_key", inspect.Parameter.KEYWORD_ONLY, annotation=IdempotencyKey)
        answer.__signature__ = _asked(view, key)
        return answer

    return wrap


def _asked(view, *more):
    """ninja reads from the signature what a request must have; in place of the caller it gives the request."""
    signature = inspect.signature(view)
    caller, *rest = signature.parameters.values()
    return signature.replace(parameters=[caller.replace(name="request"), *rest, *more])


def _work(request, view, values, status):
    try:
        with transaction.atomic():  # a refusal undoes all but the row that remembers it
            return Answer(status, view(request.auth, **values).model_dump_json())
    except DomainError as refusal:
        if problems.status_of(refusal) not in problems.LOGGED:
            raise
        with translation.override(problems.language(request)):
            return Answer(problems.status_of(refusal), problems.body_of(refusal), refusal.code)


def _response(found):
    kind = problems.CONTENT_TYPE if found.code else "application/json"
    response = HttpResponse(found.body, status=found.status, content_type=kind)
    if found.is_repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response
