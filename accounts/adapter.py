"""The mall's answers to the hooks of django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import limits, phones, proof, queries, services
from accounts.fields import PhoneField
from core import actors, clock, visitor
from core.crypto import EncryptedTextField

_PROOFS = {
    "reauthenticate": _("Use the password"),
    "mfa_reauthenticate": _("Use the authenticator app"),
    "code": _("Use a code"),
}
_WRONG_PASSWORD = _("This is not your present password.")
_MISMATCH = _("The name or the password is not right.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _MISMATCH,
        "email_password_mismatch": _MISMATCH,
        "phone_password_mismatch": _MISMATCH,
        "incorrect_code": _("This code is not right."),
        "incorrect_password": _WRONG_PASSWORD,
        "enter_current_password": _WRONG_PASSWORD,
        "username_taken": services.UsernameTaken.message,
    }

    def get_login_stages(self):
        """allauth's stages, except that an e-mail address is optional."""
        return [
            "accounts.stages.UnconfirmedEmailStage" if stage.endswith(".EmailVerificationStage") else stage
            for stage in super().get_login_stages()
        ]

    # Passwords: every attempt is counted, on whichever page.

    def authenticate(self, request, **credentials):
        """The member with this name and password, or None; for sign-in of members and staff and for repeated proof."""
        names = {name: text for name, text in credentials.items() if name != "password"}
        authenticate = super().authenticate
        return self._counted(queries.password_holder(names), lambda: authenticate(request, **credentials))

    def reauthenticate(self, user, password):
        """Whether this is the password of the member who is signed in."""
        return self._counted(f"member:{user.pk}", lambda: user.check_password(password))

    def set_password(self, user, password):
        services.set_password(member=user, password=password, by=actors.member(user.pk), at=clock.now())

    def _counted(self, holder, judge):
        guess = {"holder": holder, "address": visitor.network(self.request), "at": clock.now()}
        try:
            limits.guess_password(**guess)
        except limits.TooManyPasswords as error:
            raise ValidationError(str(error), code="too_many_login_attempts") from error
        found = judge()
        if found:
            limits.right_password(**guess)
        return found

    # A fresh proof (accounts.proof)

    def is_reauthentication_required(self, *, app, **kwargs):
        return not proof.is_fresh(self.request)

    def get_reauthentication_methods(self, user):
        """The password, the authenticator app, and a code to each confirmed way in."""
        methods = super().get_reauthentication_methods(user)
        if user.is_authenticated and queries.ways_of(user):
            methods.append({"id": "code", "url": reverse("accounts:prove")})
        return [method | {"description": _PROOFS[method["id"]]} for method in methods]

    def format_email_subject(self, subject):
        return f"【{settings.SITE_NAME}】{subject}"

    def get_password_change_redirect_url(self, request):
        return reverse("accounts:profile")

    def get_login_redirect_url(self, request):
        return reverse("home")  # LOGIN_REDIRECT_URL is where staff go

    # Phones: signing in with a password. Codes are sent by accounts.entry.

    def phone_form_field(self, **kwargs):
        return PhoneField(**kwargs)

    def get_phone(self, user):
        return (user.phone, user.phone_verified) if user.phone else None

    def get_user_by_phone(self, phone):
        try:
            return queries.member_by_phone(phones.parse(phone))
        except phones.PhoneNotValid:
            return None


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted like other personal data (H6)."""

    _field = EncryptedTextField()

    def encrypt(self, text):
        return self._field.get_prep_value(text)

    def decrypt(self, encrypted_text):
        return self._field.from_db_value(encrypted_text, None, None)
