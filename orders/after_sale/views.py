"""A member's returns, refunds and exchanges (F10)."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import actors, clock
from core.errors import DomainError
from orders.after_sale import queries as after_sale_queries
from orders.after_sale import services as after_sale
from orders.after_sale.forms import AskForm, SentForm
from orders.after_sale.pictures import send_picture
from orders.after_sale.states import after_sale_allowed
from orders.after_sale.wording import case_headline
from orders.lifecycle.queries import show_pictures
from orders.lifecycle.views import own_order
from orders.lifecycle.wording import returned_parts
from orders.models import AfterSaleKind, AfterSaleState
from orders.parameters import MAX_AFTER_SALE_PICTURES, RETURN_ADDRESS
from orders.payments.queries.refunds import refunds_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request, number):
    """The form; sent, it becomes a request that waits for staff."""
    order = own_order(request, number)
    at = clock.now()
    askable = after_sale_queries.askable_pieces(order)
    is_open = bool(askable) and after_sale_queries.is_in_window(order, at=at)
    if request.method != "POST" and not is_open:
        messages.error(request, _("Requests for this order are not open, or not any more."))
        return redirect(order)
    initial = {"form_key": uuid.uuid4(), "kind": AfterSaleKind.RETURN}
    if len(askable) == 1:
        initial |= {f"pieces_{item.pk}": left for item, left in askable.items()}
    form = AskForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        askable=askable,
        most_pictures=MAX_AFTER_SALE_PICTURES.value,
        initial=initial,
    )
    waiting = after_sale.kept.find(member=request.user, token=request.POST.get("kept", ""))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = after_sale.ask(
                order=order,
                kind=data["kind"],
                pieces=form.pieces,
                reason=data["reason"],
                text=data["text"],
                pictures=[*waiting, *data["pictures"]],
                form_key=data["form_key"],
                by=actors.member(request.user.pk),
                at=at,
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            after_sale.kept.drop(member=request.user)
            return redirect(made)
    show_pictures(list(askable))
    return render(
        request,
        "orders/after_sale_ask.html",
        {"order": order, "form": form, "ask_before": after_sale_queries.ask_before(order)}
        | (_kept(request, form, waiting) if form.errors and is_open else {}),
        status=422 if form.errors else 200,
    )


def _kept(request, form, waiting):
    """Pictures of a form that comes back wait for the next try; where they cannot, the field says so."""
    chosen = request.FILES.getlist("pictures")
    if not chosen:
        return {"kept": request.POST.get("kept"), "kept_count": len(waiting)}
    try:
        token = after_sale.kept.keep(member=request.user, pictures=[*waiting, *chosen])
    except DomainError:
        form.add_error("pictures", _("These pictures were not kept: please choose them again."))
        return {"kept": request.POST.get("kept"), "kept_count": len(waiting)}
    return {"kept": token, "kept_count": len(waiting) + len(chosen)}


@require_GET
@login_required
def detail(request, number):
    """Where the request stands, what the member has to do, what came back and when it ends."""
    return _page(request, _own(request, number), SentForm())


@require_POST
@login_required
def sent(request, number):
    """The goods travel back, with this carrier and number."""
    found = _own(request, number)
    form = SentForm(request.POST)
    if form.is_valid():
        try:
            after_sale.send_back(case=found, **form.cleaned_data, by=actors.member(request.user.pk), at=clock.now())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect(found)
    return _page(request, found, form, status=422)


@require_POST
@login_required
def withdraw(request, number):
    """The member does not want it any more."""
    found = _own(request, number)
    try:
        after_sale.withdraw(case=found, by=actors.member(request.user.pk), at=clock.now())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(found)


@require_GET
@login_required
def picture(request, number, pk):
    """A picture of the member's own request; 404 for others."""
    return send_picture(get_object_or_404(_own(request, number).pictures, pk=pk))


def _page(request, found, form, status=200):
    title, explanation = case_headline(found)
    rows = list(found.items.select_related("item"))
    show_pictures([row.item for row in rows])
    may_send = after_sale_allowed(found.kind, found.state, AfterSaleState.RECEIVED)
    return render(
        request,
        "orders/after_sale.html",
        {
            "found": found,
            "order": found.order,
            "title": title,
            "explanation": explanation,
            "returned": returned_parts(found, refunds_of(found)),
            "rows": rows,
            "moves": list(found.moves.order_by("-at", "-pk")),
            "may_withdraw": after_sale.may_withdraw(found),
            "may_send": may_send,
            "return_address": RETURN_ADDRESS.value if may_send else "",
            "form": form,
        },
        status=status,
    )


def _own(request, number):
    """The member's request of that number; anybody else's is not there (404)."""
    found = after_sale_queries.case_page(request.user, number)
    if found is None:
        raise Http404
    return found
