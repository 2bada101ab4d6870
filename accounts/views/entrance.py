"""Signing in and up: a code to the phone first, a password for those who want one (A1, A2)."""

from functools import wraps

from allauth.account import views as allauth
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.internal.stagekit import clear_login
from allauth.account.mixins import CloseableSignupMixin, NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.stages import LoginStageController
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts import limits, services
from accounts.entry import EmailSignIn, EmailSignUp, PhoneEntry
from accounts.forms import CodeForm, PhoneForm, SignUpForm
from accounts.stages import UnconfirmedEmailStage
from core import actors, clock, visitor


def slowed(view):
    """Limits posts per minute from one address, because each costs a password hash or a message."""

    @wraps(view)
    def counted(request, *args, **kwargs):
        if request.method == "POST":
            try:
                limits.post(address=visitor.network(request), at=clock.now())
            except limits.TooManyPosts as error:
                response = render(request, "429.html", {"reason": error}, status=429)
                response["Retry-After"] = str(error.details["wait_s"])
                return response
        return view(request, *args, **kwargs)

    return counted


class _TwoWays:
    """A page with two ways in: by code, or by password if the URL says so or a password was posted."""

    def get_context_data(self, **kwargs):
        by_password = self.request.method == "POST" or self.request.GET.get("with") == "password"
        return super().get_context_data(phone_form=PhoneForm(), by_password=by_password, **kwargs)


@method_decorator(slowed, "dispatch")
class SignInView(_TwoWays, allauth.LoginView):
    pass


@method_decorator([slowed, sensitive_post_parameters("password1")], "dispatch")
class SignUpView(_TwoWays, RedirectAuthenticatedUserMixin, CloseableSignupMixin, NextRedirectMixin, FormView):
    form_class = SignUpForm
    template_name = "account/signup.html"
    success_url = "/"

    def form_valid(self, form):
        email, password = form.cleaned_data.get("email"), form.cleaned_data["password1"]
        try:
            if email:
                EmailSignUp.begin(self.request, to=email, password=password)
                return redirect(self.passthrough_next_url(reverse("account_email_verification_sent")))
            member = services.create_member(
                username=form.cleaned_data["username"],
                password=password,
                by=actors.system("sign_up"),
                at=clock.now(),
                seen=visitor.seen(self.request),
            )
        except (limits.NoCode, services.NameTaken) as error:  # taken by somebody else after the form was checked
            form.add_error("name", str(error))
            return self.form_invalid(form)
        return complete_signup(self.request, user=member, redirect_url=self.get_next_url())

    def _redirect_to_pending_stage(self, request, stage):
        """Cancel a sign-in that was under way."""
        clear_login(request)


@method_decorator(slowed, "dispatch")
class PhoneEntryView(NextRedirectMixin, RedirectAuthenticatedUserMixin, FormView):
    """Takes the number and sends a code. ``signing_up`` only chooses the page that shows an error."""

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
            PhoneEntry.begin(self.request, to=form.cleaned_data["phone"])
        except limits.NoCode as error:
            form.add_error("phone", str(error))
            return self.form_invalid(form)
        return redirect(self.passthrough_next_url(reverse("accounts:code")))


@method_decorator(never_cache, "dispatch")
class CodeView(NextRedirectMixin, FormView):
    """Takes a sent code. Subclasses name the kind of code and the page that sends one."""

    form_class = CodeForm
    template_name = "accounts/code.html"
    code_class = PhoneEntry
    start = "account_login"

    def dispatch(self, request, *args, **kwargs):
        self.code = self.code_class.resume(request)
        if self.code is None:
            return self.over(_("This code is no longer valid. Please ask for a new one."))
        return super().dispatch(request, *args, **kwargs)

    def over(self, why):
        """Say why the code is no longer valid, and go to the page that sends a new one."""
        messages.info(self.request, why)
        return redirect(self.passthrough_next_url(reverse(self.start)))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            code=self.code,
            minutes=self.code.good_s // 60,
            start_url=self.passthrough_next_url(reverse(self.start)),
            **kwargs,
        )

    def post(self, request, *args, **kwargs):
        return self.resend() if "resend" in request.POST else super().post(request, *args, **kwargs)

    def resend(self):
        try:
            self.code.send()
        except limits.NoCode as error:
            messages.warning(self.request, str(error))
        else:
            messages.success(self.request, _("A new code is on its way."))
        return redirect(self.request.get_full_path())

    def form_valid(self, form):
        try:
            is_right = self.code.accepts(form.cleaned_data["code"])
        except limits.TooManyGuesses as error:
            self.code.forget()
            return self.over(str(error))
        if is_right:
            return self.finish()
        form.add_error("code", _("This code is not right."))
        return self.form_invalid(form)

    def finish(self):
        return self.code.finish(self.get_next_url())


class EmailSignUpView(CodeView):
    code_class = EmailSignUp
    start = "account_signup"

    def finish(self):
        try:
            return super().finish()
        except services.NameTaken as error:
            return self.over(str(error))


class EmailSignInView(CodeView):
    """Takes the code that was sent to the unconfirmed address with which a member signed in."""

    code_class = EmailSignIn

    def over(self, why):
        clear_login(self.request)
        return super().over(why)

    def finish(self):
        stage = LoginStageController.enter(self.request, UnconfirmedEmailStage.key)
        if stage is None:
            return self.over(_("This code is no longer valid. Please ask for a new one."))
        try:
            return self.code.finish(stage)
        except services.NameTaken as error:
            return self.over(str(error))
