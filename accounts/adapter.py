"""What the mall decides where django-allauth asks."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import phones, queries, services, tasks
from accounts.fields import PhoneField
from core import actors, clock, visitor
from core.crypto import EncryptedTextField

_MISMATCH = _("The name or the password is not right.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _MISMATCH,
        "email_password_mismatch": _MISMATCH,
        "phone_password_mismatch": _MISMATCH,
        "too_many_login_attempts": _("Too many attempts. Please wait five minutes, or sign in with a code."),
        "incorrect_code": _("This code is not right."),
        "username_taken": services.UsernameTaken.message,
    }

    def save_user(self, request, user, form, commit=True):
        """Save a member who signs up by a form, with all that follows a sign-up (A1, C4)."""
        user.username = form.cleaned_data.get("username") or None
        user.email = form.cleaned_data.get("email") or None
        user.set_password(form.cleaned_data.get("password1"))
        if commit:
            services.register(user, by=actors.system("sign_up"), at=clock.now(), seen=visitor.seen(request))
        return user

    def get_login_stages(self):
        """allauth's stages, but not everybody has to have an e-mail address."""
        return [
            "accounts.stages.EmailVerificationStage" if stage.endswith(".EmailVerificationStage") else stage
            for stage in super().get_login_stages()
        ]

    def send_mail(self, template_prefix, email, context):
        """E-mails leave in the background, after commit."""
        message = self.render_mail(template_prefix, email, {"request": self.request, "email": email, **context})
        html = next((body for body, mime in getattr(message, "alternatives", []) if mime == "text/html"), None)
        tasks.send_email.delay_on_commit(to=message.to, subject=message.subject, text=message.body, html=html)

    def can_delete_email(self, email_address):
        """Never the last way in."""
        user = email_address.user
        others = user.emailaddress_set.exclude(pk=email_address.pk)
        return super().can_delete_email(email_address) and bool(user.phone or user.username or others.exists())

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
