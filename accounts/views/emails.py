"""The member's e-mail addresses (A4)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from accounts import limits, proof, queries, services
from accounts.changes import EmailChange
from accounts.forms import AddEmailForm
from accounts.views.entrance import CodeView
from core import actors, clock
from core.errors import DomainError


@login_required
@proof.required
def emails(request):
    """Addresses and what can be done with each; a new one gets a code first."""
    if request.method == "POST" and "action_add" not in request.POST:
        return _act(request, request.POST.get("email", "").lower())
    form = AddEmailForm(request.POST or None, member=request.user)
    if form.is_valid():
        try:
            EmailChange.begin(request, to=form.cleaned_data["email"])
        except limits.NoCode as error:
            form.add_error("email", str(error))
        else:
            return redirect("accounts:email_code")
    addresses = queries.emails_of(request.user)
    return render(
        request,
        "account/email.html",
        {"addresses": addresses, "form": form, "may_add": len(addresses) < services.MOST_EMAILS},
    )


def _act(request, email):
    act = {"member": request.user, "email": email, "by": actors.member(request.user.pk), "at": clock.now()}
    try:
        if "action_send" in request.POST:
            return _send_code(request, email)
        if "action_primary" in request.POST:
            services.prefer_email(**act)
        elif "action_remove" in request.POST:
            services.remove_email(**act)
        else:
            return redirect("account_email")
    except DomainError as error:
        messages.error(request, str(error))
    else:
        proof.keep_session(request)
        messages.success(request, _("Saved."))
    return redirect("account_email")


def _send_code(request, email):
    if not queries.emails_of(request.user).filter(email=email).exists():
        raise services.EmailNotThere
    EmailChange.begin(request, to=email)
    return redirect("accounts:email_code")


@method_decorator(login_required, "dispatch")
class EmailCodeView(CodeView):
    code_class = EmailChange
    start = "account_email"

    def finish(self):
        try:
            self.code.finish()
        except DomainError as error:
            return self.over(str(error))
        proof.keep_session(self.request)
        messages.success(self.request, _("Your e-mail address is confirmed."))
        return redirect("accounts:profile")
