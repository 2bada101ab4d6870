"""A fresh proof is needed before a way in is added, changed or removed (A2, A3).

An open session must not be enough to take over an account: somebody could add an e-mail address and reset the password.
So these pages ask for the password, the authenticator app, or a code to an existing way in, given at most
``REAUTHENTICATION_TIMEOUT`` (5 minutes) ago. Signing in with a code is such a proof. Signing in with a password is not,
because browsers fill in passwords by themselves.

django-allauth has the records of proofs and the pages for password and app. It treats everybody without a password as
proven, so this module decides what counts.
"""

from functools import wraps

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.usersessions.models import UserSession
from django.contrib.auth import REDIRECT_FIELD_NAME, update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils.http import urlencode

from core import clock

SECRETS = {"password1", "oldpassword"}  # fields whose content no session may keep


def is_fresh(request):
    """Whether the member recently proved that nobody else is using this session."""
    return any(
        _is_proof(record) and clock.now().timestamp() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        for record in get_authentication_records(request, request.user)
    )


def record_code(request, **where):
    """Record a proof by a code to an existing way in."""
    record_authentication(request, request.user, method="code", reauthenticated=True, **where)


def required(view):
    """For pages that change ways in: without a fresh proof they redirect to the page that asks for one, and back. The
    posted form is kept and sent again, except secrets."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated or is_fresh(request):
            return view(request, *args, **kwargs)
        ways = get_adapter().get_reauthentication_methods(request.user)
        if not ways:
            raise PermissionDenied
        if request.method == "POST" and not SECRETS & set(request.POST):
            return suspend_request(request, ways[0]["url"])
        return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({REDIRECT_FIELD_NAME: request.path})}")

    return guarded


def keep_session(request):
    """Keep the current session after a change of a way in, which has ended all sessions."""
    update_session_auth_hash(request, request.user)
    UserSession.objects.create_from_request(request)


def _is_proof(record):
    return record.get("reauthenticated") or record["method"] == "code"
