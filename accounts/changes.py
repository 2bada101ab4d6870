"""Changing one's ways in with a code: to the old way first, then to the new one (A2, A4)."""

from accounts import phones, queries, services
from accounts.codes import OwnCode
from accounts.models import mask_email
from core import actors, clock


class Proof(OwnCode):
    """A member proves with a way in that is there already that nobody else sits at an open session."""

    purpose = "proof"
    is_proof = True

    @property
    def shown_to(self):
        """Not the whole of it: whoever sits there may be somebody else."""
        return mask_email(self.to) if self.is_email else phones.mask(self.to)

    def is_good(self):
        return super().is_good() and self.to in queries.ways_of(self.request.user)


class PhoneChange(OwnCode):
    """A member proves a new number of her own."""

    purpose = "phone_change"

    def finish(self):
        """The code came back: the number is the member's. Raises ``PhoneTaken`` where it is another member's."""
        self.forget()
        member = self.request.user
        services.confirm_phone(member=member, phone=self.to, by=actors.member(member.pk), at=clock.now())


class EmailChange(OwnCode):
    """A member proves a new address of her own, or one that waits to be confirmed."""

    purpose = "email_change"

    def finish(self):
        """The code came back: the address is the member's. Raises ``EmailTaken`` where it is another member's."""
        self.forget()
        member = self.request.user
        services.confirm_email(member=member, email=self.to, by=actors.member(member.pk), at=clock.now())
