"""A fresh proof before a way in is added, changed or taken away (A2, A3).

A session left open must not be enough to take an account: whoever sits there could add an e-mail address and reset the
password. So the pages for that ask for the password, the authenticator app, or a code to a way in that is there
already, not longer than ``REAUTHENTICATION_TIMEOUT`` (5 minutes) ago. Signing in with a code is such a proof; with a
password it is not, because browsers fill passwords in by themselves.

django-allauth keeps the records of proofs and the pages for password and app; it takes everybody without a password
for proven, so what counts is decided here.
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
    """Whether the member proved a moment ago that nobody else sits at this session."""
    return any(
        _is_proof(record) and clock.now().timestamp() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        for record in get_authentication_records(request, request.user)
    )


def record_code(request, **where):
    """A code came back from a way in that was there already."""
    record_authentication(request, request.user, method="code", reauthenticated=True, **where)


def required(view):
    """For pages that change ways in: without a fresh proof they lead to the page that asks for one, and back. What was
    sent meanwhile is kept and sent again, except secrets."""

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
    """After a way in was changed in this session: all sessions were ended, this one goes on."""
    update_session_auth_hash(request, request.user)
    UserSession.objects.create_from_request(request)


def _is_proof(record):
    return record.get("reauthenticated") or record["method"] == "code"
