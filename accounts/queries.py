"""What is known about members and their addresses."""

from accounts.models import User
from core import actors
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


def is_username(text):
    """Whether a member has this username, in whatever case."""
    return User.objects.filter(username__iexact=text).exists()


def notices_of(member, *, before=None, limit=30):
    """The member's ``Notice``s, the newest first; with ``before`` (a primary key), those older than that one."""
    notices = member.notices.order_by("-pk")
    return (notices.filter(pk__lt=before) if before else notices)[:limit]


def unread_notices(member, *, most=99):
    """How many notices the member has not seen, counted up to ``most``."""
    return member.notices.filter(read_at=None)[:most].count()


def trail_of(member, *, limit=30):
    """The newest ``AuditEvent``s about the member."""
    return AuditEvent.objects.filter(subject=actors.member(member.pk)).order_by("-at")[:limit]
