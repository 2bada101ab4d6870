"""One-time codes that the mall sends to a phone or an e-mail address (A1, A2, A9).

The session holds the pending code: for whom, since when, and a keyed hash of code, purpose and target together, so that
a code works only for what it was sent for. Messages and guesses are counted outside the session (``accounts.limits``),
because concurrent requests would overwrite a count in the session.

All numbers and addresses get the same pages and limits, whether a member has them or not: only the reader of the
message learns more.
"""

import hmac
import secrets
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits, mail, phones, tasks
from core import actors, audit, background, clock, visitor
from core.crypto import fingerprint

log = structlog.get_logger(__name__)

DIGITS = 6
SMS_GOOD_S, EMAIL_GOOD_S = 300, 600


class NotSent(limits.NoCode):
    """The provider did not accept the message; the visitor may ask again at once."""

    code = "code_not_sent"
    message = gettext_lazy("The code could not be sent. Nothing was changed; please try again in a few minutes.")


class EmailNotSent(NotSent):
    message = gettext_lazy("The e-mail could not be sent. Nothing was changed; please try again in a few minutes.")


class NotServed(limits.NoCode):
    """Details: ``prefixes``, the country codes of numbers that get codes."""

    code = "not_served"
    message = gettext_lazy(
        "We can send codes only to mobile numbers that begin with %(prefixes)s. Please use such a number, or an e-mail "
        "address."
    )


class Code:
    """A pending code. Each subclass is a purpose; ``facts`` are what it needs to know when the code is entered."""

    purpose = None  # also the key in the session
    is_proof = False  # whether it goes to an address or number that the member already has
    is_dead = False  # whether a message without a code was sent, so that no guess is right

    def __init__(self, request, state):
        self.request = request
        self.state = state

    @classmethod
    def begin(cls, request, *, to, **facts):
        """Send a first code ``to`` an E.164 number or an e-mail address. Raises ``limits.NoCode``."""
        code = cls(request, {"to": to, **facts})
        code.send()
        return code

    @classmethod
    def resume(cls, request):
        """The pending code of this session; None if there is none, or it has expired or is somebody else's."""
        state = request.session.get(cls.purpose)
        code = cls(request, state) if state else None
        return code if code and code.is_good() else None

    @property
    def to(self):
        return self.state["to"]

    @property
    def is_email(self):
        return "@" in self.to

    @property
    def shown_to(self):
        """The target as shown on the page."""
        return self.to if self.is_email else phones.mask(self.to)

    @property
    def good_s(self):
        return EMAIL_GOOD_S if self.is_email else SMS_GOOD_S

    def is_good(self):
        return clock.now().timestamp() - self.state["at"] <= self.good_s

    def send(self):
        """Send a new code, which replaces the previous one. Raises what ``begin`` does; the previous code then stays
        valid."""
        at, address = clock.now(), visitor.network(self.request)
        if not self.is_email and not phones.gets_codes(self.to):
            raise NotServed(prefixes=phones.served_prefixes())
        try:
            limits.want_code(to=self.to, address=address, at=at)
        except limits.CodesStopped:
            self._raise_alarm(at)
            raise
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        try:
            self.deliver(digits)
        except NotSent:
            limits.code_not_sent(to=self.to, address=address, at=at)
            raise
        self.state |= {"name": secrets.token_urlsafe(16), "at": at.timestamp()}
        self.state["digest"] = self._digest(digits)
        self.keep()

    def deliver(self, digits):
        """Send the message. Raises ``NotSent``."""
        if self.is_email:
            self.email("code", code=digits, minutes=self.good_s // 60)
            return
        text = _("[%(site)s] Your code is %(code)s. It is valid for %(minutes)s minutes. Never tell it to anyone.")
        text %= {"site": settings.SITE_NAME, "code": digits, "minutes": self.good_s // 60}
        message = {"to": self.to, "text": text}
        try:
            transaction.on_commit(partial(tasks.send_sms.send, kwargs=message, expires=self.good_s))
        except background.AWAY as error:  # a late code would be of no use
            log.error("code_not_queued", reason=type(error).__name__)
            raise NotSent from error

    def email(self, template, **context):
        try:
            mail.send(to=self.to, template=template, **context)
        except mail.NotSent as error:
            raise EmailNotSent from error

    def accepts(self, typed):
        """Count one guess and return whether it is right; a code is accepted only once. Raises
        ``limits.TooManyGuesses`` when no more guesses are allowed."""
        at, address, name = clock.now(), visitor.network(self.request), self.state["name"]
        limits.guess_code(name=name, to=self.to, address=address, at=at)
        if self.is_dead or not hmac.compare_digest(self._digest(typed), self.state["digest"]):
            return False
        limits.right_code(to=self.to, address=address, at=at)
        return limits.use_code(name=name, at=at)

    def keep(self):
        self.request.session[self.purpose] = self.state

    def forget(self):
        self.request.session.pop(self.purpose, None)

    def _digest(self, digits):
        return fingerprint(f"{self.purpose}:{self.state['name']}:{self.to}:{digits}")

    @staticmethod
    def _raise_alarm(at):
        """More codes are requested than staff allow: tell them on their first page."""
        log.error("codes_stopped", most=limits.CODES_PER_HOUR.value)
        if limits.first_alarm(at=at):
            audit.record("codes.stopped", by=actors.system("codes"), subject="codes", at=at)


class OwnCode(Code):
    """A code of a member who is signed in."""

    @classmethod
    def begin(cls, request, *, to, **facts):
        return super().begin(request, to=to, member=request.user.pk, **facts)

    def is_good(self):
        return super().is_good() and self.state["member"] == self.request.user.pk
