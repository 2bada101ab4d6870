"""Who is meant by the name that a partner or a file has for a member (H3, C1)."""

from accounts import phones
from accounts.models import User
from core.call import call
from points.purchases.models import ExternalMember

# Every call of a partner that names a member asks.
BY_PHONE = "SELECT id FROM accounts_user WHERE phone = %s AND is_active"
BY_NUMBER = """
SELECT u.id FROM points_externalmember e JOIN accounts_user u ON u.id = e.member_id
WHERE e.source = %s AND e.external_id = %s AND u.is_active
"""


def member_by_name(source, text):
    """The id of the member that ``source`` (``partner:<code>``, ``file``) calls ``text``, or None.

    A phone number (Chinese, or E.164) is a phone number; anything else is the source's own number of the member, given
    by ``services.partners.members.link``. Nothing is both.
    """
    phone = as_phone(text)
    if phone is not None:
        found = call(BY_PHONE, (phone,))
    else:
        found = call(BY_NUMBER, (source, text.strip())) if is_text(text) else ()
    return next((pk for (pk,) in found), None)


def members_by_names(source, texts):
    """``{text: member id}`` of those that are somebody's, in two queries."""
    by_phone, by_id = {}, {}
    for text in texts:
        phone = as_phone(text)
        if phone is not None:
            by_phone.setdefault(phone, []).append(text)
        elif is_text(text):
            by_id.setdefault(text.strip(), []).append(text)
    found = {}
    for phone, pk in User.objects.filter(phone__in=list(by_phone), is_active=True).values_list("phone", "pk"):
        found |= dict.fromkeys(by_phone[phone], pk)
    known = ExternalMember.objects.filter(source=source, external_id__in=list(by_id), member__is_active=True)
    for external_id, pk in known.values_list("external_id", "member_id"):
        found |= dict.fromkeys(by_id[external_id], pk)
    return found


def as_phone(text):
    """``text`` as a phone number in E.164, or None when it is none."""
    try:
        return phones.parse(text)
    except phones.PhoneNotValid:
        return None


def is_text(text):
    """Whether PostgreSQL can hold ``text`` at all."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def external_ids(source, member_ids):
    """``{member id: the source's number of the member}``."""
    known = ExternalMember.objects.filter(source=source, member_id__in=set(member_ids)).order_by("-linked_at")
    return dict(known.values_list("member_id", "external_id"))


def sources_naming(member_id):
    """Codes of the partners that have a number of their own for the member."""
    sources = ExternalMember.objects.filter(member_id=member_id, source__startswith="partner:")
    return {source.removeprefix("partner:") for source in sources.values_list("source", flat=True)}
