"""Setting a new password with a code to the e-mail address (A2)."""

from allauth.account.forms import ResetPasswordKeyForm
from allauth.account.mixins import NextRedirectMixin
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts import limits, services
from accounts.entry import PasswordReset
from accounts.forms import ResetPasswordForm, plain
from accounts.views.entrance import CodeView, slowed


@method_decorator(slowed, "dispatch")
class ResetView(NextRedirectMixin, FormView):
    """Takes the address and sends a code; the page is the same for known and unknown addresses."""

    form_class = ResetPasswordForm
    template_name = "account/password_reset.html"

    def form_valid(self, form):
        try:
            PasswordReset.begin(self.request, to=form.cleaned_data["email"])
        except limits.NoCode as error:
            form.add_error("email", str(error))
            return self.form_invalid(form)
        return redirect("account_confirm_password_reset_code")


class ResetCodeView(CodeView):
    code_class = PasswordReset
    start = "account_reset_password"

    def dispatch(self, request, *args, **kwargs):
        code = PasswordReset.resume(request)
        if code and code.is_confirmed:
            return redirect("account_complete_password_reset")
        return super().dispatch(request, *args, **kwargs)

    def finish(self):
        self.code.confirm()
        return redirect("account_complete_password_reset")


@method_decorator([never_cache, sensitive_post_parameters("password1", "password2")], "dispatch")
class NewPasswordView(FormView):
    """The last step: after the right code, the member sets the password and is signed in."""

    template_name = "account/password_reset_from_key.html"

    def dispatch(self, request, *args, **kwargs):
        self.code = PasswordReset.resume(request)
        if self.code is None or not self.code.is_confirmed:
            return redirect("account_reset_password")
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class=None):
        return plain(ResetPasswordKeyForm(**self.get_form_kwargs(), user=self.code.member))

    def form_valid(self, form):
        try:
            response = self.code.finish(form.cleaned_data["password1"])
        except services.NameTaken as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Your new password is saved."))
        return response
