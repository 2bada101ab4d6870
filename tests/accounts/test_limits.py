"""How often codes, passwords and names may be tried (A3, A9); that limits hold at once: tests/core/test_limits.py."""

from datetime import timedelta

import pytest

from accounts import limits
from accounts.models import User
from accounts.parameters import CODES_PER_HOUR
from core.errors import DomainError
from tests.accounts.conftest import AT

PHONE, OTHER = "+8613800000001", "+8613800000002"
HERE, THERE = "192.0.2.1", "192.0.2.2"
pytestmark = pytest.mark.django_db


def outcome(act, *, at=AT, **asked):
    try:
        act(at=at, **asked)
    except (limits.NoCode, limits.TooManyGuesses, limits.TooManyPasswords) as error:
        return type(error)
    return None


def want(to=PHONE, address=HERE):
    return outcome(limits.want_code, to=to, address=address)


def guess(name="one", to=PHONE, address=HERE):
    return outcome(limits.guess_code, name=name, to=to, address=address)


def limit(settings, **spans):
    settings.LIMITS = settings.LIMITS | spans


def test_the_shipped_limits(settings):
    assert settings.LIMITS["codes_to"] == [(1, 60), (10, 86_400)]
    assert settings.LIMITS["guesses_of"] == [(5, 3600)]
    assert settings.LIMITS["guesses_at"][-1] == (30, 86_400)
    assert all(
        spans[-1][1] == 86_400 for name, spans in settings.LIMITS.items() if name.startswith(("guesses_at", "pass"))
    )
    assert settings.SMS_COUNTRIES == ["CN"]


def test_numbers_and_addresses_are_counted_apart(settings):
    limit(settings, codes_to=[(1, 60)], codes_from=[(2, 60)])
    assert want() is None
    assert want() is limits.TooOften
    assert want(address=THERE, to=OTHER) is None
    assert want(to="+8613800000003") is limits.TooManyToday


def test_a_stranger_over_the_limit_does_not_use_up_a_number(settings):
    limit(settings, codes_to=[(1, 60)], codes_from=[(0, 60)])
    assert want() is limits.TooManyToday
    limit(settings, codes_from=[(5, 60)])
    assert want() is None


def test_impatience_does_not_use_up_the_day(settings):
    limit(settings, codes_to=[(1, 60), (2, 600)], codes_from=[(50, 60)])
    for _attempt in range(5):
        want()
    limit(settings, codes_to=[(50, 60), (2, 600)])
    assert want() is None
    assert want() is limits.TooManyToday


def test_what_could_not_be_sent_may_be_asked_for_at_once(settings, parameters):
    limit(settings, codes_to=[(1, 60), (1, 600)], codes_from=[(1, 60)])
    parameters[CODES_PER_HOUR.name] = 1
    assert want() is None
    limits.code_not_sent(to=PHONE, address=HERE, at=AT)
    assert want() is None


def test_the_whole_mall_has_a_limit(parameters):
    parameters[CODES_PER_HOUR.name] = 2
    assert [want(to=f"+861380000000{n}", address=f"192.0.2.{n}") for n in range(3)] == [None, None, limits.CodesStopped]
    assert [limits.first_alarm(at=AT) for _time in range(2)] == [True, False]


def test_guesses_are_counted_by_code_target_and_address(settings):
    limit(settings, guesses_of=[(2, 60)], guesses_at=[(3, 600)], guesses_from=[(5, 600)])
    assert [guess(), guess(), guess()] == [None, None, limits.TooManyGuesses]
    assert [guess("two"), guess("two")] == [None, limits.TooManyGuessesToday]  # the fourth at one number
    assert [guess("three", OTHER), guess("four", "lin@example.com")] == [None, limits.TooManyGuessesToday]
    assert guess("four", "lin@example.com", THERE) is None


def test_right_codes_cost_nothing(settings):
    limit(settings, guesses_at=[(1, 600)], guesses_from=[(1, 600)])
    for number in range(5):
        assert guess(f"code {number}") is None
        limits.right_code(to=PHONE, address=HERE, at=AT)


def test_a_code_is_used_once():
    assert [limits.use_code(name="one", at=AT) for _time in range(3)] == [True, False, False]


def test_passwords_are_counted_by_member_and_address(settings):
    limit(settings, passwords_of=[(2, 60)], passwords_from=[(3, 60)])

    def try_one(holder, address=HERE):
        return outcome(limits.guess_password, holder=holder, address=address)

    assert [try_one("member:1") for _time in range(3)] == [None, None, limits.TooManyPasswords]
    assert try_one("member:2", THERE) is None
    assert try_one("member:2") is limits.TooManyPasswords  # the fourth from one address
    limits.right_password(holder="member:2", address=THERE, at=AT)
    assert [try_one("member:2", THERE) for _time in range(3)] == [None, None, limits.TooManyPasswords]


CODE = {"name": "one", "to": PHONE}
PASSWORD = {"holder": "member:1"}


@pytest.mark.parametrize(
    ("name", "act", "asked", "said"),
    [
        ("codes_to", limits.want_code, {"to": PHONE}, "刚刚发过验证码，请%s后再试。"),
        ("codes_from", limits.want_code, {"to": PHONE}, "获取验证码的次数太多了，请%s后再试。"),
        ("guesses_at", limits.guess_code, CODE, "验证码输错的次数太多了，请%s后再试。"),
        ("guesses_from", limits.guess_code, CODE, "验证码输错的次数太多了，请%s后再试。"),
        ("guesses_at", limits.guess_app_code, {"member": User(pk=1)}, "验证码输错的次数太多了，请%s后再试。"),
        ("passwords_of", limits.guess_password, PASSWORD, "试的次数太多了，请%s后再试。"),
        ("passwords_from", limits.guess_password, PASSWORD, "试的次数太多了，请%s后再试。"),
        ("names_from", limits.ask_name, {}, "你试过的用户名太多了，请%s后再试。"),
        ("posts_from", limits.post, {}, "为了账号安全，需要稍停一会儿。什么都没有改动，请%s后再试。"),
    ],
)
@pytest.mark.parametrize(
    ("seconds", "after_s", "wait"),
    [(60, 20, "40秒"), (60, 59.5, "1秒"), (600, 30, "10分钟"), (86_400, 3600, "23小时")],
)
def test_a_refusal_says_how_long_to_wait(name, act, asked, said, seconds, after_s, wait, settings):
    limit(settings, **{name: [(1, seconds)]})
    asked = asked | {"address": HERE}
    act(at=AT, **asked)
    with pytest.raises(DomainError) as refused:
        act(at=AT + timedelta(seconds=after_s), **asked)
    assert str(refused.value) == said % wait


def test_who_asked_for_codes_all_day_is_told_to_come_back_tomorrow(settings):
    limit(settings, codes_to=[(5, 60), (1, 86_400)])
    want()
    with pytest.raises(limits.TooManyToday, match="请24小时后再试"):
        limits.want_code(to=PHONE, address=HERE, at=AT + timedelta(seconds=5))


def test_when_the_mall_sends_codes_again_is_said(parameters):
    parameters[CODES_PER_HOUR.name] = 1
    want()
    with pytest.raises(limits.CodesStopped, match="请45分钟后再试"):
        limits.want_code(to=OTHER, address=THERE, at=AT + timedelta(minutes=15))
