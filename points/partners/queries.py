"""What is read for partners, and of them (H3)."""

from dataclasses import dataclass

from core import actors, rows
from core.call import call
from points.partners.models import Deduction, Partner, PartnerBook, PartnerEntry, PartnerKey

PAGE = 100

# Every call of a partner asks.
LIVE_KEY = """
SELECT {key}, {partner} FROM points_partnerkey k JOIN points_partner p ON p.id = k.partner_id
WHERE k.name = %s AND k.opened_at IS NOT NULL AND k.revoked_at IS NULL AND p.is_active
""".format(key=rows.selected(PartnerKey, "k"), partner=rows.selected(Partner, "p"))


@dataclass(frozen=True)
class EntriesPage:
    """``next`` is the cursor to ask with for what comes after; never more than the number of the last entry."""

    entries: list
    next: int
    has_more: bool


@actors.names_partners
def names_of(codes):
    """``{code: name}`` of partners."""
    return dict(Partner.objects.filter(code__in=codes).values_list("code", "name"))


def live_key(name):
    """The ``PartnerKey`` that may sign, with its partner, or None: unknown, not approved yet or revoked, or the
    partner is switched off."""
    for row in call(LIVE_KEY, (name,)):
        key, key.partner = rows.loaded(row, PartnerKey, Partner)
        return key
    return None


def deduction_of(partner, number):
    """The partner's own ``Deduction`` with that number, or None."""
    return Deduction.objects.filter(partner=partner, pk=number).first()


def entries_since(partner, cursor, *, member_id=None, limit=PAGE):
    """An ``EntriesPage`` of what the partner caused after ``cursor``, in the order in which it was committed.

    Numbers are given under the lock of the partner's book, which is held to the commit: whoever has read number n will
    never meet a smaller one later. A cursor from beyond the end is one at the end: what comes next is not passed over.
    """
    cursor = min(cursor, PartnerBook.objects.values_list("last_seq", flat=True).get(partner=partner))
    entries = PartnerEntry.objects.filter(partner=partner, seq__gt=cursor).order_by("seq")
    if member_id is not None:
        entries = entries.filter(member_id=member_id)
    page = list(entries[: limit + 1])
    has_more, page = len(page) > limit, page[:limit]
    return EntriesPage(page, page[-1].seq if page else cursor, has_more)
