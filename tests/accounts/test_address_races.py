"""Many windows on one address book: one default, twenty addresses, whoever is first (A5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts import services
from core.errors import InvalidInput
from tests.accounts.conftest import AT

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(act, many):
    def run(number):
        try:
            return act(number)
        except services.TooManyAddresses:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(run, range(many)))


def save(member, **changes):
    fields = {"name": "林", "phone": "+8613812340001", "region_code": "330106", "detail": "文三路1号"} | changes
    return services.save_address(member=member, by="member:1", at=AT, **fields)


def test_all_want_to_be_the_default(create):
    member = create(phone="+8613800000001")
    at_once(lambda _: save(member, is_default=True), 30)
    assert member.addresses.count() == services.MOST_ADDRESSES
    assert member.addresses.filter(is_default=True).count() == 1


def test_make_default_and_delete_together(create):
    member = create(phone="+8613800000001")
    addresses = [save(member) for _ in range(12)]

    def act(number):
        service = services.delete_address if number % 3 == 0 else services.make_default
        try:
            service(member=member, address=addresses[number], by="member:1", at=AT)
        except InvalidInput:  # deleted meanwhile
            return

    at_once(act, 12)
    assert member.addresses.count() == 8
    assert member.addresses.filter(is_default=True).count() == 1


def test_one_number_signs_up_many_times_at_once(create):
    def act(_number):
        try:
            return create(phone="+8613800000001").pk
        except services.PhoneTaken:
            return None

    made = [pk for pk in at_once(act, 16) if pk]
    assert len(made) == 1
