"""Signing in and up with a code to the phone: same answers for everybody, limited, exact (A1, A2, A3)."""

import re

import pytest
import time_machine
from django.urls import reverse

from accounts import sent, tasks
from accounts.models import User
from core.models import OutboxMessage
from tests.accounts.conftest import PASSWORD, last_code, sign_in_afresh

KNOWN, NEW = "+8613800000001", "+8613800000002"
ENTRY, CODE = "/accounts/login/code/", "/accounts/login/code/confirm/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def member(create):
    return create(phone=KNOWN, password=PASSWORD)


def signed_in_as(client):
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def wrong(code):
    return "000000" if code != "000000" else "111111"


def test_a_new_number_becomes_a_member_when_the_code_is_right_and_not_before(client, post):
    response = post(ENTRY, {"phone": "138 0000 0002", "signing_up": "1"})
    assert response.url == CODE
    assert not User.objects.exists()
    assert "138 **** 0002" in client.get(CODE).content.decode()

    response = post(CODE, {"code": last_code(NEW)})

    assert response.url == "/"
    member = signed_in_as(client)
    assert (member.phone, member.phone_verified, member.has_usable_password()) == (NEW, True, False)
    assert OutboxMessage.objects.filter(topic="member.signed_up", payload__member_id=member.pk).count() == 1


def test_a_known_number_signs_in(client, post, member):
    post(ENTRY, {"phone": "13800000001"})
    post(CODE, {"code": last_code(KNOWN)})
    assert signed_in_as(client) == member
    assert User.objects.count() == 1
    assert OutboxMessage.objects.filter(topic="member.signed_up").count() == 1


def test_an_unverified_number_is_verified_by_signing_in(client, post, create):
    member = create(phone=NEW, verified=False)
    post(ENTRY, {"phone": NEW})
    post(CODE, {"code": last_code(NEW)})
    member.refresh_from_db()
    assert signed_in_as(client) == member
    assert member.phone_verified
    assert not member.notices.exists()  # nobody else can have been in


def test_someone_kept_out_is_told_so_only_after_the_code(client, post, member):
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert post(ENTRY, {"phone": KNOWN}).url == CODE
    assert post(CODE, {"code": last_code(KNOWN)}).url == reverse("account_inactive")
    assert signed_in_as(client) is None
    assert client.get(reverse("account_inactive")).status_code == 200


def test_known_and_unknown_numbers_look_the_same(client, post, member):
    def walk(phone):
        client.cookies.clear()
        seen = []
        for response in (
            post(ENTRY, {"phone": phone}),
            client.get(CODE),
            post(CODE, {"code": "12"}),
            post(ENTRY, {"phone": phone}),
        ):
            page = re.sub(r'value="[A-Za-z0-9]{64}"', "", response.content.decode()).replace(phone[-4:], "")
            seen.append((response.status_code, response.headers.get("Location"), page))
        return seen, sent.latest()[0].text.replace(last_code(phone), "")

    assert walk(KNOWN) == walk(NEW)


@pytest.mark.parametrize(
    "spell",
    [
        lambda code: "".join(chr(ord(digit) + 0xFEE0) for digit in code),  # of full width
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: f"\u202d{code}\u202c",
    ],
)
def test_a_code_is_taken_as_phones_and_keyboards_give_it(client, post, spell):
    post(ENTRY, {"phone": "\u202d138-0000-0002\u202c"})
    post(CODE, {"code": spell(last_code(NEW))})
    assert signed_in_as(client).phone == NEW


def test_next_is_kept_through_the_code(client, post):
    response = post(ENTRY, {"phone": NEW, "next": "/points/"})
    assert response.url == f"{CODE}?next=%2Fpoints%2F"
    assert post(response.url, {"code": last_code(NEW), "next": "/points/"}).url == "/points/"


def test_next_does_not_lead_away(client, post):
    post(ENTRY, {"phone": NEW, "next": "https://evil.example/"})
    assert post(CODE, {"code": last_code(NEW), "next": "https://evil.example/"}).url == "/"


def test_five_guesses_then_the_code_is_dead(client, post):
    post(ENTRY, {"phone": NEW})
    code = last_code(NEW)
    for _guess in range(5):
        assert post(CODE, {"code": wrong(code)}).status_code == 200
    assert post(CODE, {"code": code}).url == reverse("account_login")
    assert not User.objects.exists()


def test_guesses_are_counted_even_where_the_session_forgets(client, post):
    post(ENTRY, {"phone": NEW})
    code, before = last_code(NEW), client.session["phone_entry"]
    for _guess in range(5):
        post(CODE, {"code": wrong(code)})
        session = client.session
        session["phone_entry"] = before  # as if each guess had been sent at the same moment
        session.save()
    assert post(CODE, {"code": code}).url == reverse("account_login")
    assert not User.objects.exists()


@pytest.mark.parametrize(("seconds", "enters"), [(299, True), (301, False)])
def test_a_code_is_good_for_five_minutes(client, post, seconds, enters):
    with time_machine.travel("2026-11-20 09:00:00+08:00", tick=False) as clock:
        post(ENTRY, {"phone": NEW})
        code = last_code(NEW)
        clock.shift(seconds)
        post(CODE, {"code": code})
        assert (signed_in_as(client) is not None) is enters


def test_a_code_works_once_and_in_its_own_browser_only(client, post, member):
    post(ENTRY, {"phone": KNOWN})
    code = last_code(KNOWN)
    client.cookies.clear()
    assert post(CODE, {"code": code}).url == reverse("account_login")


def test_the_second_code_within_a_minute_is_refused_and_a_new_one_can_be_had_later(client, post, settings):
    settings.LIMITS = settings.LIMITS | {"codes_to": [(1, 60)]}
    post(ENTRY, {"phone": NEW})
    response = post(ENTRY, {"phone": NEW})
    assert response.status_code == 200
    assert response.context["phone_form"].errors
    assert len(sent.latest()) == 1

    assert post(CODE, {"resend": "1"}).url == CODE
    assert len(sent.latest()) == 1

    settings.LIMITS = settings.LIMITS | {"codes_to": []}
    first = last_code(NEW)
    post(CODE, {"resend": "1"})
    assert len(sent.latest()) == 2
    assert last_code(NEW) != first or True
    post(CODE, {"code": last_code(NEW)})
    assert signed_in_as(client).phone == NEW


@pytest.mark.parametrize("typed", ["", "1380000001", "abc", "138000000011"])
def test_a_wrong_number_sends_nothing_and_stays_typed(client, post, typed):
    response = post(ENTRY, {"phone": typed, "signing_up": "1"})
    assert response.status_code == 200
    assert f'value="{typed}"' in response.content.decode() or not typed
    assert not sent.latest()


def test_nothing_is_sent_when_the_transaction_is_rolled_back(client):
    client.post(ENTRY, {"phone": NEW})  # the test's transaction is never committed
    assert not sent.latest()


def test_the_entry_page_itself_leads_to_sign_in(client):
    assert client.get(f"{ENTRY}?next=/points/").url == "/accounts/login/?next=%2Fpoints%2F"
    assert client.get(CODE).url == reverse("account_login")


def test_no_number_and_no_code_in_the_logs(caplog, capsys, settings):
    with caplog.at_level("DEBUG"):
        tasks.send_sms.delay(to=NEW, text="123456")
    logged = caplog.text + capsys.readouterr().out
    assert "13800000002" not in logged
    assert "123456" not in logged


# Changing the number


def test_a_member_changes_the_number_with_a_code(client, post, member):
    sign_in_afresh(client, member)
    assert post(reverse("accounts:phone"), {"phone": NEW}).url == reverse("accounts:phone_code")
    member.refresh_from_db()
    assert member.phone == KNOWN

    assert post(reverse("accounts:phone_code"), {"code": last_code(NEW)}).url == reverse("accounts:profile")
    member.refresh_from_db()
    assert (member.phone, member.phone_verified) == (NEW, True)
    assert (sent.latest()[0].to, "139" in sent.latest()[0].text or "138" in sent.latest()[0].text) == (KNOWN, True)


def test_a_new_number_asks_for_the_password_again(client, post, member):
    member.set_password("member-demo-1")
    member.save()
    client.force_login(member)
    assert "reauthenticate" in post(reverse("accounts:phone"), {"phone": NEW}).url
    assert not sent.latest()


def test_another_members_number_is_refused_only_to_who_holds_the_phone(client, post, member, create):
    create(phone=NEW)
    sign_in_afresh(client, member)
    assert post(reverse("accounts:phone"), {"phone": NEW}).url == reverse("accounts:phone_code")
    assert post(reverse("accounts:phone_code"), {"code": last_code(NEW)}).url == reverse("accounts:phone")
    member.refresh_from_db()
    assert member.phone == KNOWN


def test_ones_own_number_is_no_change(client, post, member):
    sign_in_afresh(client, member)
    assert post(reverse("accounts:phone"), {"phone": "13800000001"}).context["form"].errors
    assert not sent.latest()
