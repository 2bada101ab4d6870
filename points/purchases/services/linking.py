"""Sources give members names of their own (H3, C1)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import DomainError, InvalidInput
from points.purchases.models import ExternalMember
from points.purchases.queries import names as find


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
