"""Signing in or up with a code, to a phone or an e-mail address (A1, A2).

A new member is created only when the number or address is proven.

django-allauth has flows for this too, but they save a member before the code is entered and reveal whether a name is
known. So the mall has its own flows (``accounts.codes``), and allauth does the sign-in: stages, second step, records.
"""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import Login
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from accounts import queries, services
from accounts.codes import Code
from core import actors, clock, visitor


class PhoneEntry(Code):
    """A visitor signs in, or signs up if the number is new."""

    purpose = "phone_entry"

    def finish(self, redirect_url):
        """After the right code: sign the member in, creating one if the number is new. Returns a response."""
        self.forget()
        member, is_new = self._member()
        record_authentication(self.request, member, method="code", phone=self.to)
        if is_new:
            return complete_signup(self.request, user=member, redirect_url=redirect_url)
        return perform_login(self.request, Login(user=member, redirect_url=redirect_url))

    def _member(self):
        at = clock.now()
        member = queries.member_by_phone(self.to)
        if member is None:
            try:
                return _new_member(self.request, at, phone=self.to), True
            except services.PhoneTaken:  # the same person, twice at once
                member = queries.member_by_phone(self.to)
        services.confirm_phone(member=member, phone=self.to, by=actors.member(member.pk), at=at)
        return member, False


class EmailSignUp(Code):
    """A visitor signs up with an e-mail address and a password, of which only the hash is kept meanwhile.

    If the address has a member, the message says so and has no code.
    """

    purpose = "email_sign_up"

    @classmethod
    def begin(cls, request, *, to, password):
        is_known = bool(queries.members_by_email(to))
        return super().begin(request, to=to, is_known=is_known, password=make_password(password))

    @property
    def is_dead(self):
        return self.state["is_known"]

    def deliver(self, digits):
        if not self.is_dead:
            super().deliver(digits)
            return
        reset_url = self.request.build_absolute_uri(reverse("account_reset_password"))
        self.email("account_already_exists", password_reset_url=reset_url)

    def finish(self, redirect_url):
        """After the right code: create the member and sign in. Raises ``services.EmailTaken`` if somebody else was
        faster."""
        self.forget()
        member = _new_member(self.request, clock.now(), email=self.to, password_hash=self.state["password"])
        record_authentication(self.request, member, method="code", email=self.to)
        return complete_signup(self.request, user=member, redirect_url=redirect_url)


class EmailSignIn(Code):
    """A member who signs in with a password and an unconfirmed address proves that it is theirs: a stage of sign-in."""

    purpose = "email_sign_in"

    def finish(self, stage):
        """After the right code: the address becomes the member's, and sign-in goes on. Raises
        ``services.EmailTaken``."""
        self.forget()
        member = stage.login.user
        services.confirm_email(member=member, email=self.to, by=actors.member(member.pk), at=clock.now())
        return stage.exit()


class PasswordReset(Code):
    """A member sets a new password by a code sent by e-mail. If the address has no member, the message says so."""

    purpose = "password_reset"

    @classmethod
    def begin(cls, request, *, to):
        found = queries.members_by_email(to, only_active=True)
        return super().begin(request, to=to, member=found[0].pk if found else None, is_confirmed=False)

    @property
    def is_dead(self):
        return self.state["member"] is None

    @property
    def is_confirmed(self):
        return self.state["is_confirmed"]

    @property
    def member(self):
        return queries.member(self.state["member"])

    def deliver(self, digits):
        if not self.is_dead:
            super().deliver(digits)
            return
        self.email("unknown_account", signup_url=self.request.build_absolute_uri(reverse("account_signup")))

    def confirm(self):
        """After the right code: the new password may be set, for as long as a code is valid."""
        self.state |= {"is_confirmed": True, "at": clock.now().timestamp()}
        self.keep()

    def finish(self, password):
        """Set the password and sign in. Returns a response."""
        self.forget()
        member, act = self.member, {"by": actors.member(self.state["member"]), "at": clock.now()}
        services.confirm_email(member=member, email=self.to, **act)
        services.set_password(member=member, password=password, **act)
        record_authentication(self.request, member, method="code", email=self.to)
        return perform_login(self.request, Login(user=member, email=self.to))


def _new_member(request, at, **names):
    return services.create_member(by=actors.system("sign_up"), at=at, seen=visitor.seen(request), **names)
