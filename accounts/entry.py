"""Signing in or up with a code sent to a phone, and changing one's number the same way (A1, A2).

Every number gets a code and the same pages, whether a member has it or not; only the person who holds the phone
learns more. A new member exists from the moment the number is proven, never before.

django-allauth has flows for this too. They save a member before the code comes back and answer a known number
otherwise than an unknown one; so the mall has its own on top of allauth's process (attempts, expiry) and sign-in
(stages, second factor, records).
"""

from allauth.account import app_settings
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import Login
from allauth.core.internal.cryptokit import compare_user_code, generate_user_code
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import limits, phones, queries, services, tasks
from core import actors, clock, visitor


class _PhoneCode(AbstractCodeVerificationProcess):
    """A code on its way to a phone, kept in the session: ``phone``, ``code``, when, how often tried."""

    key = None

    def __init__(self, request, state):
        self.request = request
        super().__init__(
            state=state,
            timeout=app_settings.PHONE_VERIFICATION_TIMEOUT,
            max_attempts=app_settings.PHONE_VERIFICATION_MAX_ATTEMPTS,
        )

    @classmethod
    def initiate(cls, request, *, phone):
        """Send a first code to the E.164 number ``phone``. Raises ``limits.TooOften``."""
        process = cls(request, cls.initial_state(user=None, phone=phone))
        process.send()
        return process

    @classmethod
    def resume(cls, request):
        """The process under way in this session, or None where there is none or its time is over."""
        state = request.session.get(cls.key)
        return cls(request, state).abort_if_invalid() if state else None

    @property
    def phone(self):
        return self.state["phone"]

    @property
    def masked_phone(self):
        return phones.mask(self.phone)

    def send(self):
        limits.count_code(phone=self.phone, address=get_ip(self.request), at=clock.now())
        self.state = self.initial_state(user=None, phone=self.phone)
        self.state["code"] = generate_user_code(**app_settings.PHONE_VERIFICATION_CODE_FORMAT)
        tasks.send_sms.delay_on_commit(to=self.phone, text=_text(self.code))
        self.persist()

    def persist(self):
        self.request.session[self.key] = self.state

    def abort(self):
        self.request.session.pop(self.key, None)

    def accepts(self, code):
        """Count one guess and tell whether it is right.

        The session alone would lose counts of guesses sent at once, so they are counted in the database.
        """
        name = f"{self.phone}:{self.state['at']}"
        may = limits.may_guess(name, most=self.max_attempts, seconds=self.timeout, at=clock.now())
        if not may:
            self.state["failed_attempts"] = self.max_attempts
        return may and compare_user_code(actual=code, expected=self.code)


class PhoneEntry(_PhoneCode):
    """A stranger signs in, or up where the number is new."""

    key = "accounts_phone_entry"

    def finish(self, redirect_url):
        """The code came back: sign the member in, after making one if the number is new. Returns a response."""
        self.abort()
        member, is_new = self._member()
        record_authentication(self.request, member, method="code", phone=self.phone)
        if is_new:
            return complete_signup(self.request, user=member, redirect_url=redirect_url)
        return perform_login(self.request, Login(user=member, redirect_url=redirect_url))

    def _member(self):
        at = clock.now()
        member = queries.member_by_phone(self.phone)
        if member is None:
            try:
                seen = visitor.seen(self.request)
                return services.create_member(phone=self.phone, by=actors.system("sign_up"), at=at, seen=seen), True
            except services.PhoneTaken:  # the same person, twice at once
                member = queries.member_by_phone(self.phone)
        services.confirm_phone(member=member, phone=self.phone, by=actors.member(member.pk), at=at)
        return member, False


class PhoneChange(_PhoneCode):
    """A member proves a new number of her own."""

    key = "accounts_phone_change"

    def finish(self):
        """The code came back: the number is the member's. Raises ``PhoneTaken`` where it is another member's."""
        self.abort()
        member = self.request.user
        before = member.phone
        services.confirm_phone(member=member, phone=self.phone, by=actors.member(member.pk), at=clock.now())
        if before:  # whoever did this, the owner of the old number learns of it
            tasks.send_sms.delay_on_commit(to=before, text=_changed(self.phone))


def _changed(phone):
    return _("[%(site)s] Your account is now signed in to with %(phone)s. If that was not you, tell us at once.") % {
        "site": settings.SITE_NAME,
        "phone": phones.mask(phone),
    }


def _text(code):
    minutes = app_settings.PHONE_VERIFICATION_TIMEOUT // 60
    return _("[%(site)s] Your code is %(code)s. It is valid for %(minutes)s minutes. Never tell it to anyone.") % {
        "site": settings.SITE_NAME,
        "code": code,
        "minutes": minutes,
    }
