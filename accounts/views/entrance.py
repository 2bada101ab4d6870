"""Signing in and up: a code to the phone first, a password for those who want one (A1, A2)."""

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts import services
from accounts.entry import PhoneEntry
from accounts.forms import CodeForm, PhoneForm
from accounts.limits import TooOften


class _TwoWays:
    """A page with two ways in: by code, and by password where the address says so or a password was posted."""

    def get_context_data(self, **kwargs):
        by_password = self.request.method == "POST" or self.request.GET.get("with") == "password"
        return super().get_context_data(phone_form=PhoneForm(), by_password=by_password, **kwargs)


class SignInView(_TwoWays, allauth.LoginView):
    pass


class SignUpView(_TwoWays, allauth.SignupView):
    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except services.NameTaken as error:  # by somebody else, since the form was checked
            form.add_error("name", str(error))
            return self.form_invalid(form)


class PhoneEntryView(NextRedirectMixin, RedirectAuthenticatedUserMixin, FormView):
    """Takes the number, sends a code. ``signing_up`` only chooses the page that shows an error."""

    form_class = PhoneForm
    success_url = "/"

    def get(self, request, *args, **kwargs):
        return redirect(self.passthrough_next_url(reverse("account_login")))

    def get_template_names(self):
        return ["account/signup.html" if self.request.POST.get("signing_up") else "account/login.html"]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {"phone_form": context["form"]}

    def form_valid(self, form):
        try:
            PhoneEntry.initiate(self.request, phone=form.cleaned_data["phone"])
        except TooOften as error:
            form.add_error("phone", str(error))
            return self.form_invalid(form)
        return redirect(self.passthrough_next_url(reverse("accounts:code")))


class CodeView(NextRedirectMixin, FormView):
    """Takes the code that came to a phone. Subclasses name the process and where its pages are."""

    form_class = CodeForm
    template_name = "accounts/code.html"
    process_class = PhoneEntry
    start = "account_login"

    def dispatch(self, request, *args, **kwargs):
        self.process = self.process_class.resume(request)
        if self.process is None:
            messages.info(request, _("This code is no longer valid. Please ask for a new one."))
            return redirect(self.passthrough_next_url(reverse(self.start)))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            phone=self.process.masked_phone,
            minutes=self.process.timeout // 60,
            start_url=self.passthrough_next_url(reverse(self.start)),
            **kwargs,
        )

    def post(self, request, *args, **kwargs):
        return self.resend() if "resend" in request.POST else super().post(request, *args, **kwargs)

    def resend(self):
        try:
            self.process.send()
        except TooOften as error:
            messages.warning(self.request, str(error))
        else:
            messages.success(self.request, _("A new code is on its way."))
        return redirect(self.request.get_full_path())

    def form_valid(self, form):
        if self.process.accepts(form.cleaned_data["code"]):
            return self.finish()
        if self.process.record_invalid_attempt():
            form.add_error("code", get_adapter().validation_error("incorrect_code"))
            return self.form_invalid(form)
        messages.error(self.request, _("Too many wrong codes. Please ask for a new one."))
        return redirect(self.passthrough_next_url(reverse(self.start)))

    def finish(self):
        return self.process.finish(self.get_next_url())
