"""What stands between a right password and being signed in."""

from allauth.account import stages
from allauth.account.models import EmailAddress


class EmailVerificationStage(stages.EmailVerificationStage):
    """Asks for the e-mailed code only of those who are known by nothing but an e-mail address.

    Members by phone or username may have no e-mail at all, or one that waits to be confirmed.
    """

    def handle(self):
        user = self.login.user
        if user and (user.username or user.phone_verified) and not self._came_by_email(user):
            return None, True
        return super().handle()

    def _came_by_email(self, user):
        """Somebody who signs in with an address has to prove that it is theirs."""
        return bool(self.login.email) and EmailAddress.objects.filter(user=user, email=self.login.email).exists()
