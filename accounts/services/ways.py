"""Ways in: phone, e-mail addresses, password, second step (A1, A2, A4).

Somebody who finds an open session could change a way in and keep the account. So every change ends all other sessions,
and the member is told through the previous ways in. The pages ask for a fresh proof first (``accounts.proof``).
"""

from contextlib import contextmanager

from allauth.account.models import EmailAddress
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import phones, queries
from accounts.models import Notice, User, mask_email
from accounts.services.members import EmailTaken, named_conflicts
from accounts.services.notices import notify
from core import actors, audit, outbox
from core.crypto import encrypt
from core.errors import DomainError

TOPIC = "member.way_in_changed"
SESSIONS_URL = "/accounts/sessions/"
MOST_EMAILS = 3


class LastWayIn(DomainError):
    code = "last_way_in"
    message = _("This is your only way to sign in. Add another one first.")


class EmailNotThere(DomainError):
    code = "email_not_there"
    message = _("This e-mail address is no longer there.")


class TooManyEmails(DomainError):
    """Details: ``most``."""

    code = "too_many_emails"
    message = _("You can have %(most)s e-mail addresses at most. Delete one first.")


def set_password(*, member, password, by, at):
    """Set the member's password; the caller has validated it."""
    told = (
        gettext_noop("Your password was changed")
        if member.has_usable_password()
        else gettext_noop("A password was set")
    )
    with _changing(member, told, event="member.password_set", by=by, at=at):
        member.set_password(password)
        User.objects.filter(pk=member.pk).update(password=member.password)


def change_phone(*, member, phone, verified, by, at):
    """Set the member's number (E.164); ``None`` removes it. Raises ``PhoneTaken`` or ``MemberNeedsName``."""
    told = gettext_noop("%(phone)s can sign in now") if phone else gettext_noop("Your mobile number was taken out")
    values = {"phone": phones.mask(phone)} if phone else {}
    with _changing(member, told, values, event="member.phone_changed", by=by, at=at, verified=verified):
        User.objects.filter(pk=member.pk).update(phone=phone, phone_verified=bool(phone) and verified)
    member.phone, member.phone_verified = phone, bool(phone) and verified


def confirm_phone(*, member, phone, by, at):
    """A code proved that ``phone`` is the member's: set the number if needed and mark it as verified."""
    if member.phone == phone and member.phone_verified:
        return
    change_phone(member=member, phone=phone, verified=True, by=by, at=at)


def confirm_email(*, member, email, by, at):
    """A code proved that ``email`` is the member's: add it if needed and mark it as confirmed. Notices go to the first
    one. Raises ``EmailTaken`` or ``TooManyEmails``."""
    email = email.lower()
    addresses = EmailAddress.objects.filter(user_id=member.pk)
    if addresses.filter(email=email, verified=True).exists():
        return
    told, values = gettext_noop("%(email)s can sign in now"), {"email": mask_email(email)}
    with _changing(member, told, values, event="member.email_confirmed", by=by, at=at):
        others = addresses.exclude(email=email)
        if others.count() >= MOST_EMAILS:
            raise TooManyEmails(most=MOST_EMAILS)
        if queries.is_email_of_another(email, member):
            raise EmailTaken
        is_first = not others.filter(primary=True).exists()
        EmailAddress.objects.update_or_create(
            user_id=member.pk, email=email, defaults={"verified": True, "primary": is_first}
        )
        if is_first:
            _set_email(member, email)


def remove_email(*, member, email, by, at):
    """Remove an address; another one then gets the notices. Raises ``LastWayIn`` or ``EmailNotThere``."""
    told, values = gettext_noop("%(email)s was taken out"), {"email": mask_email(email)}
    with _changing(member, told, values, event="member.email_removed", by=by, at=at):
        addresses = EmailAddress.objects.filter(user_id=member.pk)
        if not addresses.filter(email=email).exists():
            raise EmailNotThere
        others = addresses.exclude(email=email)
        by_name = member.username and member.has_usable_password()
        if not (by_name or member.phone_verified or others.filter(verified=True).exists()):
            raise LastWayIn
        heir = others.order_by("-verified", "-primary", "pk").first()
        addresses.filter(email=email).delete()
        if heir:
            others.exclude(pk=heir.pk).update(primary=False)
            others.filter(pk=heir.pk).update(primary=True)
        _set_email(member, heir.email if heir else None)


def prefer_email(*, member, email, by, at):
    """Send notices to this confirmed address of the member from now on. Raises ``EmailNotThere``."""
    told, values = gettext_noop("Notices go to %(email)s now"), {"email": mask_email(email)}
    with _changing(member, told, values, event="member.email_preferred", by=by, at=at):
        addresses = EmailAddress.objects.filter(user_id=member.pk)
        if not addresses.filter(email=email, verified=True).exists():
            raise EmailNotThere
        addresses.filter(primary=True).update(primary=False)
        addresses.filter(email=email).update(primary=True)
        _set_email(member, email)


SECOND_STEP = {
    "on": gettext_noop("Two-step sign-in was turned on"),
    "off": gettext_noop("Two-step sign-in was turned off"),
    "codes": gettext_noop("New recovery codes were made"),
}


def second_step_changed(*, member, change, by, at):
    """allauth changed the second step: ``change`` is a key of ``SECOND_STEP``."""
    with _changing(member, SECOND_STEP[change], event="member.second_step", by=by, at=at, change=change):
        pass


TEXT = gettext_noop("All other devices were signed out. If that was not you, set a new password and tell us at once.")


@contextmanager
def _changing(member, told, values=None, *, event, by, at, **data):
    """A transaction in which a way in changes: the member is locked, all sessions end, and the previous ways in are
    told. The page keeps the current session (``accounts.proof.keep_session``)."""
    with named_conflicts():
        User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
        before = queries.ways_of(member)
        yield
        User.objects.filter(pk=member.pk).update(session_round=F("session_round") + 1)
        member.refresh_from_db(fields=["session_round"])
        audit.record(event, by=by, subject=actors.member(member.pk), at=at, **data)
        _tell(member, before, title=told, values=values or {}, at=at)


def _tell(member, before, *, title, values, at):
    """Tell the member in the inbox and through each previous way in. The message may be late but must not be lost.
    Members who could not sign in before are not told, such as one whose number came from a file and who signs in for
    the first time."""
    if not before and not member.has_usable_password():
        return
    key = f"way:{member.pk}:{member.session_round}"
    notify(
        member_id=member.pk,
        topic=Notice.Topic.SAFETY,
        title=title,
        text=TEXT,
        values=values,
        key=key,
        at=at,
        url=SESSIONS_URL,
    )
    for position, way in enumerate(before):
        outbox.publish(TOPIC, key=f"{key}:{position}", at=at, to=encrypt(way), title=title, text=TEXT, values=values)


def _set_email(member, email):
    User.objects.filter(pk=member.pk).update(email=email)
    member.email = email
