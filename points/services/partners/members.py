"""Members as partners name them (H3)."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import User
from accounts.services import create_member
from accounts.services.members import PhoneTaken
from core import audit
from core.errors import DomainError, InvalidInput
from points.models import ExternalMember
from points.queries import partners as find


class UnknownMember(DomainError):
    """Nobody active is known by that name to this source."""

    code = "unknown_member"
    message = _("There is no such member.")


class NameInUse(DomainError):
    """The external number stands for another member already. Details: ``name``."""

    code = "external_id_in_use"
    message = _("This number already stands for another member. Nothing was changed.")


class NameLooksLikePhone(DomainError):
    code = "external_id_is_phone"
    message = _("A number that could be a phone number cannot name a member.")


@dataclass(frozen=True)
class Found:
    member_id: int
    is_new: bool


def member_of(*, source, name):
    """The id of the member that ``source`` calls ``name``; raises ``UnknownMember``."""
    member_id = find.member_by_name(source, name)
    if member_id is None:
        raise UnknownMember
    return member_id


def link(*, source, external_id, member_id, by, at):
    """From now on ``source`` may call the member ``external_id``. Raises ``NameLooksLikePhone``, ``NameInUse``; the
    same again changes nothing."""
    external_id = external_id.strip()
    if not 0 < len(external_id) <= 64 or not find.is_text(external_id):
        raise InvalidInput(field="external_id")
    if find.as_phone(external_id) is not None:
        raise NameLooksLikePhone
    with transaction.atomic():
        row = ExternalMember(source=source, external_id=external_id, member_id=member_id, linked_at=at)
        ExternalMember.objects.bulk_create([row], ignore_conflicts=True)
        owner = ExternalMember.objects.values_list("member_id", "linked_at").get(source=source, external_id=external_id)
        if owner[0] != member_id:
            raise NameInUse(name=external_id)
        if owner[1] == at:
            audit.record("member.linked", by=by, subject=f"member:{member_id}", at=at, source=source)


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
