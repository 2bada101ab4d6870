"""Reads members and their addresses."""

from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress

from accounts.models import User
from core import actors, lookalikes
from core.models import AuditEvent


def addresses_of(member):
    """The member's addresses, the default first, then the newest."""
    return member.addresses.order_by("-is_default", "-pk")


def default_address(member):
    """The member's default ``Address`` or None."""
    return member.addresses.filter(is_default=True).first()


def member_by_phone(phone):
    """The ``User`` with this E.164 number, verified or not, or None."""
    return User.objects.filter(phone=phone).first()


def member(pk):
    """The ``User`` with this primary key, or None."""
    return User.objects.filter(pk=pk).first()


def members_by_email(email, *, only_active=None):
    """The ``User``s known by this address: the one who confirmed it, else those who did not."""
    return filter_users_by_email(email, is_active=only_active, prefer_verified=True, for_login=True)


def is_email_of_another(email, member):
    """Whether somebody else confirmed this address, or is known by it."""
    return any(other.pk != member.pk for other in members_by_email(email))


def emails_of(member):
    """The member's ``EmailAddress``es, the one for notices first."""
    return EmailAddress.objects.filter(user_id=member.pk).order_by("-primary", "pk")


def ways_of(member):
    """The member's proven ways in, freshly read: the verified phone (E.164), then confirmed e-mail addresses."""
    phone = User.objects.filter(pk=member.pk, phone_verified=True).values_list("phone", flat=True)
    emails = emails_of(member).filter(verified=True).values_list("email", flat=True)
    return (*phone, *emails)


def password_holder(names):
    """Whose password is tried. ``names`` is what was typed as phone, e-mail and username. Returns the member's id as
    text, or the name itself if no member has it."""
    found = (
        (User.objects.filter(phone=names["phone"]) if names.get("phone") else ())
        or (members_by_email(names["email"]) if names.get("email") else ())
        or (User.objects.filter(username__iexact=names["username"]) if names.get("username") else ())
    )
    return f"member:{found[0].pk}" if found else str(next(iter(names.values()))).lower()


def is_username(text):
    """Whether a member has this username, ignoring case."""
    return User.objects.filter(username__iexact=text).exists()


def is_username_taken(text):
    """Whether a member has this username or one that looks like it."""
    return is_username(text) or User.objects.filter(username_skeleton=lookalikes.skeleton(text)).exists()


def notices_of(member, *, before=None, limit=30):
    """The member's ``Notice``s, the newest first; with ``before`` (a primary key), those older than that one."""
    notices = member.notices.order_by("-pk")
    return (notices.filter(pk__lt=before) if before else notices)[:limit]


def unread_notices(member, *, most=99):
    """Number of unread notices, counted up to ``most``."""
    return member.notices.filter(read_at=None)[:most].count()


def codes_stopped_at(*, since):
    """When the mall last stopped sending codes because too many were asked for (``CODES_PER_HOUR``), or None."""
    stops = AuditEvent.objects.filter(subject="codes", event="codes.stopped", at__gte=since)
    return stops.order_by("-at").values_list("at", flat=True).first()


def trail_of(member, *, limit=30):
    """The newest ``AuditEvent``s about the member."""
    return AuditEvent.objects.filter(subject=actors.member(member.pk)).order_by("-at")[:limit]
