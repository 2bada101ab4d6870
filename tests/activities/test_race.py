"""Sixteen taps at the same moment are one sign-in and one entry."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.services import create_member
from activities.models import SignIn
from activities.services.sign_in import AlreadySigned, sign_in
from points.ledger.models import PointsEntry

from .conftest import shop

TAPS = 16


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_of_sixteen_wins():
    member = create_member(phone="+8613900000001", by="system:test", at=shop("2026-11-01 00:00"))
    start = threading.Barrier(TAPS)

    def tap(_number):
        try:
            with connection.cursor() as cursor:  # connected before the start
                cursor.execute("SELECT 1")
            start.wait(timeout=30)
            try:
                return sign_in(member=member, by="system:test", at=shop("2026-11-21 09:12")).points
            except AlreadySigned:
                return None
        finally:
            connection.close()

    with ThreadPoolExecutor(TAPS) as pool:
        results = list(pool.map(tap, range(TAPS)))

    assert sorted(results, key=str) == [5] + [None] * (TAPS - 1)
    assert SignIn.objects.filter(member=member).count() == 1
    entries = PointsEntry.objects.filter(account_id=member.pk, kind="sign_in")
    assert list(entries.values_list("points", flat=True)) == [5]
