"""Changing a way in by codes: first to an existing way, then to the new one (A2, A4)."""

from accounts import phones, queries, services
from accounts.codes import OwnCode
from accounts.models import mask_email
from core import actors, clock


class Proof(OwnCode):
    """A member proves by a code to an existing way in that nobody else is using an open session."""

    purpose = "proof"
    is_proof = True

    @property
    def shown_to(self):
        """Masked, because somebody else may be using the session."""
        return mask_email(self.to) if self.is_email else phones.mask(self.to)

    def is_good(self):
        return super().is_good() and self.to in queries.ways_of(self.request.user)


class PhoneChange(OwnCode):
    """A member proves that a new number is theirs."""

    purpose = "phone_change"

    def finish(self):
        """After the right code: the number becomes the member's. Raises ``PhoneTaken`` if another member has it."""
        self.forget()
        member = self.request.user
        services.confirm_phone(member=member, phone=self.to, by=actors.member(member.pk), at=clock.now())


class EmailChange(OwnCode):
    """A member proves that a new or unconfirmed address is theirs."""

    purpose = "email_change"

    def finish(self):
        """After the right code: the address becomes the member's. Raises ``EmailTaken`` if another member has it."""
        self.forget()
        member = self.request.user
        services.confirm_email(member=member, email=self.to, by=actors.member(member.pk), at=clock.now())
