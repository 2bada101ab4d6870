"""Every page of a member opens for its audience, in both languages, and changes only what it says (A4, H4)."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import AT, PASSWORD, last_code, prove_by_code, sign_in_afresh

pytestmark = pytest.mark.django_db

FOR_STRANGERS = [
    "/accounts/login/",
    "/accounts/login/?with=password",
    "/accounts/signup/",
    "/accounts/signup/?with=password",
    "/accounts/password/reset/",
    "/accounts/inactive/",
]
FOR_MEMBERS = [
    "/accounts/",
    "/accounts/edit/",
    "/accounts/phone/change/",
    "/accounts/addresses/",
    "/accounts/addresses/add/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/sessions/",
    "/accounts/2fa/",
]


@pytest.fixture
def member(create):
    return create(phone="+8613800000001", email="lin@example.com", nickname="林晓雯", password=PASSWORD)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_strangers_pages(client, path, language):
    client.cookies["django_language"] = language
    response = client.get(path)
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_members_pages(client, member, path, language):
    client.cookies["django_language"] = language
    sign_in_afresh(client, member)
    response = client.get(path)
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_strangers_are_sent_to_sign_in(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response.url.startswith((reverse("account_login"), "/"))


def test_the_profile_shows_no_whole_number(client, member):
    client.force_login(member)
    page = client.get("/accounts/").content.decode()
    assert "138 **** 0001" in page
    assert "13800000001" not in page
    assert "lin@example.com" not in page
    assert "?state=to_ship" in page


def test_the_profile_costs_few_queries(client, member, django_assert_max_num_queries):
    client.force_login(member)
    with django_assert_max_num_queries(10):  # one is the session
        client.get("/accounts/")


def test_nickname(client, member):
    client.force_login(member)
    client.post("/accounts/edit/", {"nickname": "小雯"})
    assert User.objects.get().display_name == "小雯"
    client.post("/accounts/edit/", {"nickname": "x" * 17})
    assert User.objects.get().display_name == "小雯"
    client.post("/accounts/edit/", {"nickname": "\u202e店\u200b长\u3164"})
    assert User.objects.get().nickname == "店长"
    client.post("/accounts/edit/", {"nickname": "\u3164"})
    assert User.objects.get().display_name == "138 **** 0001"


def test_language_by_choice(client):
    client.post(reverse("set_language"), {"language": "en", "next": "/accounts/login/"})
    assert "Get a code" in client.get("/accounts/login/").content.decode()


def test_sign_out_is_a_post(client, member):
    client.force_login(member)
    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_posts_need_the_token(member):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    for path in ("/accounts/logout/", "/accounts/edit/", "/accounts/addresses/add/", "/accounts/login/code/"):
        assert client.post(path).status_code == 403


def test_other_devices_are_signed_out(client, member):
    other = Client()
    for browser in (client, other):
        browser.post("/accounts/login/", {"login": "13800000001", "password": PASSWORD})
        browser.get("/accounts/")
    assert client.get("/accounts/sessions/").context["session_count"] == 2

    client.post("/accounts/sessions/")
    assert other.get("/accounts/").status_code == 302
    assert client.get("/accounts/").status_code == 200


def test_a_password_may_be_set_later(client, post, create):
    member = create(phone="+8613800000009")
    client.force_login(member)
    prove_by_code(post, member.phone)
    assert client.get("/accounts/password/set/").status_code == 200
    response = client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert response.url == "/accounts/"
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_the_last_way_in_stays(client, create):
    member = create(email="lin@example.com", password=PASSWORD)
    sign_in_afresh(client, member)
    client.post("/accounts/email/", {"email": "lin@example.com", "action_remove": ""})
    assert EmailAddress.objects.filter(user=member).exists()


def test_emails_are_confirmed_preferred_and_bounded(client, post, member):
    EmailAddress.objects.create(user=member, email="old@example.com")
    sign_in_afresh(client, member)
    assert client.post("/accounts/email/", {"email": "old@example.com", "action_primary": ""}).url == "/accounts/email/"
    assert User.objects.get().email == "lin@example.com"  # not confirmed yet
    assert post("/accounts/email/", {"email": "old@example.com", "action_send": ""}).url == "/accounts/email/verify/"
    post("/accounts/email/verify/", {"code": last_code("old@example.com")})
    client.post("/accounts/email/", {"email": "old@example.com", "action_primary": ""})
    assert User.objects.get().email == EmailAddress.objects.get(primary=True).email == "old@example.com"

    EmailAddress.objects.create(user=member, email="third@example.com")
    for email in ("lin@example.com", "fourth@example.com"):  # there already, one too many
        page = client.post("/accounts/email/", {"email": email, "action_add": ""})
        assert page.context["form"].errors["email"]
    for act in ("action_send", "action_primary", "action_remove", "action_fly"):
        assert client.post("/accounts/email/", {"email": "nobody@example.com", act: ""}).url == "/accounts/email/"


def test_an_email_of_somebody_else_is_refused_only_to_who_reads_it(client, post, member, create):
    create(email="wang@example.com")
    sign_in_afresh(client, member)
    assert post("/accounts/email/", {"email": "Wang@Example.com", "action_add": ""}).url == "/accounts/email/verify/"
    assert post("/accounts/email/verify/", {"code": last_code("wang@example.com")}).url == "/accounts/email/"
    assert not EmailAddress.objects.filter(user=member, email="wang@example.com").exists()


@pytest.mark.parametrize("other", [{"username": "lin"}, {"phone": "+8613800000001"}])
def test_what_lets_nobody_in_is_no_way_in(create, other):
    """A username without a password, a number or an address that nobody confirmed."""
    member = create(email="lin@example.com", verified=False, **other)
    EmailAddress.objects.filter(user=member).update(verified=True)
    EmailAddress.objects.create(user=member, email="other@example.com")
    with pytest.raises(services.LastWayIn):
        services.remove_email(member=member, email="lin@example.com", by="member:1", at=AT)


def test_the_heir_of_an_email_is_a_confirmed_one(create):
    member = create(phone="+8613800000001", email="lin@example.com")
    EmailAddress.objects.create(user=member, email="a@example.com")
    EmailAddress.objects.create(user=member, email="b@example.com", verified=True)
    services.remove_email(member=member, email="lin@example.com", by="member:1", at=AT)
    assert User.objects.get().email == EmailAddress.objects.get(primary=True).email == "b@example.com"


def test_an_email_can_go_where_another_way_in_is_left(client, member):
    sign_in_afresh(client, member)
    client.post("/accounts/email/", {"email": "lin@example.com", "action_remove": ""})
    member.refresh_from_db()
    assert member.email is None


def test_second_factor_pages_and_its_secret_is_encrypted(client, member):
    client.post("/accounts/login/", {"login": "13800000001", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    secret = generate_totp_secret()
    TOTP.activate(member, secret)
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    for path in ("/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/"):
        assert client.get(path).status_code == 200
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200


# Staff


@pytest.fixture
def staff(client):
    admin = User.objects.create_superuser("admin", PASSWORD)
    client.force_login(admin)
    return admin


def test_the_list_masks_and_finds(client, staff, member):
    listing = reverse("admin:accounts_user_changelist")
    page = client.get(listing).content.decode()
    assert "138 **** 0001" in page
    assert "13800000001" not in page
    assert "lin@example.com" not in page
    for term in ("138 0000 0001", "lin@example.com", "LIN@example.com"):
        assert list(client.get(listing, {"q": term}).context["cl"].queryset) == [member]
    assert not client.get(listing, {"q": "1380000"}).context["cl"].queryset


def test_keep_out_and_let_in_by_actions(client, staff, member):
    listing = reverse("admin:accounts_user_changelist")
    client.post(listing, {"action": "keep_out", "_selected_action": [member.pk, staff.pk]})
    assert not User.objects.get(pk=member.pk).is_active
    assert User.objects.get(pk=staff.pk).is_active
    assert AuditEvent.objects.filter(event="member.deactivated", by=f"staff:{staff.pk}").count() == 1

    client.post(listing, {"action": "let_in", "_selected_action": [member.pk]})
    assert User.objects.get(pk=member.pk).is_active


def test_a_member_kept_out_loses_the_session(client, member):
    client.force_login(member)
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert client.get("/accounts/").status_code == 302


def test_only_superusers_make_staff(client, staff, member):
    url = reverse("admin:accounts_user_change", args=[member.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"is_staff": "on", "phone": "+8613900000000"})
    member.refresh_from_db()
    assert member.is_staff
    assert member.phone == "+8613800000001"
    assert AuditEvent.objects.filter(event="member.staff_set").exists()

    staff.is_superuser = False
    staff.save()
    assert client.get(url).status_code == 403
