"""Signing up and in with a password, and what strangers may learn (A1, A2, A3)."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts import sent
from accounts.models import User
from core.models import OutboxMessage
from tests.accounts.conftest import PASSWORD, last_code

LOGIN, SIGNUP = "/accounts/login/", "/accounts/signup/"
pytestmark = pytest.mark.django_db


def signed_in_as(client):
    return get_user_model().objects.filter(pk=client.session.get("_auth_user_id")).first()


@pytest.mark.parametrize(
    "typed", ["lin", "LIN", "lin@example.com", "Lin@Example.com", "13800000001", "+86 138 0000 0001"]
)
def test_username_email_and_phone_all_let_in(client, create, typed):
    member = create(username="Lin", email="lin@example.com", phone="+8613800000001", password=PASSWORD)
    response = client.post(LOGIN, {"login": typed, "password": PASSWORD})
    assert response.url == "/"
    assert signed_in_as(client) == member


def test_wrong_and_unknown_answer_alike(client, create):
    create(username="lin", phone="+8613800000001", password=PASSWORD)

    def answer(name, password):
        return client.post(LOGIN, {"login": name, "password": password}).context["form"].non_field_errors()

    answers = [
        answer("lin", "wrong"),
        answer("nobody", "wrong"),
        answer("13800000001", "x"),
        answer("13800000009", "x"),
    ]
    assert all(given == answers[0] for given in answers)
    assert answers[0]


def test_failures_are_slowed_down_by_account_however_the_number_is_typed(client, create):
    create(phone="+8613800000001", password=PASSWORD)
    for typed in ("13800000001", "138 0000 0001", "+8613800000001", "138-0000-0001", "8613800000001"):
        client.post(LOGIN, {"login": typed, "password": "wrong"})
    client.post(LOGIN, {"login": "13800000001", "password": PASSWORD})
    assert signed_in_as(client) is None


def test_failures_are_slowed_down_by_address(client, create):
    create(username="lin", password=PASSWORD)
    for number in range(10):
        client.post(LOGIN, {"login": f"nobody{number}", "password": "wrong"})
    client.post(LOGIN, {"login": "lin", "password": PASSWORD})
    assert signed_in_as(client) is None


def test_too_many_posts_show_our_page(client):
    for _number in range(31):
        response = client.post(LOGIN, {"login": "lin", "password": "x"})
    assert response.status_code == 429
    assert "</html>" in response.content.decode()


def test_sign_up_with_a_username(client, post):
    response = post(SIGNUP, {"name": "Lin", "password1": PASSWORD})
    assert response.url == "/"
    member = signed_in_as(client)
    assert (member.username, member.email, member.phone) == ("Lin", None, None)
    assert OutboxMessage.objects.filter(topic="member.signed_up", payload__member_id=member.pk).count() == 1


def test_a_username_is_kept_and_found_without_what_nobody_sees(client, post):
    post(SIGNUP, {"name": "王小明\u3164２", "password1": PASSWORD})
    assert signed_in_as(client).username == "王小明2"
    client.post("/accounts/logout/")
    client.post(LOGIN, {"login": "王小明２", "password": PASSWORD})
    assert signed_in_as(client).username == "王小明2"


def test_who_has_an_odd_username_from_before_still_gets_in(client, create):
    member = create(username="admin2", password=PASSWORD)
    User.objects.filter(pk=member.pk).update(username="ａdmin")
    client.post(LOGIN, {"login": "ａdmin", "password": PASSWORD})
    assert signed_in_as(client) == member


def test_sign_up_with_an_email_asks_for_the_code_first(client, post):
    response = post(SIGNUP, {"name": "Lin@Example.com", "password1": PASSWORD})
    assert response.url == reverse("account_email_verification_sent")
    assert signed_in_as(client) is None
    assert client.get(response.url).status_code == 200

    response = post(response.url, {"code": last_code("lin@example.com")})
    member = signed_in_as(client)
    assert member.email == "lin@example.com"
    assert EmailAddress.objects.get(user=member).verified
    assert OutboxMessage.objects.filter(topic="member.signed_up", payload__member_id=member.pk).count() == 1


def test_who_signs_in_with_an_unconfirmed_phone_goes_on(client, create):
    member = create(phone="+8613800000001", password=PASSWORD, verified=False)
    assert client.post(LOGIN, {"login": "13800000001", "password": PASSWORD}).url == "/"
    assert signed_in_as(client) == member


def test_who_signs_in_with_an_unconfirmed_email_proves_it_first(client, post, create):
    member = create(email="lin@example.com", phone="+8613800000001", password=PASSWORD, verified=False)
    response = post(LOGIN, {"login": "lin@example.com", "password": PASSWORD})
    assert response.url == "/accounts/login/email/"
    assert signed_in_as(client) is None
    assert client.get(LOGIN).status_code == 200  # the way back is open
    assert client.get(response.url).status_code == 200
    assert post(response.url, {"code": last_code("lin@example.com")}).url == "/"
    assert signed_in_as(client) == member
    assert EmailAddress.objects.get(user=member).verified


def test_nobody_runs_in_circles(client, post, create, time_machine):
    """A code that is over leads to the page that sends one, and that page shows."""
    time_machine.move_to("2026-11-20T01:00:00+00:00", tick=False)
    create(email="lin@example.com", password=PASSWORD, verified=False)
    post(LOGIN, {"login": "lin@example.com", "password": PASSWORD})
    time_machine.shift(601)
    response = client.get("/accounts/login/email/")
    assert response.url == LOGIN
    assert client.get(LOGIN).status_code == 200


def test_sign_up_with_a_known_email_looks_the_same_and_makes_nobody(client, post, create):
    create(email="lin@example.com", password=PASSWORD)

    def walk(email):
        client.cookies.clear()
        first = post(SIGNUP, {"name": email, "password1": PASSWORD})
        second = client.get(first.url)
        third = post(first.url, {"code": "1"})
        return [(r.status_code, r.headers.get("Location")) for r in (first, second, third)]

    assert walk("lin@example.com") == walk("new@example.com")
    assert User.objects.filter(email="lin@example.com").count() == 1
    assert "lin@example.com" in {message.to for message in sent.latest()}


def test_password_reset_looks_the_same_and_works(client, post, create):
    member = create(email="lin@example.com", password=PASSWORD)
    reset = reverse("account_reset_password")

    def walk(email):
        client.cookies.clear()
        first = post(reset, {"email": email})
        return first.status_code, first.url, client.get(first.url).status_code

    assert walk("nobody@example.com") == walk("lin@example.com")
    response = post(reverse("account_confirm_password_reset_code"), {"code": last_code("lin@example.com")})
    assert client.get(response.url).status_code == 200
    post(response.url, {"password1": "another-one-8", "password2": "another-one-8"})
    member.refresh_from_db()
    assert member.check_password("another-one-8")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("lIN", PASSWORD),  # taken
        ("13800000001", PASSWORD),  # looks like a phone
        ("1lin", PASSWORD),
        ("a b", PASSWORD),
        ("x" * 33, PASSWORD),
        ("lＩn", PASSWORD),  # taken, in letters of full width
        ("Ｌｉｎ", PASSWORD),
        ("l\u200bin", PASSWORD),  # taken, with something that nobody sees
        ("аdmin", PASSWORD),  # а of Cyrillic
        ("асе", PASSWORD),  # all of it Cyrillic, and like Latin
        ("ᴀᴅᴍɪɴ", PASSWORD),
        ("ʟɪɴ", PASSWORD),
        ("tel13800000001", PASSWORD),  # a phone when its owner signs in
        ("手机13800000001", PASSWORD),
        ("1in", PASSWORD),
        ("Iin", PASSWORD),  # looks like lin
        ("\u3164", PASSWORD),
        ("not@an-email", PASSWORD),
        ("", PASSWORD),
        ("lin2", "12345678"),
        ("lin2", "short1"),
        ("lin2", ""),
    ],
)
def test_what_is_not_accepted(client, post, create, name, password):
    create(username="lin")
    response = post(SIGNUP, {"name": name, "password1": password})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert User.objects.count() == 1


def test_a_name_from_before_that_begins_like_a_phone_still_signs_in(client, post, create):
    create(username="tel13800000001", password=PASSWORD)
    assert post(LOGIN, {"login": "tel13800000001", "password": PASSWORD}).status_code == 302


def test_what_is_wrong_with_a_password_is_said_in_chinese(client, db):
    client.cookies["django_language"] = "zh-hans"
    for password in ("kurz7", "password", "12345678", "linlinlin"):
        errors = client.post(SIGNUP, {"name": "linlinlin", "password1": password}).context["form"].errors["password1"]
        assert not [error for error in errors if error.isascii()]


def test_two_at_once_for_one_username(client, post, create, monkeypatch):
    create(username="lin")
    monkeypatch.setattr("accounts.adapter.AccountAdapter.clean_username", lambda self, name, shallow=False: name)
    response = post(SIGNUP, {"name": "lin", "password1": PASSWORD})
    assert response.context["form"].errors["name"]
    assert User.objects.count() == 1


def test_who_came_by_code_sets_a_new_password_without_the_old(client, post, create):
    member = create(phone="+8613800000001", password=PASSWORD)
    post("/accounts/login/code/", {"phone": "13800000001"})
    post("/accounts/login/code/confirm/", {"code": last_code("+8613800000001")})
    response = post(reverse("account_change_password"), {"password1": "another-one-8", "password2": "another-one-8"})
    assert response.url == reverse("accounts:profile")
    member.refresh_from_db()
    assert member.check_password("another-one-8")


def test_who_came_by_password_needs_the_old_one(client, create):
    member = create(username="lin", password=PASSWORD)
    client.post(LOGIN, {"login": "lin", "password": PASSWORD})
    client.post(reverse("account_change_password"), {"password1": "another-one-8", "password2": "another-one-8"})
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_the_second_step_is_asked_for_after_a_code_too(client, post, create):
    member = create(phone="+8613800000001", password=PASSWORD)
    TOTP.activate(member, generate_totp_secret())
    post("/accounts/login/code/", {"phone": "13800000001"})
    response = post("/accounts/login/code/confirm/", {"code": last_code("+8613800000001")})
    assert response.url == reverse("mfa_authenticate")
    assert signed_in_as(client) is None
    assert client.get(response.url).status_code == 200


# Staff


@pytest.mark.parametrize(
    ("path", "arrives"), [("", "/admin/"), ("?next=/admin/accounts/user/", "/admin/accounts/user/")]
)
def test_staff_sign_in_at_admin(client, db, path, arrives):
    admin = User.objects.create_superuser("admin", "admin-demo-1")
    response = client.post(f"/admin/login/{path}", {"username": "admin", "password": "admin-demo-1"})
    assert response.url == arrives
    assert signed_in_as(client) == admin


def test_admin_sign_in_is_slowed_down(client, db):
    User.objects.create_superuser("admin", "admin-demo-1")
    for _attempt in range(5):
        client.post("/admin/login/", {"username": "admin", "password": "wrong"})
    client.post("/admin/login/", {"username": "admin", "password": "admin-demo-1"})
    assert signed_in_as(client) is None


def test_a_member_cannot_enter_admin(client, create):
    create(username="lin", password=PASSWORD)
    client.post("/admin/login/", {"username": "lin", "password": PASSWORD})
    assert signed_in_as(client) is None


def test_admin_does_not_pass_over_the_second_step(client, db):
    admin = User.objects.create_superuser("admin", "admin-demo-1")
    TOTP.activate(admin, generate_totp_secret())
    client.post("/admin/login/", {"username": "admin", "password": "admin-demo-1"})
    assert signed_in_as(client) is None
