"""The address book (A5). Every page shows and changes the member's own addresses only."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import queries, services
from accounts.forms import AddressForm
from core import actors, clock
from core.errors import DomainError
from core.redirects import go_on, named_address


@login_required
def book(request):
    addresses = queries.addresses_of(request.user)
    return render(
        request,
        "accounts/addresses.html",
        {
            "addresses": addresses,
            "is_full": len(addresses) >= services.MOST_ADDRESSES,
            "most": services.MOST_ADDRESSES,
            "next": named_address(request),
        },
    )


@login_required
def add(request):
    return _form(request, None)


@login_required
def edit(request, pk):
    return _form(request, _own(request, pk))


@login_required
@require_POST
def make_default(request, pk):
    return _act(request, services.make_default, _own(request, pk), _("This is your default address now."))


@login_required
def delete(request, pk):
    """Ask, then delete. The question is a page, so that it works without JavaScript."""
    address = _own(request, pk)
    if request.method != "POST":
        return render(request, "accounts/address_delete.html", {"address": address, "next": named_address(request)})
    return _act(request, services.delete_address, address, _("The address is deleted."))


def _form(request, address):
    """Show the form, go one step on in the picker, or save.

    ``choose`` posts the form to get the next list and keeps what was typed: by a button without JavaScript, or by htmx,
    which replaces only the lists. It is a POST, because names and phone numbers do not belong in a URL.
    """
    choosing = "choose" in request.POST
    data = request.POST or None
    form = AddressForm(initial=data.dict()) if choosing else AddressForm(data, address=address)
    if form.is_valid():
        try:
            services.save_address(member=request.user, address=address, by=_by(request), at=clock.now(), **form.saved())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The address is saved."))
            return go_on(request, reverse("accounts:addresses"))
    template = "accounts/_region.html" if choosing and request.htmx else "accounts/address_form.html"
    return render(request, template, {"form": form, "address": address, "next": named_address(request)})


def _act(request, service, address, done):
    try:
        service(member=request.user, address=address, by=_by(request), at=clock.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    url, onward = reverse("accounts:addresses"), named_address(request)
    return redirect(f"{url}?{urlencode({'next': onward})}" if onward else url)


def _own(request, pk):
    return get_object_or_404(queries.addresses_of(request.user), pk=pk)


def _by(request):
    return actors.member(request.user.pk)
