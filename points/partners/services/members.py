"""Members that partners find, or make (H3)."""

from dataclasses import dataclass

from django.db import transaction

from accounts import phones
from accounts.models import User
from accounts.services import create_member
from accounts.services.members import PhoneTaken
from points.purchases.services.linking import UnknownMember, link


@dataclass(frozen=True)
class Found:
    member_id: int
    is_new: bool


def find_or_create(*, source, phone, external_id="", by, at):
    """The member with that phone, made if there is none, known to ``source`` as ``external_id`` if one is given.

    A member made here has not proven the phone: signing in by a code does that. Raises ``PhoneNotValid``,
    ``NameInUse``, ``NameLooksLikePhone``, ``UnknownMember`` (the phone is of a member who is kept out).
    """
    phone = phones.parse(phone)
    with transaction.atomic():
        found = _by_phone(phone) or _create(phone, by=by, at=at)
        if external_id:
            link(source=source, external_id=external_id, member_id=found.member_id, by=by, at=at)
    return found


def _by_phone(phone):
    row = User.objects.filter(phone=phone).values_list("pk", "is_active").first()
    if row is None:
        return None
    if not row[1]:
        raise UnknownMember
    return Found(row[0], is_new=False)


def _create(phone, *, by, at):
    try:
        return Found(create_member(phone=phone, verified=False, by=by, at=at).pk, is_new=True)
    except PhoneTaken:  # somebody was quicker
        return _by_phone(phone)
