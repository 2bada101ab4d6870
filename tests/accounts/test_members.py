"""Becoming a member (A1): names are unique without regard to case, the message goes out exactly once."""

from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction

from accounts import services
from accounts.models import User
from core import lookalikes
from core.models import AuditEvent, OutboxMessage

AT = datetime(2026, 11, 20, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def create(**fields):
    return services.create_member(by="system:test", at=AT, **fields)


def signed_up(member):
    return OutboxMessage.objects.filter(topic="member.signed_up", payload__member_id=member.pk).count()


@pytest.mark.parametrize(
    "fields",
    [{"phone": "+8613800000001"}, {"email": "Lin@Example.com"}, {"username": "lin", "password": "a-long-one-7"}],
)
def test_each_way_writes_member_trail_and_message(fields):
    member = create(**fields)

    assert member.date_joined == AT
    assert signed_up(member) == 1
    assert AuditEvent.objects.filter(event="member.signed_up", subject=f"member:{member.pk}").count() == 1


def test_email_is_kept_in_small_letters_and_as_primary_address():
    member = create(email="Lin@Example.com")

    assert member.email == "lin@example.com"
    assert EmailAddress.objects.get(user=member).primary


def test_password_is_hashed_with_argon2_and_none_means_none(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # tests have a quick one
    assert create(username="lin", password="a-long-one-7").password.startswith("argon2$argon2id$")
    assert not create(phone="+8613800000001").has_usable_password()


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [
        ({"username": "Lin"}, {"username": "lIN"}, services.UsernameTaken),
        ({"username": "alice"}, {"username": "aIice"}, services.UsernameTaken),
        ({"username": "modern"}, {"username": "modem"}, services.UsernameTaken),
        ({"username": "ace"}, {"username": "асе"}, services.UsernameTaken),
        ({"email": "lin@example.com"}, {"email": "LIN@Example.com"}, services.EmailTaken),
        ({"phone": "+8613800000001"}, {"phone": "+8613800000001"}, services.PhoneTaken),
    ],
)
def test_a_name_belongs_to_one_member(first, second, error):
    create(**first)
    before = OutboxMessage.objects.count()

    with pytest.raises(error):
        create(**second)

    assert User.objects.count() == 1
    assert OutboxMessage.objects.count() == before


def test_a_member_needs_a_name():
    with pytest.raises(services.MemberNeedsName):
        create()


def test_names_are_null_never_empty():
    member = User.objects.create_user(username="", email="", phone="+8613800000001")
    assert (member.username, member.email) == (None, None)

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=member.pk).update(username="")


def test_a_rolled_back_sign_up_leaves_no_message():
    with pytest.raises(RuntimeError), transaction.atomic():
        create(phone="+8613800000001")
        raise RuntimeError

    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("fields", "greeting"),
    [
        ({"phone": "+8613812340001", "nickname": "林"}, "林"),
        ({"phone": "+8613812340001", "username": "lin"}, "lin"),
        ({"phone": "+8613812340001"}, "138 **** 0001"),
        ({"email": "lin@example.com"}, "l***@example.com"),
    ],
)
def test_greeting(fields, greeting):
    assert create(**fields).display_name == greeting
    assert str(User.objects.get()) == greeting


def test_renaming_is_recorded_once():
    member = create(phone="+8613800000001")

    services.rename(member=member, nickname="林", by="member:1", at=AT)
    services.rename(member=member, nickname="林", by="member:1", at=AT)

    assert User.objects.get().nickname == "林"
    assert AuditEvent.objects.filter(event="member.renamed").count() == 1


def test_changing_to_a_number_in_use_is_refused():
    create(phone="+8613800000001")
    other = create(phone="+8613800000002")

    with pytest.raises(services.PhoneTaken):
        services.change_phone(member=other, phone="+8613800000001", verified=True, by="member:2", at=AT)

    other.refresh_from_db()
    assert other.phone == "+8613800000002"


def test_the_last_name_cannot_be_taken_away():
    member = create(phone="+8613800000001")

    with pytest.raises(services.MemberNeedsName):
        services.change_phone(member=member, phone=None, verified=False, by="member:1", at=AT)


def test_deactivation_is_recorded_and_idempotent():
    member = create(phone="+8613800000001")

    assert services.set_active(member=member, active=False, by="staff:1", at=AT)
    assert not services.set_active(member=member, active=False, by="staff:1", at=AT)

    assert not User.objects.get().is_active
    assert AuditEvent.objects.filter(event="member.deactivated", by="staff:1").count() == 1


@pytest.mark.parametrize("field", ["username", "email"])
def test_people_are_found_by_an_index_whatever_case_they_type(field):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a test's table is too small for an index to pay
    assert f"user_{field}_unique" in User.objects.filter(**{f"{field}__iexact": "Someone"}).explain()


def test_what_staff_may_do_is_in_the_trail(client):
    client.force_login(User.objects.create_superuser("chief", "chief-demo-1", date_joined=AT))
    permission = Permission.objects.get(codename="ship_order")
    client.post("/admin/auth/group/add/", {"name": "发货", "permissions": [permission.pk]})
    group = Group.objects.get()
    assert list(group.permissions.all()) == [permission]
    assert AuditEvent.objects.get(event="group.saved").data == {"name": "发货", "permissions": ["orders.ship_order"]}
    client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert AuditEvent.objects.filter(event="group.deleted", subject=f"group:{group.pk}").exists()


def test_old_names_that_look_alike_stay_and_the_first_keeps_the_name():
    first, second = create(username="adminl"), create(username="wang")
    User.objects.filter(pk=second.pk).update(username="admin1")
    User.objects.update(username_skeleton=None)
    migration = import_module("accounts.migrations.0005_username_skeletons")
    migration.fill(apps, SimpleNamespace(connection=connection))
    assert list(User.objects.order_by("pk").values_list("pk", "username_skeleton")) == [
        (first.pk, lookalikes.skeleton("adminl")),
        (second.pk, None),
    ]
    User.objects.get(pk=second.pk).save()
    with pytest.raises(services.UsernameTaken):
        create(username="AdminI")
