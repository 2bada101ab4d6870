"""What needs a second person, decided in one place (B11).

Code that is about to move value asks here first. The limit for one person applies to sums of a day: of the author, of
each member who gets something, and of the act itself, over all kinds with the same unit. Splitting an act into smaller
ones, several files or several authors does not help: the sums are read under a lock. Above the limit the act waits,
frozen as requested, for the decision of somebody who is not its author and gains nothing by it.

An app registers its kinds (``points.grants.approvals``, ``orders.approvals``) and does what was decided.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import actors, audit
from core.db import locking_transaction, one_at_a_time
from core.errors import DomainError
from core.formats import grouped
from core.models import Approval

DAY = timedelta(days=1)  # the last 24 hours, so that nobody gets round the limit at midnight
LONGEST_WORDS = 200
FIGURES = "core.approve_parametervalue"  # the permission to decide on parameters
State = Approval.State


class OwnGain(DomainError):
    """People may not give to themselves, nor approve what others would give them."""

    code = "own_gain"
    message = _("Nobody gives to themselves or approves what they get. Ask a colleague. Nothing was changed.")


class RequesterDecides(DomainError):
    """The requester, or an author of the thing in question, tries to decide."""

    code = "requester_decides"
    message = _("You asked for this or took part in it. Somebody else decides.")


class AlreadyDecided(DomainError):
    """Details: ``state``, in words."""

    code = "already_decided"
    message = _("This was decided already: %(state)s. Nothing was changed.")


class AlreadyAsked(DomainError):
    """Another request about the same subject is waiting."""

    code = "already_asked"
    message = _("A request about this waits for a second person already. Nothing was changed.")


class Outdated(DomainError):
    """The subject has changed since the request."""

    code = "outdated"
    message = _("This has changed since it was asked for. Refuse it, and ask anew. Nothing was changed.")


@dataclass(frozen=True)
class Kind:
    """A kind of act that may need a second person.

    ``permission`` is needed to decide. ``limit()`` is what one person may do alone in a day, in the unit; None where
    every act needs a second person. Kinds of one ``unit`` are summed together. ``run(approval, by=, at=)`` does what
    was approved and ``drop`` cleans up after a refusal, both in the transaction of the decision.
    ``facts(approval, at)`` are the pairs shown to the person who decides, ``amount(n)`` is the amount in words.
    ``many``: several requests about one subject may wait.
    """

    name: str
    label: str | Promise
    permission: str
    run: Callable[..., object]
    facts: Callable[[Approval, datetime], list[tuple[Any, Any]]]
    drop: Callable[..., object] = lambda approval, *, by, at: None
    unit: str = ""
    limit: Callable[[], int] | None = None
    amount: Callable[[int], str] = lambda number: ""
    many: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Register a kind; call it in ``ready()`` of its app."""
    _kinds[kind.name] = kind
    return kind


def kinds() -> dict[str, Kind]:
    """``{name: Kind}`` of all apps."""
    return dict(_kinds)


def ask(
    *,
    kind: str,
    subject: str,
    by: str,
    at: datetime,
    shares: Mapping[int, int] | None = None,
    data: dict[str, Any] | None = None,
    owners: Iterable[str] = (),
    reason: str = "",
) -> Approval:
    """Record that ``by`` is about to do something, in the transaction that does it.

    ``shares`` are ``{member id: amount}`` of those who get something, ``data`` all that ``run`` needs to do it,
    ``owners`` actors who may not decide either. Returns the ``Approval``: if it ``waits``, ``run`` of its kind will do
    the act; otherwise the caller does it now. Raises ``OwnGain``, ``AlreadyAsked``.
    """
    act, shares = _kinds[kind], shares or {}
    if actors.person(by) in shares:
        raise OwnGain
    with locking_transaction():
        one_at_a_time("approvals")
        if not act.many and Approval.objects.filter(kind=kind, subject=subject, state=State.PENDING).exists():
            raise AlreadyAsked
        approval = Approval.objects.create(
            kind=kind,
            subject=subject,
            amount=sum(shares.values()),
            shares={str(member): share for member, share in shares.items()},
            data=data or {},
            owners=list(owners),
            reason=reason[:LONGEST_WORDS],
            by=by,
            at=at,
            state=State.PENDING if needs_second(kind, shares=shares, by=by, at=at) else State.DONE,
        )
        if approval.state == State.PENDING:
            _record(approval, "asked", by=by, at=at)
    return approval


def needs_second(kind: str, *, shares: Mapping[int, int], by: str, at: datetime) -> bool:
    """Whether an act would wait. Only a hint, unless the lock of ``ask`` is held."""
    act = _kinds[kind]
    if act.limit is None:
        return True
    limit, amount = act.limit(), sum(shares.values())
    if amount > limit:
        return True
    group = [other.name for other in _kinds.values() if other.unit == act.unit]
    of_author = 0
    of_members: Counter[str] = Counter()
    done = Approval.objects.filter(state=State.DONE, kind__in=group, at__gt=at - DAY)
    for author, earlier, earlier_shares in done.values_list("by", "amount", "shares"):
        of_author += earlier if author == by else 0
        of_members.update(earlier_shares)
    return of_author + amount > limit or any(
        of_members[str(member)] + share > limit for member, share in shares.items()
    )


def approve(*, approval: Approval, by: str, at: datetime, answer: str = "") -> Approval:
    """Approve and do the act. Raises ``RequesterDecides``, ``OwnGain``, ``AlreadyDecided``, ``Outdated`` and what the
    act raises; the request then keeps waiting. Repeating one's own approval changes nothing."""
    return _decide(approval, State.APPROVED, by=by, at=at, answer=answer)


def refuse(*, approval: Approval, by: str, at: datetime, answer: str) -> Approval:
    """Refuse, with a reason for the requester. Raises the same as ``approve``."""
    return _decide(approval, State.REFUSED, by=by, at=at, answer=answer)


def waiting(kinds: Iterable[str] | None = None) -> int:
    """Number of waiting requests, of some kinds (names) or of all."""
    pending = Approval.objects.filter(state=State.PENDING)
    return (pending if kinds is None else pending.filter(kind__in=kinds)).count()


def _decide(approval: Approval, state: Approval.State, *, by: str, at: datetime, answer: str) -> Approval:
    with locking_transaction():
        approval = Approval.objects.select_for_update().get(pk=approval.pk)
        if approval.state == state and approval.decided_by == by:
            return approval
        if approval.state != State.PENDING:
            raise AlreadyDecided(state=approval.get_state_display())
        if by == approval.by or by in approval.owners:
            raise RequesterDecides
        if str(actors.person(by)) in approval.shares:
            raise OwnGain
        approval.state, approval.decided_by, approval.decided_at = state, by, at
        approval.answer = answer[:LONGEST_WORDS]
        approval.save(update_fields=["state", "decided_by", "decided_at", "answer"])
        kind = _kinds[approval.kind]
        (kind.run if state == State.APPROVED else kind.drop)(approval, by=by, at=at)
        _record(approval, state.value, by=by, at=at)
    return approval


def _record(approval: Approval, what: str, *, by: str, at: datetime) -> None:
    audit.record(
        f"approval.{what}", by=by, subject=approval.subject[:64], at=at,
        approval=approval.pk, kind=approval.kind, amount=approval.amount,
    )  # fmt: skip


def changes(model: type[Model], approval: Approval) -> list[tuple[str | Promise, str]]:
    """``[(field, "before → after")]`` of the fields of ``model`` in the approval's ``before`` and ``after``."""
    before, after = approval.data["before"], approval.data["after"]
    return [(_label(model, name), f"{_in_words(before[name])} → {_in_words(value)}") for name, value in after.items()]


def _label(model: type[Model], name: str) -> str | Promise:
    field = model._meta.get_field(name)
    return field.verbose_name if isinstance(field, Field) else name


def _in_words(value: object) -> object:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return grouped(value) if isinstance(value, int) else value
