"""How points end: announcing the shop's rule (B9), and booking out what ended (B10)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.batches import in_parts
from core.clock import is_in_calendar, shop_date
from core.db import broken_constraint
from core.errors import Busy, DomainError, InvalidInput
from points import ledger
from points.ledger import queries, rules
from points.ledger.models import ExpiryPolicy
from points.ledger.models.expiry import MOST_MONTHS

ACCOUNTS = 2_000  # a transaction books out at most so many accounts,
LOTS = 5_000  # and about so many lots: somebody who spends waits for one transaction at most, a fraction of a second

ONE_A_DAY = "points_expiry_policy_pkey"
Kind, Unit = ExpiryPolicy.Kind, ExpiryPolicy.Unit
UNITS: dict[str, tuple[str, ...]] = {
    Kind.PER_LOT: (Unit.DAY,),
    Kind.PERIOD_END: (Unit.MONTH, Unit.QUARTER, Unit.YEAR),
    Kind.ACTIVITY: (Unit.MONTH,),
    Kind.NEVER: (Unit.NONE,),
}


class TooSoon(DomainError):
    """Members are told ``days`` days ahead. Details: ``days``, ``earliest`` (a date)."""

    code = "too_soon"
    message = _("A rule is announced %(days)s days ahead: %(earliest)s or later. Nothing was changed.")


class AlreadyAnnounced(DomainError):
    """A rule starts on that day already. Details: ``day``."""

    code = "already_announced"
    message = _("Another rule starts on %(day)s. Cancel that one first, or choose another day.")


class NotAnnounced(DomainError):
    """No rule starts on that day. Details: ``day``."""

    code = "not_announced"
    message = _("No rule starts on %(day)s.")


class AlreadyStarted(DomainError):
    """A rule in force ends by the next one's start only. Details: ``day``."""

    code = "already_started"
    message = _("This rule has been in force since %(day)s. Announce another one instead.")


def announce(
    *, kind: str, months: int, unit: str, starts_on: date, by: str, at: datetime, notice_days: int = rules.NOTICE_DAYS
) -> ExpiryPolicy:
    """Announce the rule for points earned from ``starts_on`` (a date of the shop) on; returns the ``ExpiryPolicy``.

    ``months`` is 0 for ``never``, 0 to 120 for ``period_end`` (0: the end of the running period), else 1 to 120;
    ``unit`` one of ``UNITS[kind]``. Raises ``InvalidInput``, ``TooSoon``, ``AlreadyAnnounced``.
    """
    if kind not in UNITS:
        raise InvalidInput(field="kind")
    least, most = (0, 0) if kind == Kind.NEVER else (0 if kind == Kind.PERIOD_END else 1, MOST_MONTHS)
    if type(months) is not int or not least <= months <= most:
        raise InvalidInput(field="months")
    if unit not in UNITS[kind]:
        raise InvalidInput(field="unit")
    if type(starts_on) is not date or not is_in_calendar(starts_on):
        raise InvalidInput(field="starts_on")
    # Always a later day: every process knows the rule before it rules (``core.live``).
    earliest = shop_date(at) + timedelta(days=max(notice_days, 1))
    if starts_on < earliest:
        raise TooSoon(days=max(notice_days, 1), earliest=earliest)
    policy = ExpiryPolicy(kind=kind, months=months, unit=unit, starts_on=starts_on, announced_at=at, by=by)
    try:
        with transaction.atomic():
            policy.save(force_insert=True)
            _record("expiry.announced", policy, by=by, at=at)
            rules.POLICIES.changed()
    except IntegrityError as error:
        if broken_constraint(error) == ONE_A_DAY:
            raise AlreadyAnnounced(day=starts_on) from error
        raise
    return policy


def cancel(*, starts_on: date, by: str, at: datetime) -> None:
    """Take back the announced rule that starts on ``starts_on``; raises ``NotAnnounced``, ``AlreadyStarted``."""
    if starts_on <= shop_date(at):
        raise AlreadyStarted(day=starts_on)
    with transaction.atomic():
        policy = ExpiryPolicy.objects.select_for_update().filter(starts_on=starts_on).first()
        if policy is None:
            raise NotAnnounced(day=starts_on)
        _record("expiry.cancelled", policy, by=by, at=at)
        policy.delete()
        rules.POLICIES.changed()


def _record(event: str, policy: ExpiryPolicy, *, by: str, at: datetime) -> None:
    subject = f"expiry:{policy.starts_on}"
    audit.record(event, by=by, subject=subject, at=at, kind=policy.kind, months=policy.months, unit=policy.unit)


def expire_points(*, by: str, at: datetime, batch: int = ACCOUNTS) -> Iterator[ledger.Expired]:
    """Book out all that ended by ``at``: yields the ``ledger.Expired`` of each transaction.

    Goes through the accounts once in order of id, then comes back, one by one, to those that were busy; only those
    that are busy even then are named in ``busy``. An account that cannot be booked out is named in ``failed``, and
    stops nobody else. Killed at any point, the next run goes on.
    """
    after = 0
    busy: list[int] = []
    while accounts := queries.accounts_with_ended_lots(after=after, at=at, accounts=batch, lots=LOTS):
        after = accounts[-1]
        for done in _book_out(accounts, by=by, at=at):
            busy += done.busy
            yield done._replace(busy=())
    for account in busy:
        yield from _book_out([account], by=by, at=at, wait=True)


def _book_out(accounts: list[int], *, by: str, at: datetime, wait: bool = False) -> Iterator[ledger.Expired]:
    def book_out(part: list[int]) -> ledger.Expired:
        return ledger.expire(accounts=part, by=by, at=at, wait=wait)

    for part, outcome in in_parts(accounts, book_out):
        if isinstance(outcome, Busy):
            yield ledger.Expired(0, 0, 0, busy=tuple(part))
        elif isinstance(outcome, Exception):
            yield ledger.Expired(0, 0, 0, failed=tuple(part))
        else:
            yield outcome
