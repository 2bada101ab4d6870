"""Who may make whom what (A10): nobody gives what they do not have, and a superuser is always left."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission

from accounts import services
from accounts.models import User
from core import actors

AT = datetime(2026, 11, 20, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def permissions(*codes):
    return list(Permission.objects.filter(codename__in=codes))


def staff(username, *codes, group=None, **fields):
    """A person of the staff who may do ``codes`` by a group of their own, and is in ``group``."""
    person = User.objects.create_user(username=username, is_staff=True, **fields)
    if codes:
        own = Group.objects.create(name=f"group of {username}")
        own.permissions.set(permissions(*codes))
        person.groups.add(own)
    if group:
        person.groups.add(group)
    return person


@pytest.fixture
def chief():
    return User.objects.create_superuser("chief", "chief-demo-1")


@pytest.fixture
def group():
    return Group.objects.create(name="Support")


def save(client, group, *codes):
    return client.post(
        f"/admin/auth/group/{group.pk}/change/",
        {"name": group.name, "permissions": [permission.pk for permission in permissions(*codes)]},
    )


def codes_of(group):
    return set(group.permissions.values_list("codename", flat=True))


# Groups


def test_nobody_gives_themselves_what_they_do_not_have(client, group):
    clerk = staff("clerk", group=group)
    group.permissions.set(permissions("change_group", "view_group"))
    client.force_login(clerk)
    answer = save(client, group, "change_group", "view_group", "adjust_points")
    assert answer.status_code == 200
    assert str(services.NotYoursToGive()) in answer.content.decode()
    assert codes_of(group) == {"change_group", "view_group"}
    assert not User.objects.get(pk=clerk.pk).has_perm("points.adjust_points")


@pytest.mark.parametrize(
    ("before", "after", "is_saved"),
    [
        ([], ["ship_order"], True),  # what the clerk has
        (["ship_order"], [], True),
        ([], ["adjust_points"], False),  # what the clerk does not have, given
        (["adjust_points"], [], False),  # and taken
        (["adjust_points"], ["adjust_points", "ship_order"], True),  # it was there before
    ],
)
def test_one_gives_others_only_what_one_has(client, group, before, after, is_saved):
    group.permissions.set(permissions(*before))
    client.force_login(staff("clerk", "change_group", "view_group", "ship_order"))
    assert save(client, group, *after).status_code == (302 if is_saved else 200)
    assert codes_of(group) == set(after if is_saved else before)


def test_the_own_group_is_for_others_even_with_what_one_has(client, group):
    client.force_login(staff("clerk", "change_group", "view_group", "ship_order", group=group))
    assert save(client, group, "ship_order").status_code == 200
    assert codes_of(group) == set()


def test_a_new_group_and_a_deleted_one_follow_the_same_rule(client, group):
    client.force_login(staff("clerk", "add_group", "delete_group", "view_group", "ship_order"))
    for codes, count in ((["adjust_points"], 0), (["ship_order"], 1)):
        client.post("/admin/auth/group/add/", {"name": "new", "permissions": [p.pk for p in permissions(*codes)]})
        assert Group.objects.filter(name="new").count() == count
    group.permissions.set(permissions("adjust_points"))
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    client.post("/admin/auth/group/", chosen)
    assert Group.objects.filter(pk=group.pk).exists()
    with pytest.raises(services.NotYoursToGive):
        services.delete_group(group=group, by=actors.staff(User.objects.get(username="clerk").pk), at=AT)


def test_a_superuser_gives_all(client, chief, group):
    client.force_login(chief)
    assert save(client, group, "adjust_points").status_code == 302
    assert codes_of(group) == {"adjust_points"}


# People


def test_only_a_superuser_says_who_is_staff(client, chief, group):
    clerk = staff("clerk", "change_user", "view_user")
    client.force_login(clerk)
    everything = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk], "password": "x", "email": "x@a.cn"}
    for person in (clerk, chief):
        before = User.objects.filter(pk=person.pk).values().get()
        client.post(f"/admin/accounts/user/{person.pk}/change/", {**everything, "user_permissions": ["1"]})
        assert User.objects.filter(pk=person.pk).values().get() == before
        assert not person.groups.filter(pk=group.pk).exists()
        assert client.get(f"/admin/accounts/user/{person.pk}/password/").status_code != 200
    with pytest.raises(services.SuperuserNeeded):
        services.set_staff(member=clerk, is_staff=True, groups=[group], by=actors.staff(clerk.pk), at=AT)


def test_only_a_superuser_keeps_staff_out(client, chief):
    clerk = staff("clerk", "change_user", "view_user")
    colleague = staff("colleague")
    client.force_login(clerk)
    for person in (chief, colleague):
        client.post("/admin/accounts/user/", {"action": "keep_out", "_selected_action": [person.pk]})
        with pytest.raises(services.SuperuserNeeded):
            services.set_active(member=person, active=False, by=actors.staff(clerk.pk), at=AT)
    assert not User.objects.filter(is_active=False).exists()


# The last superuser


def save_person(client, person, **fields):
    return client.post(f"/admin/accounts/user/{person.pk}/change/", fields)


def test_the_last_superuser_cannot_lock_everybody_out(client, chief):
    client.force_login(chief)
    answer = save_person(client, chief)
    assert answer.status_code == 200
    assert str(services.LastSuperuser()) in answer.content.decode()
    client.post("/admin/accounts/user/", {"action": "keep_out", "_selected_action": [chief.pk]})
    chief.refresh_from_db()
    assert (chief.is_staff, chief.is_active) == (True, True)
    assert client.get("/admin/").status_code == 200
    for refused in (
        lambda: services.set_staff(member=chief, is_staff=False, groups=[], by="system:command", at=AT),
        lambda: services.set_active(member=chief, active=False, by="system:command", at=AT),
    ):
        with pytest.raises(services.LastSuperuser):
            refused()


@pytest.mark.parametrize(
    "other", [{"is_active": False}, {"is_staff": False}, {"is_superuser": False}], ids=lambda fields: next(iter(fields))
)
def test_one_who_cannot_get_in_is_no_other_superuser(client, chief, other):
    User.objects.create_user(username="other", **({"is_staff": True, "is_superuser": True} | other))
    client.force_login(chief)
    assert save_person(client, chief).status_code == 200
    assert User.objects.get(pk=chief.pk).is_staff


def test_one_of_two_superusers_may_go(client, chief):
    other = User.objects.create_superuser("other", "other-demo-1")
    client.force_login(chief)
    assert save_person(client, other).status_code == 302
    assert not User.objects.get(pk=other.pk).is_staff
    assert save_person(client, chief).status_code == 200  # now the last one
