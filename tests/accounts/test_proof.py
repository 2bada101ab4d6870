"""A session left open is not enough to take an account, and its owner hears of every change (A2, A3, A4)."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from accounts import sent
from accounts.models import Notice, User
from core import outbox
from core.models import AuditEvent, OutboxMessage
from tests.accounts.conftest import PASSWORD, last_code, prove_by_code, sign_in_afresh

PHONE, EMAIL, NEW_PHONE, NEW_EMAIL = "+8613800000001", "lin@example.com", "+8613800000002", "thief@example.com"
NEW_PASSWORD = {"password1": "another-one-8", "password2": "another-one-8"}
PROVE, PROVE_CODE = "/accounts/reauthenticate/code/", "/accounts/reauthenticate/code/confirm/"
EMAILS, PHONES = "/accounts/email/", "/accounts/phone/change/"
SET, CHANGE = "/accounts/password/set/", "/accounts/password/change/"
pytestmark = pytest.mark.django_db

ACTS = {
    EMAILS: {"action_add": "", "email": NEW_EMAIL},
    PHONES: {"phone": NEW_PHONE},
    SET: NEW_PASSWORD,
    "/accounts/2fa/totp/activate/": {"code": "123456"},
    "/accounts/2fa/totp/deactivate/": {},
    "/accounts/2fa/recovery-codes/": {},
    "/accounts/2fa/recovery-codes/generate/": {},
    "/accounts/2fa/recovery-codes/download/": {},
}
MEMBERS = {
    "by phone alone": {"phone": PHONE},
    "by e-mail alone": {"email": EMAIL},
    "with a password": {"phone": PHONE, "email": EMAIL, "password": PASSWORD},
    "by username": {"username": "lin", "password": PASSWORD},
}


@pytest.fixture(params=MEMBERS.values(), ids=MEMBERS)
def someone(request, create):
    return create(**request.param)


@pytest.fixture
def member(create):
    return create(phone=PHONE, email=EMAIL, password=PASSWORD)


def as_stored(member):
    fresh = User.objects.get(pk=member.pk)
    emails = set(EmailAddress.objects.filter(user=member).values_list("email", "verified"))
    return fresh.phone, fresh.email, fresh.password, fresh.session_round, emails


def told(to):
    return [message for message in sent.latest() if message.to == to]


@pytest.mark.parametrize("path", ACTS)
def test_an_open_session_alone_changes_nothing(client, post, someone, path):
    client.force_login(someone)
    before = as_stored(someone)
    for response in (client.get(path), post(path, ACTS[path])):
        assert response.status_code in {302, 404}
        assert response.status_code == 404 or "/reauthenticate/" in response.url
    assert as_stored(someone) == before
    assert not sent.latest()


def test_a_password_is_not_changed_without_the_old_one(client, post, member):
    client.force_login(member)
    before = as_stored(member)
    assert "oldpassword" in post(CHANGE, NEW_PASSWORD).context["form"].errors
    assert "oldpassword" in post(CHANGE, {**NEW_PASSWORD, "oldpassword": "wrong"}).context["form"].errors
    assert as_stored(member) == before
    post(CHANGE, {**NEW_PASSWORD, "oldpassword": PASSWORD})
    assert User.objects.get(pk=member.pk).check_password("another-one-8")


def test_old_passwords_cannot_be_tried_without_end(client, post, member):
    client.force_login(member)
    for _attempt in range(5):
        post(CHANGE, {**NEW_PASSWORD, "oldpassword": "wrong"})
    post(CHANGE, {**NEW_PASSWORD, "oldpassword": PASSWORD})
    assert User.objects.get(pk=member.pk).check_password(PASSWORD)


def test_staff_change_their_password_where_members_do(client, db):
    client.force_login(User.objects.create_superuser("admin", PASSWORD))
    assert client.get("/admin/password_change/").url == CHANGE
    assert client.post("/admin/password_change/", {"old_password": "wrong"}).url == CHANGE


def test_signing_in_with_a_password_is_no_proof_and_with_a_code_it_is(client, post, member):
    client.post("/accounts/login/", {"login": "13800000001", "password": PASSWORD})
    assert "/reauthenticate/" in client.get(EMAILS).url
    client.post("/accounts/logout/")
    post("/accounts/login/code/", {"phone": "13800000001"})
    post("/accounts/login/code/confirm/", {"code": last_code(PHONE)})
    assert client.get(EMAILS).status_code == 200


@pytest.mark.parametrize(("minutes", "asked"), [(4.9, False), (5.1, True)])
def test_a_proof_is_fresh_for_five_minutes(client, member, time_machine, minutes, asked):
    time_machine.move_to("2026-11-20T01:00:00+00:00", tick=False)
    sign_in_afresh(client, member)
    time_machine.shift(minutes * 60)
    assert (client.get(EMAILS).status_code == 302) is asked


def test_who_has_a_phone_alone_proves_with_a_code_to_it(client, post, create):
    member = create(phone=PHONE)
    client.force_login(member)
    way = client.get(SET)
    assert way.url == f"{PROVE}?next=%2Faccounts%2Fpassword%2Fset%2F"
    page = client.get(way.url).content.decode()
    assert "138 **** 0001" in page
    assert "13800000001" not in page

    code_page = post(way.url, {"way": "0", "next": SET})
    assert code_page.url == f"{PROVE_CODE}?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert post(code_page.url, {"code": last_code(PHONE), "next": SET}).url == SET
    post(SET, NEW_PASSWORD)
    assert User.objects.get(pk=member.pk).check_password("another-one-8")


def test_a_code_goes_to_confirmed_ways_only(client, create):
    member = create(phone=PHONE, email=EMAIL, verified=False)
    EmailAddress.objects.create(user=member, email="old@example.com", verified=True)
    client.force_login(member)
    page = client.get(PROVE)
    assert [text for _number, text in page.context["form"].fields["way"].choices] == ["o***@example.com"]


def test_who_has_no_way_to_prove_it_is_told_so(client, create):
    client.force_login(create(phone=PHONE, verified=False))
    assert client.get(EMAILS).status_code == 403


def test_what_was_typed_comes_back_after_the_proof(client, post, create):
    client.force_login(create(phone=PHONE))
    assert "/reauthenticate/" in post(PHONES, {"phone": NEW_PHONE}).url
    response = prove_by_code(lambda path, data: post(path, {**data, "next": PHONES}), PHONE)
    assert response.url == reverse("accounts:phone_code")
    assert last_code(NEW_PHONE)


def test_no_password_waits_in_the_session(client, post, create):
    client.force_login(create(phone=PHONE))
    post(SET, NEW_PASSWORD)
    assert "another-one-8" not in str(dict(client.session))


# What was changed ends other sessions and is told by the old ways


@pytest.fixture
def elsewhere(member):
    """The same member, signed in in another browser."""
    browser = Client()
    browser.force_login(member)
    assert browser.get("/accounts/").status_code == 200
    return browser


def add_email(client, post):
    post(EMAILS, {"action_add": "", "email": NEW_EMAIL})
    post(reverse("accounts:email_code"), {"code": last_code(NEW_EMAIL)})


def change_phone(client, post):
    post(PHONES, {"phone": NEW_PHONE})
    post(reverse("accounts:phone_code"), {"code": last_code(NEW_PHONE)})


def change_password(client, post):
    post(CHANGE, NEW_PASSWORD)


def remove_email(client, post):
    post(EMAILS, {"action_remove": "", "email": EMAIL})


def app_code(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


CHANGES = [add_email, change_phone, change_password, remove_email]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_ends_other_sessions_and_is_told(client, post, member, elsewhere, change):
    sign_in_afresh(client, member)
    change(client, post)

    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    assert client.get("/accounts/sessions/").context["session_count"] == 1
    assert len([message for message in told(PHONE) if "退出" in message.text or "signed out" in message.text]) == 1
    assert len([message for message in told(EMAIL) if "退出" in message.text or "signed out" in message.text]) == 1
    notice = Notice.objects.get(member=member, topic=Notice.Topic.SAFETY)
    assert NEW_PHONE not in notice.shown_title + notice.shown_text
    assert client.get("/accounts/notices/").status_code == 200
    assert AuditEvent.objects.filter(subject=f"member:{member.pk}").count() == 2  # signed up, changed


def test_the_new_way_is_not_told_of_itself(client, post, member):
    sign_in_afresh(client, member)
    change_phone(client, post)
    assert len(told(NEW_PHONE)) == 1  # its code


def test_a_first_password_is_told_by_phone(client, post, create):
    client.force_login(create(phone=PHONE))
    prove_by_code(post, PHONE)
    post(SET, NEW_PASSWORD)
    assert len(told(PHONE)) == 2  # the code, the news


def test_a_reset_ends_all_sessions_and_is_told(client, post, member, elsewhere):
    post("/accounts/password/reset/", {"email": EMAIL})
    post("/accounts/password/reset/confirm/", {"code": last_code(EMAIL)})
    post("/accounts/password/reset/complete/", NEW_PASSWORD)
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    assert len(told(PHONE)) == 1


def test_news_of_a_change_are_not_lost_when_they_cannot_go(client, member):
    sign_in_afresh(client, member)
    client.post(CHANGE, NEW_PASSWORD)  # nothing runs after it
    waiting = OutboxMessage.objects.filter(topic="member.way_in_changed", handled_at=None)
    assert waiting.count() == 2
    assert not any(way in str(message.payload) for message in waiting for way in (PHONE, EMAIL))
    from core import clock

    outbox.drain(at=clock.now())
    assert len(told(PHONE)) == len(told(EMAIL)) == 1


def test_the_way_of_a_thief_at_an_open_session_ends_at_the_first_step(client, post, member):
    """Add an address, confirm it, reset the password from another browser: as it went before."""
    client.force_login(member)
    post(EMAILS, {"action_add": "", "email": NEW_EMAIL})
    post("/accounts/email/verify/", {"code": "123456"})
    other = Client()
    other.post("/accounts/password/reset/", {"email": NEW_EMAIL})
    assert [message.subject for message in sent.latest() if "验证码" in message.subject] == []
    assert as_stored(member)[4] == {(EMAIL, True)}


# The second step


@pytest.mark.django_db(transaction=True)
def test_turning_the_second_step_on_and_off_is_told_and_ends_other_sessions(client, member, elsewhere):
    sign_in_afresh(client, member)
    page = client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": app_code(page.context["form"].secret)})
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert client.get("/accounts/").status_code == 200
    acts = AuditEvent.objects.filter(event="member.second_step").order_by("pk")
    assert [act.data["change"] for act in acts] == ["on", "codes", "off"]
    assert len(told(PHONE)) == len(told(EMAIL)) == 3


def test_codes_of_an_app_are_counted_for_a_day(client, settings, create):
    settings.LIMITS = settings.LIMITS | {"guesses_at": [(3, 86_400)]}
    member = create(username="lin", password=PASSWORD)
    secret = generate_totp_secret()
    TOTP.activate(member, secret)
    for browser in (client, Client()):
        browser.post("/accounts/login/", {"login": "lin", "password": PASSWORD})
        for _guess in range(2):
            assert browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    response = browser.post("/accounts/2fa/authenticate/", {"code": app_code(secret)})
    assert response.context["form"].errors["code"] == ["验证码输错的次数太多了，请24小时后再试。"]
    assert "_auth_user_id" not in browser.session


def test_a_code_of_an_app_is_taken_in_full_width(client, create):
    member = create(username="lin", password=PASSWORD)
    secret = generate_totp_secret()
    TOTP.activate(member, secret)
    client.post("/accounts/login/", {"login": "lin", "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": "".join(chr(ord(d) + 0xFEE0) for d in app_code(secret))})
    assert client.session["_auth_user_id"] == str(member.pk)
