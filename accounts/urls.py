"""Addresses of members' pages below ``/accounts/``; django-allauth's own come after these.

Pages that replace allauth's keep their URLs and names; pages that change ways in ask for a fresh proof first.
"""

from allauth.account import views as allauth
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_required
from django.urls import include, path

from accounts import proof
from accounts.views import addresses, emails, entrance, notices, profile, reset
from accounts.views import proof as proving

own = [
    path("", profile.profile, name="profile"),
    path("edit/", profile.edit, name="edit"),
    path("notices/", notices.inbox, name="notices"),
    path("login/code/", entrance.PhoneEntryView.as_view(), name="phone_entry"),
    path("login/code/confirm/", entrance.CodeView.as_view(), name="code"),
    path("login/email/", entrance.EmailSignInView.as_view(), name="email_sign_in"),
    path("phone/change/", profile.PhoneChangeView.as_view(), name="phone"),
    path("phone/verify/", profile.PhoneChangeCodeView.as_view(), name="phone_code"),
    path("email/verify/", emails.EmailCodeView.as_view(), name="email_code"),
    path("reauthenticate/code/", proving.ProveView.as_view(), name="prove"),
    path("reauthenticate/code/confirm/", proving.ProveCodeView.as_view(), name="prove_code"),
    path("addresses/", addresses.book, name="addresses"),
    path("addresses/add/", addresses.add, name="address_add"),
    path("addresses/<int:pk>/", addresses.edit, name="address_edit"),
    path("addresses/<int:pk>/default/", addresses.make_default, name="address_default"),
    path("addresses/<int:pk>/delete/", addresses.delete, name="address_delete"),
]
entrances = [
    path("login/", entrance.SignInView.as_view(), name="account_login"),
    path("signup/", entrance.SignUpView.as_view(), name="account_signup"),
    path("confirm-email/", entrance.EmailSignUpView.as_view(), name="account_email_verification_sent"),
    path("password/reset/", reset.ResetView.as_view(), name="account_reset_password"),
    path("password/reset/confirm/", reset.ResetCodeView.as_view(), name="account_confirm_password_reset_code"),
    path("password/reset/complete/", reset.NewPasswordView.as_view(), name="account_complete_password_reset"),
]
ways_in = [
    path("email/", emails.emails, name="account_email"),
    *(
        path(route, login_required(proof.required(view)), name=name)
        for route, view, name in (
            ("password/set/", allauth.password_set, "account_set_password"),
            ("2fa/totp/activate/", totp.activate_totp, "mfa_activate_totp"),
            ("2fa/totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
            ("2fa/recovery-codes/", recovery_codes.view_recovery_codes, "mfa_view_recovery_codes"),
            ("2fa/recovery-codes/generate/", recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
            ("2fa/recovery-codes/download/", recovery_codes.download_recovery_codes, "mfa_download_recovery_codes"),
        )
    ),
]
urlpatterns = [path("", include((own, "accounts"))), path("", include([*entrances, *ways_in]))]
