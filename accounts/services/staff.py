"""Who may sign in, who is staff, and what staff may do (A10).

People can give or take only rights that they have themselves, and there is always a superuser who can let others in.
Calls without a person (a command, the system) are trusted.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors, audit
from core.errors import DomainError


class SuperuserNeeded(DomainError):
    """Only a superuser may decide who is staff, and lock staff out."""

    code = "superuser_needed"
    message = _("Only a superuser can do that. Nothing was changed.")


class LastSuperuser(DomainError):
    """This is the last superuser who can sign in."""

    code = "last_superuser"
    message = _("This is the last superuser who can sign in here. Make another one first. Nothing was changed.")


class NotYoursToGive(DomainError):
    """The change gives or takes rights that the author lacks, or it is the author's own group."""

    code = "not_yours_to_give"
    message = _(
        "You can give and take only permissions that you have yourself, and not in a group that you are in. Nothing "
        "was changed."
    )


def set_active(*, member, active, by, at):
    """Let a member in or lock one out, which ends the member's sessions at once. True if changed. Raises
    ``SuperuserNeeded`` where the member is staff, ``LastSuperuser``."""
    with transaction.atomic():
        if member.is_staff or member.is_superuser:
            _need_superuser(by)
        if not active:
            _keep_a_superuser(member)
        changed = User.objects.filter(pk=member.pk).exclude(is_active=active).update(is_active=active)
        if changed:
            event = "member.activated" if active else "member.deactivated"
            audit.record(event, by=by, subject=actors.member(member.pk), at=at)
    member.is_active = active
    return bool(changed)


def check_staff(*, member, is_staff, by):
    """Raises what ``set_staff`` would raise."""
    _need_superuser(by)
    if not is_staff:
        _keep_a_superuser(member)


def set_staff(*, member, is_staff, groups, by, at):
    """Set whether the member is staff, and in which groups (``django.contrib.auth`` groups, A10). Raises
    ``SuperuserNeeded``, ``LastSuperuser``."""
    groups = list(groups)
    with transaction.atomic():
        check_staff(member=member, is_staff=is_staff, by=by)
        User.objects.filter(pk=member.pk).update(is_staff=is_staff)
        member.groups.set(groups)
        names = sorted(group.name for group in groups)
        audit.record(
            "member.staff_set", by=by, subject=actors.member(member.pk), at=at, is_staff=is_staff, groups=names
        )
    member.is_staff = is_staff


def check_group(*, group, permissions, by):
    """Raises ``NotYoursToGive`` where the author may not give the group these permissions, or take others from it."""
    person = _person(by)
    if person is None or (person.is_active and person.is_superuser):
        return
    before = set(group.permissions.select_related("content_type")) if group.pk else set()
    moved = {_code(permission) for permission in before.symmetric_difference(permissions)}
    if moved and (not moved <= person.get_all_permissions() or person.groups.filter(pk=group.pk).exists()):
        raise NotYoursToGive


def save_group(*, group, permissions, by, at):
    """Save a group of staff with its ``django.contrib.auth`` permissions (a list). Raises ``NotYoursToGive``."""
    permissions = list(permissions)
    with transaction.atomic():
        check_group(group=group, permissions=permissions, by=by)
        group.save()
        group.permissions.set(permissions)
        codes = sorted(map(_code, permissions))
        audit.record("group.saved", by=by, subject=f"group:{group.pk}", at=at, name=group.name, permissions=codes)


def delete_group(*, group, by, at):
    """Delete a group; its staff lose the rights that only this group gave them. Raises ``NotYoursToGive``."""
    with transaction.atomic():
        check_group(group=group, permissions=[], by=by)
        audit.record("group.deleted", by=by, subject=f"group:{group.pk}", at=at, name=group.name)
        group.delete()


def _person(by):
    """The ``User`` who asks; None if it is not a person."""
    pk = actors.person(by)
    return None if pk is None else User.objects.filter(pk=pk).first() or User(is_active=False)


def _need_superuser(by):
    person = _person(by)
    if person is not None and not (person.is_active and person.is_superuser):
        raise SuperuserNeeded


def _keep_a_superuser(member):
    """Two superusers who remove each other at the same time take turns here, and the second is refused."""
    ways_in = User.objects.filter(is_superuser=True, is_staff=True, is_active=True)
    left = set(ways_in.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    if left == {member.pk}:
        raise LastSuperuser


def _code(permission):
    return f"{permission.content_type.app_label}.{permission.codename}"
