"""Every code that the mall sends: counted across sessions, for one purpose, once; told when it cannot go (A1, A9)."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from redis import RedisError

from accounts import limits, mail, sent
from accounts.changes import EmailChange, PhoneChange, Proof
from accounts.codes import NotServed
from accounts.entry import EmailSignIn, EmailSignUp, PasswordReset, PhoneEntry
from accounts.models import User
from accounts.parameters import CODES_PER_HOUR
from core.models import AuditEvent, OutboxMessage
from tests.accounts.conftest import PASSWORD, last_code

PHONE, EMAIL = "+8613800000001", "lin@example.com"
RESET, RESET_CODE = "/accounts/password/reset/", "/accounts/password/reset/confirm/"
SIGNUP = "/accounts/signup/"
ASKERS = 64


@pytest.fixture
def member(create):
    return create(phone=PHONE, email=EMAIL, password=PASSWORD)


@pytest.fixture(autouse=True)
def mail_works(monkeypatch):
    monkeypatch.setattr(mail, "_away_until", 0.0)


@pytest.fixture
def send_freely(settings):
    settings.LIMITS = settings.LIMITS | {"codes_to": [(1000, 60)], "codes_from": [(1000, 60)]}


def wrong(code):
    return "000000" if code != "000000" else "111111"


def request_of(member, session=None):
    request = RequestFactory().post("/")
    request.user = member
    request.session = SessionStore() if session is None else session
    return request


ALL = [
    (PhoneEntry, PHONE, {}),
    (EmailSignUp, "new@example.com", {"password": PASSWORD}),
    (EmailSignIn, EMAIL, {}),
    (PasswordReset, EMAIL, {}),
    (Proof, PHONE, {}),
    (Proof, EMAIL, {}),
    (PhoneChange, "+8613800000002", {}),
    (EmailChange, "second@example.com", {}),
]


@pytest.fixture(params=ALL, ids=lambda kind: f"{kind[0].__name__} {kind[1]}")
def begun(request, member, django_capture_on_commit_callbacks):
    """``begun()``: a code of each kind, on its way, each time in a session of its own."""
    kind, to, facts = request.param

    def begin():
        with django_capture_on_commit_callbacks(execute=True):
            return kind.begin(request_of(member), to=to, **facts)

    return begin


@pytest.mark.django_db
class TestEachKind:
    def test_is_right_once(self, begun):
        code = begun()
        typed = last_code(code.to)
        assert not code.accepts(wrong(typed))
        assert code.accepts(typed)
        assert not code.accepts(typed)

    def test_stops_after_five_guesses(self, begun):
        code = begun()
        typed = last_code(code.to)
        for _guess in range(5):
            assert not code.accepts(wrong(typed))
        with pytest.raises(limits.TooManyGuesses):
            code.accepts(typed)

    def test_is_counted_across_sessions_for_a_day(self, begun, settings, send_freely):
        settings.LIMITS = settings.LIMITS | {"guesses_at": [(7, 86_400)], "guesses_from": [(1000, 60)]}
        judged = 0
        for _session in range(4):
            code = begun()
            for _guess in range(5):
                try:
                    code.accepts(wrong(last_code(code.to)))
                    judged += 1
                except limits.TooManyGuesses:
                    break
        assert judged == 7
        with pytest.raises(limits.TooManyGuesses):
            code.accepts(last_code(code.to))

    def test_is_good_for_nothing_else(self, begun, member):
        code = begun()
        typed = last_code(code.to)
        other = PhoneChange if code.purpose != "phone_change" else PhoneEntry
        assert not other(code.request, dict(code.state)).accepts(typed)  # another purpose
        assert not type(code)(code.request, code.state | {"to": "+8613800000009"}).accepts(typed)  # somebody else's

    def test_only_the_last_one_counts(self, begun, send_freely):
        code = begun()
        first = last_code(code.to)
        code.send()
        second = last_code(code.to)
        assert not code.accepts(first) or first == second

    def test_is_over_in_time(self, begun, time_machine):
        time_machine.move_to("2026-11-20T01:00:00+00:00", tick=False)
        code = begun()
        time_machine.shift(code.good_s)
        assert type(code).resume(code.request)
        time_machine.shift(1)
        assert type(code).resume(code.request) is None

    def test_leaves_no_code_in_the_session(self, begun):
        code = begun()
        assert last_code(code.to) not in str(dict(code.request.session))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [Proof, PhoneChange, EmailChange])
def test_a_members_code_is_not_another_members(kind, member, create):
    code = kind.begin(request_of(member), to=EMAIL)
    assert kind.resume(request_of(create(username="wang"), code.request.session)) is None


@pytest.mark.django_db
def test_a_way_in_that_is_gone_proves_nothing(member):
    code = Proof.begin(request_of(member), to=EMAIL)
    User.objects.filter(pk=member.pk).update(email=None)
    member.emailaddress_set.all().delete()
    assert Proof.resume(code.request) is None


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("right", [False, True])
def test_64_guesses_at_once_from_as_many_browsers(member, send_freely, settings, right):
    """However many sessions and requests: of wrong codes as many are judged as may, a right one counts once."""
    settings.LIMITS = settings.LIMITS | {"guesses_from": [(1000, 60)], "posts_from": [(1000, 60)]}
    client = Client()
    client.post(RESET, {"email": EMAIL})
    code = last_code(EMAIL)
    start = threading.Barrier(ASKERS)

    def guess(_number):
        browser = Client()
        browser.cookies = client.cookies
        try:
            with connection.cursor() as cursor:  # connected before the start
                cursor.execute("SELECT 1")
            start.wait(timeout=30)
            return browser.post(RESET_CODE, {"code": code if right else wrong(code)})
        finally:
            connection.close()

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = list(pool.map(guess, range(ASKERS)))
    accepted = [answer for answer in answers if answer.headers.get("Location") == "/accounts/password/reset/complete/"]
    judged_wrong = [answer for answer in answers if answer.status_code == 200]
    assert len(accepted) == (1 if right else 0)
    assert len(judged_wrong) <= 5 if right else len(judged_wrong) == 5


# Where codes go


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["+870773111632", "+881612345678", "+88213300655", "+979123456789", "+85291234567"])
def test_numbers_that_cost_whoever_sends_get_no_code(client, post, typed):
    response = post("/accounts/login/code/", {"phone": typed})
    assert "+86" in response.context["phone_form"].errors["phone"][0]
    assert not sent.latest()


@pytest.mark.django_db
def test_other_countries_are_a_setting(client, post, settings):
    settings.SMS_COUNTRIES = ["CN", "HK"]
    assert post("/accounts/login/code/", {"phone": "+85291234567"}).url == "/accounts/login/code/confirm/"
    assert "+86, +852" in str(NotServed(prefixes="+86, +852"))


@pytest.mark.django_db
def test_too_many_in_an_hour_stop_with_an_alarm(client, post, parameters):
    parameters[CODES_PER_HOUR.name] = 1
    post("/accounts/login/code/", {"phone": "13800000001"})
    for number in (2, 3):
        response = post("/accounts/login/code/", {"phone": f"1380000000{number}"})
        assert "现在暂时不能再发送验证码了" in response.context["phone_form"].errors["phone"][0]
    assert len(sent.latest()) == 1
    assert AuditEvent.objects.filter(event="codes.stopped").count() == 1

    client.force_login(User.objects.create_superuser("admin", PASSWORD))
    assert len(client.get("/admin/").context["alerts"]) == 1


@pytest.mark.django_db
def test_no_alarm_where_there_was_none(client):
    client.force_login(User.objects.create_superuser("admin", PASSWORD))
    assert client.get("/admin/").context["alerts"] == []


# When they cannot go


@pytest.fixture
def mail_is_dead(monkeypatch):
    def refuse(self, fail_silently=False):
        raise SMTPException("no")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        yield patch


@pytest.mark.django_db
def test_sign_up_says_that_the_mail_did_not_go_and_keeps_what_was_typed(client, post, mail_is_dead):
    response = post(SIGNUP, {"name": EMAIL, "password1": PASSWORD})
    assert response.status_code == 200
    assert response.context["form"].errors["name"]
    assert f'value="{EMAIL}"' in response.content.decode()
    assert not User.objects.exists()

    mail_is_dead.undo()
    assert post(SIGNUP, {"name": EMAIL, "password1": PASSWORD}).status_code == 200  # left alone for a while
    mail._away_until = 0.0
    assert post(SIGNUP, {"name": EMAIL, "password1": PASSWORD}).url == reverse("account_email_verification_sent")


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_a_reset_says_so_for_each_address_alike(client, post, member, mail_is_dead, known):
    response = post(RESET, {"email": EMAIL if known else "nobody@example.com"})
    assert response.context["form"].errors["email"]
    assert "password_reset" not in client.session


@pytest.mark.django_db(transaction=True)
def test_a_number_is_told_when_the_broker_is_away(client, broker):
    broker.is_there = False
    response = client.post("/accounts/login/code/", {"phone": "13800000001"})
    assert response.status_code == 200
    assert not OutboxMessage.objects.exists()  # a code that comes late is no use
    assert response.context["phone_form"].errors["phone"]
    assert "phone_entry" not in client.session


@pytest.mark.django_db
def test_what_was_sent_was_sent_though_the_outbox_of_development_is_away(client, post, monkeypatch):
    def away(*arguments, **more):
        raise RedisError

    monkeypatch.setattr(sent, "get_redis_connection", away)
    assert post(SIGNUP, {"name": EMAIL, "password1": PASSWORD}).url == reverse("account_email_verification_sent")
    assert client.get("/dev/outbox/").status_code == 200


# Usernames


@pytest.mark.django_db
def test_whether_a_username_is_taken_is_told_only_when_all_else_is_right(client, post, create):
    create(username="lin")
    assert "name" not in post(SIGNUP, {"name": "lin", "password1": "short"}).context["form"].errors
    assert "name" in post(SIGNUP, {"name": "lin", "password1": PASSWORD}).context["form"].errors


@pytest.mark.django_db
def test_names_cannot_be_tried_without_end(client, post, create, settings):
    settings.LIMITS = settings.LIMITS | {"names_from": [(2, 3600)]}
    create(username="lin")
    forms = [post(SIGNUP, {"name": name, "password1": PASSWORD}).context["form"] for name in ("lin", "lin", "lin", "x")]
    assert [set(form.errors) for form in forms] == [{"name"}, {"name"}, {"__all__"}, {"__all__"}]
    assert not re.search("lin", str(forms[2].errors))
