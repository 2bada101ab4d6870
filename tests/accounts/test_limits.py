"""Limits of codes (A3, A9); that they hold when many ask at once is tested in tests/core/test_limits.py."""

import pytest

from accounts import limits
from tests.accounts.conftest import AT

pytestmark = pytest.mark.django_db

PHONE, OTHER = "+8613800000001", "+8613800000002"


def outcome(phone=PHONE, address="192.0.2.1"):
    try:
        limits.count_code(phone=phone, address=address, at=AT)
    except limits.TooOften as error:
        return type(error)
    return None


def test_the_shipped_limits(settings):
    assert settings.SMS_CODE_LIMITS == {"number": [(1, 60), (10, 86_400)], "address": [(30, 3600)]}


def test_numbers_and_addresses_are_counted_apart(settings):
    settings.SMS_CODE_LIMITS = {"number": [(1, 60)], "address": [(2, 60)]}
    assert outcome() is None
    assert outcome() is limits.TooOften
    assert outcome(address="192.0.2.2", phone=OTHER) is None
    assert outcome(phone="+8613800000003") is limits.TooManyToday


def test_a_stranger_over_the_limit_does_not_use_up_a_number(settings):
    settings.SMS_CODE_LIMITS = {"number": [(1, 60)], "address": [(0, 60)]}
    assert outcome() is limits.TooManyToday
    settings.SMS_CODE_LIMITS = {"number": [(1, 60)], "address": [(5, 60)]}
    assert outcome() is None


def test_impatience_does_not_use_up_the_day(settings):
    settings.SMS_CODE_LIMITS = {"number": [(1, 60), (2, 600)], "address": [(50, 60)]}
    for _attempt in range(5):
        outcome()
    settings.SMS_CODE_LIMITS["number"][0] = (50, 60)
    assert outcome() is None
    assert outcome() is limits.TooManyToday
