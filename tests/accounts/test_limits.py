"""Limits hold when many ask at once (A3, A9)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import limits

PHONE, OTHER = "+8613800000001", "+8613800000002"


def outcome(phone=PHONE, address="192.0.2.1"):
    try:
        limits.count_code(phone=phone, address=address)
    except limits.TooOften as error:
        return type(error)
    return None


@pytest.mark.race
@pytest.mark.parametrize("wide", [True, False])
def test_exactly_as_many_as_allowed(settings, wide):
    settings.SMS_CODE_LIMITS = {"number": [(100, 60), (10, 600)], "address": [(25, 600)]}
    with ThreadPoolExecutor(16) as threads:
        phones = [PHONE] * 60 if not wide else [f"+86138{number:08d}" for number in range(60)]
        outcomes = list(threads.map(outcome, phones))
    assert outcomes.count(None) == (25 if wide else 10)


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


@pytest.mark.race
def test_no_two_guesses_have_the_same_number():
    with ThreadPoolExecutor(16) as threads:
        guesses = list(threads.map(lambda _: limits.count_guess("code", seconds=60), range(50)))
    assert sorted(guesses) == list(range(1, 51))
