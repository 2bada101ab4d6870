"""The address book (A5)."""

from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from accounts import regions
from accounts.models import Address, User
from core import actors, audit, texts
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput

MOST_ADDRESSES = 20


class TooManyAddresses(DomainError):
    code = "too_many_addresses"
    message = _("The address book holds %(limit)s addresses at most. Delete one first.")


class AddressNotValid(InvalidInput):
    """``region_code`` names no district."""

    code = "address_not_valid"
    message = _("Choose province, city and district.")


def save_address(
    *, member, by, at, name, phone, region_code, detail, label="", is_default=False, address=None
) -> Address:
    """Add an address, or change ``address``, which must be the member's own. ``phone`` is E.164.

    The first address becomes the default, later ones with ``is_default``. The default stays until another address takes
    its place. Raises ``AddressNotValid``, ``TooManyAddresses`` (20) or ``InvalidInput``.
    """
    name, detail = texts.plain(name), texts.plain(detail)
    if not name or not detail:
        raise InvalidInput(field="name" if detail else "detail")
    place = regions.region(region_code)
    if place is None:
        raise AddressNotValid
    if address is not None and address.member_id != member.pk:
        raise InvalidInput(field="address")
    with _book_of(member) as book:
        if address is None:
            if book.count() >= MOST_ADDRESSES:
                raise TooManyAddresses(limit=MOST_ADDRESSES)
            address = Address(member=member)
        elif not book.filter(pk=address.pk).exists():
            raise InvalidInput(field="address")  # deleted meanwhile
        others = book.exclude(pk=address.pk)
        default = is_default or not others.filter(is_default=True).exists()
        if default:
            others.filter(is_default=True).update(is_default=False)
        address.name, address.phone, address.detail, address.label = name, phone, detail, texts.plain(label)
        address.region_code, address.is_default = place.code, default
        address.province, address.city, address.district = place.province, place.city, place.district
        address.save()
        audit.record("address.saved", by=by, subject=actors.member(member.pk), at=at, address=address.pk)
    return address


def make_default(*, member, address, by, at):
    """Make one of the member's own addresses the default one."""
    with _book_of(member) as book:
        book.filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
        if not book.filter(pk=address.pk).update(is_default=True):
            raise InvalidInput(field="address")
        audit.record("address.made_default", by=by, subject=actors.member(member.pk), at=at, address=address.pk)


def delete_address(*, member, address, by, at):
    """Delete one of the member's own addresses. If it was the default, the newest other one becomes it."""
    with _book_of(member) as book:
        deleted, _details = book.filter(pk=address.pk).delete()
        if not deleted:
            return
        if not book.filter(is_default=True).exists() and (heir := book.order_by("-pk").first()):
            book.filter(pk=heir.pk).update(is_default=True)
        audit.record("address.deleted", by=by, subject=actors.member(member.pk), at=at, address=address.pk)


@contextmanager
def _book_of(member):
    """The member's addresses under a lock, so that two writers of one address book take turns."""
    with locking_transaction():
        User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
        yield Address.objects.filter(member_id=member.pk)
