"""The sandbox's page for members and its two signed endpoints for the merchant."""

import json
from datetime import date
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpResponseBadRequest, HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from orders.models.sandbox import SandboxCharge
from orders.payments.sandbox_gateway import gateway, protocol, tasks

MERCHANT = "pointsmall"


@require_http_methods(["GET", "HEAD", "POST"])
def pay(request, token):
    """Show what is to be paid; take the decision ``pay`` or ``fail``, then send the member back to the merchant."""
    payment = gateway.read_token(token)
    if payment is None:
        raise Http404
    at = clock.now()
    charge = gateway.charge_of(payment)
    expired = charge is None and payment["expires"] <= at.timestamp()
    if request.method == "POST" and not expired:
        charge, created = gateway.decide(payment, paid=request.POST.get("decision") == "pay", at=at)
        if created:
            tasks.notify.delay_on_commit(charge.pk)
        return redirect(payment["return_url"])
    return render(request, "orders/sandbox.html", {"payment": payment, "charge": charge, "expired": expired})


def signed(view):
    """Let only the merchant in: the signature covers the path and the body."""

    @csrf_exempt
    @wraps(view)
    def checked(request, **kwargs):
        headers = {name.lower(): value for name, value in request.headers.items()}
        content = request.path.encode() + b"\n" + request.body
        if not protocol.verified(headers, content, secret=settings.SANDBOX_SECRET, at=clock.now()):
            return HttpResponseForbidden()
        return view(request, **kwargs)

    return checked


@signed
@require_GET
def charge(request, reference):
    """``{"state": "paid" | "failed" | "unknown", "merchant", "reference", "amount_fen", "charge_id",
    "refunds": {reference: fen}}``."""
    found = SandboxCharge.objects.filter(merchant=MERCHANT, reference=reference).first()
    if found is None:
        return JsonResponse({"state": "unknown"})
    return JsonResponse(
        {
            "state": found.state,
            "merchant": found.merchant,
            "reference": found.reference,
            "amount_fen": found.amount_fen,
            "charge_id": gateway.charge_id(found),
            "refunds": found.refunds,
        }
    )


@signed
@require_POST
def refund(request):
    """Take ``{"reference", "refund_reference", "amount_fen"}``."""
    try:
        data = json.loads(request.body)
        gateway.refund(
            reference=str(data["reference"]),
            refund_reference=str(data["refund_reference"]),
            amount_fen=int(data["amount_fen"]),
            merchant=MERCHANT,
        )
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest()
    except gateway.RefundRefused:
        return JsonResponse({"error": "refused"}, status=409)
    return JsonResponse({"state": "refunded"})


@signed
@require_GET
def statement(request, day):
    """``{"lines": [...]}`` of a day: the fields of ``orders.payments.base.StatementLine``."""
    try:
        day = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    if not clock.is_in_calendar(day):
        raise Http404
    return JsonResponse({"lines": gateway.statement(day, merchant=MERCHANT)})
