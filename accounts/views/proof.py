"""Proof by a code to an existing way in that nobody else is using an open session (A2, A3)."""

from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.views import BaseReauthenticateView
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from accounts import limits, proof, queries
from accounts.changes import Proof
from accounts.forms import ProofForm
from accounts.views.entrance import CodeView


@method_decorator(login_required, "dispatch")
class ProveView(BaseReauthenticateView):
    """Offers the confirmed ways in and sends a code to one."""

    form_class = ProofForm
    template_name = "accounts/prove.html"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"ways": queries.ways_of(self.request.user)}

    def form_valid(self, form):
        try:
            Proof.begin(self.request, to=form.to)
        except limits.NoCode as error:
            form.add_error("way", str(error))
            return self.form_invalid(form)
        return redirect(self.passthrough_next_url(reverse("accounts:prove_code")))


@method_decorator(login_required, "dispatch")
class ProveCodeView(CodeView):
    code_class = Proof
    start = "accounts:prove"

    def finish(self):
        self.code.forget()
        proof.record_code(self.request, to="email" if self.code.is_email else "phone")
        return resume_request(self.request) or redirect("accounts:profile")
