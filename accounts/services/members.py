"""Creating members, and what members say about themselves (A1, A4)."""

from contextlib import contextmanager
from datetime import date

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors, audit, clock, outbox, texts
from core.db import broken_constraint
from core.errors import DomainError


class NameTaken(DomainError):
    """Another member has this name. Never show this error to strangers if the name is private."""

    code = "name_taken"
    message = _("This is already in use.")


class UsernameTaken(NameTaken):
    message = _("This username, or one that looks like it, is in use already. Please choose another.")


class EmailTaken(NameTaken):
    message = _("This e-mail address is already in use.")


class PhoneTaken(NameTaken):
    message = _("This mobile number is already in use.")


class MemberNeedsName(DomainError):
    code = "member_needs_name"
    message = _("A member needs a mobile number, an e-mail address or a username.")


class BirthdayNotValid(DomainError):
    code = "birthday_not_valid"
    message = _("This cannot be a birthday.")


class BirthdaySet(DomainError):
    """A member may set the birthday once; staff can correct it."""

    code = "birthday_set"
    message = _("Your birthday is set already. To correct it, please write to us.")


FIRST_BIRTHDAY = date(1900, 1, 1)

_TAKEN = {
    "user_username_unique": UsernameTaken,
    "user_username_unlike_others": UsernameTaken,
    "user_email_unique": EmailTaken,
    "unique_verified_email": EmailTaken,
    "user_phone_unique": PhoneTaken,
    "user_has_a_name": MemberNeedsName,
}


def create_member(
    *,
    by,
    at,
    phone=None,
    username=None,
    email=None,
    password=None,
    password_hash=None,
    nickname="",
    verified=True,
    seen=None,
    welcome=True,
) -> User:
    """Create a member with ``phone`` (E.164), ``username`` or ``email``. Without ``password`` or ``password_hash`` the
    member can sign in by code only.

    ``verified`` says that the caller has proof that phone and e-mail are the member's, ``seen`` where the request came
    from (``core.visitor``), ``welcome`` whether the member gets the gifts for newcomers. Publishes
    ``member.signed_up``. Raises ``MemberNeedsName``, ``UsernameTaken``, ``EmailTaken`` or ``PhoneTaken``.
    """
    user = User(
        phone=phone or None,
        phone_verified=bool(phone) and verified,
        username=texts.typed(username or "") or None,
        email=email.lower() if email else None,
        nickname=texts.plain(nickname),
    )
    if password_hash:
        user.password = password_hash
    else:
        user.set_password(password)
    with transaction.atomic():
        register(user, by=by, at=at, seen=seen, welcome=welcome)
        if user.email:
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    return user


def register(user, *, by, at, seen=None, welcome=True):
    """Save the new ``user`` and announce the sign-up, whichever way was used (C4).

    The message ``member.signed_up`` is written with the row: it is handled if and only if the member exists.
    """
    user.date_joined = at
    with named_conflicts():
        user.save(force_insert=True)
        audit.record("member.signed_up", by=by, subject=actors.member(user.pk), at=at)
        more = ({"seen": seen} if seen else {}) | ({} if welcome else {"welcome": False})
        outbox.publish("member.signed_up", key=f"signed_up:{user.pk}", at=at, member_id=user.pk, **more)
    return user


def rename(*, member, nickname, by, at):
    """Change the member's nickname; an empty one falls back to username or masked phone (A4)."""
    nickname = texts.plain(nickname)
    with transaction.atomic():
        changed = User.objects.filter(pk=member.pk).exclude(nickname=nickname).update(nickname=nickname)
        if changed:
            audit.record("member.renamed", by=by, subject=actors.member(member.pk), at=at)
    member.nickname = nickname


def set_birthday(*, member, birthday, by, at):
    """Set the member's birthday (a date). Members may do it once, because gifts depend on it; staff may change it
    later. ``by`` says which. Raises ``BirthdayNotValid`` or ``BirthdaySet``."""
    if not FIRST_BIRTHDAY <= birthday <= clock.shop_date(at):
        raise BirthdayNotValid
    members = User.objects.filter(pk=member.pk)
    with transaction.atomic():
        free = members if by.startswith(actors.staff("")) else members.filter(Q(birthday=None) | Q(birthday=birthday))
        if not free.update(birthday=birthday):
            raise BirthdaySet
        audit.record("member.birthday_set", by=by, subject=actors.member(member.pk), at=at)
    member.birthday = birthday


@contextmanager
def named_conflicts():
    """A transaction in which a broken constraint on names becomes a named error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        named = _TAKEN.get(broken_constraint(error))
        if named is None:
            raise
        raise named from error
