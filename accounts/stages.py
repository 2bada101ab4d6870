"""Steps between the right password and being signed in."""

from allauth.account.internal.constants import LoginStageKey
from allauth.account.models import EmailAddress
from allauth.account.stages import LoginStage
from django.contrib import messages
from django.shortcuts import redirect

from accounts.entry import EmailSignIn
from accounts.limits import NoCode


class UnconfirmedEmailStage(LoginStage):
    """A member who signs in with an unconfirmed e-mail address must prove that it is theirs.

    Members who sign in by phone or username may have no e-mail address or an unconfirmed one; they skip this step.
    """

    key = LoginStageKey.VERIFY_EMAIL.value
    urlname = "accounts:email_sign_in"

    def is_resumable(self, request):
        """The sign-in page stays reachable meanwhile, so that there is no redirect loop."""
        return False

    def handle(self):
        if self._is_confirmed():
            return None, True
        try:
            EmailSignIn.begin(self.request, to=self.login.email)
        except NoCode as error:
            messages.error(self.request, str(error))
            return redirect("account_login"), False
        return redirect(self.urlname), True

    def _is_confirmed(self):
        email = self.login.email
        mine = EmailAddress.objects.filter(user=self.login.user, email__iexact=email, verified=True)
        return not email or mine.exists()
