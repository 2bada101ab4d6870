"""Reactions of accounts to events elsewhere."""

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import proof, services, tasks
from accounts.services import ways
from accounts.wording import translated
from core import actors, clock, outbox
from core.crypto import decrypt


@outbox.handles(ways.TOPIC)
def tell_by_old_way(*, to, title, text, values):
    """Tell the previous owner of a way in about a change, through that way; twice is better than never."""
    to = decrypt(to)
    with translation.override(settings.LANGUAGE_CODE):  # members have no language on record
        words = {"site": settings.SITE_NAME, "title": translated(title, values), "text": translated(text, values)}
        if "@" in to:
            tasks.send_email.delay([to], _("[%(site)s] %(title)s") % words, words["text"])
        else:
            tasks.send_sms.delay(to, _("[%(site)s] %(title)s. %(text)s") % words)


def _second_step(change):
    def follow(sender, request, user, authenticator, **_):  # noqa: ARG001 - as its caller has it
        if authenticator.type == Authenticator.Type.TOTP or change == "codes":
            by = actors.member(user.pk)
            services.second_step_changed(member=request.user, change=change, by=by, at=clock.now())
            proof.keep_session(request)

    return follow


for signal, change in ((authenticator_added, "on"), (authenticator_removed, "off"), (authenticator_reset, "codes")):
    signal.connect(_second_step(change), weak=False, dispatch_uid=f"accounts.second_step.{change}")
