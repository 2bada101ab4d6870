"""Earnings that looked odd, from setting aside to the last word (C10, A12).

Each move locks the row, looks again, and is one of ``points.earning.states``. A released earning is booked by the key
that it would have had, so nothing pays twice whoever comes first: staff, the member's appeal or the clock.
"""

from functools import partial

import structlog
from django.utils.translation import gettext_lazy as _

from core import actors, audit
from core.batches import one_by_one
from core.clock import day_end
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points.earning import states
from points.earning.models import EarningReview
from points.earning.parameters import APPEAL_ANSWER_DAYS, APPEAL_DAYS
from points.earning.services import earning, review_notices

log = structlog.get_logger(__name__)

State, Why = EarningReview.State, EarningReview.Why
BY_TIME = actors.system("review_time")
MOST_WORDS, MOST_NOTE, MOST_APPEAL = 300, 200, 1000
BATCH = 500


class ReviewDecided(DomainError):
    """Somebody decided otherwise before. Details: ``state``, in words."""

    code = "review_decided"
    message = _("This earning was decided before: %(state)s. Nothing was changed.")


class OwnEarning(DomainError):
    """Nobody decides on their own earning."""

    code = "own_earning"
    message = _("Nobody decides on their own points. Ask a colleague.")


class NotYourEarning(DomainError):
    """Only whoever earned it appeals."""

    code = "not_your_earning"
    message = _("These points are somebody else's.")


class NothingToAppeal(DomainError):
    """It is not refused, or an appeal was answered before."""

    code = "nothing_to_appeal"
    message = _("There is nothing to appeal against here any more.")


class AppealTooLate(DomainError):
    """The last day is over."""

    code = "appeal_too_late"
    message = _("The time to appeal is over.")


# Staff


def approve(*, review, by, at):
    """Book the earning as of when it happened, held or appealed. Raises ``ReviewDecided``, ``OwnEarning``; approving
    again changes nothing. Returns the review."""
    with locking_transaction():
        review = _locked(review, by)
        if review.state != State.APPROVED:
            _check_move(review, State.APPROVED)
            _release(review, by=by, at=at)
    return review


def refuse(*, review, why, by, at, words="", note=""):
    """Let a held earning go; the member is told and may appeal. Raises as ``approve``; returns the review.

    ``why`` is a ``EarningReview.Why`` and ``words`` what there is to add to it: the member reads both, and a reason of
    no kind (``other``) needs words. ``note`` is for staff.
    """
    _check_reason(why, words, note)
    with locking_transaction():
        review = _locked(review, by)
        if review.state != State.REFUSED:
            _check_move(review, State.REFUSED)
            review.due_at = day_end(at, APPEAL_DAYS.value)
            _decide(review, State.REFUSED, why=why, words=words.strip(), answer=note, by=by, at=at)
            review_notices.tell_refused(review)
    return review


def uphold(*, review, why, by, at, words="", note=""):
    """An appeal changes nothing: the last word, told to the member. Arguments and errors as of ``refuse``."""
    _check_reason(why, words, note)
    with locking_transaction():
        review = _locked(review, by)
        if review.state != State.UPHELD:
            _check_move(review, State.UPHELD)
            review.due_at = None
            _decide(review, State.UPHELD, why=why, words=words.strip(), answer=note, by=by, at=at)
            review_notices.tell_upheld(review)
    return review


def decide_many(*, reviews, by, at, why=None):
    """Approve each of ``reviews``, or refuse it for the reason ``why``, one transaction after the other; returns how
    many are decided so, and the texts of what spoke against the others."""
    done, refusals = 0, {}
    for review in reviews:
        try:
            if why is None:
                approve(review=review, by=by, at=at)
            else:
                refuse(review=review, why=why, by=by, at=at)
        except DomainError as error:
            refusals[str(error)] = None
        else:
            done += 1
    return done, list(refusals)


# The member


def appeal(*, review, words, by, at):
    """The member speaks against a refusal, once and before its last day; returns the review. Raises
    ``NotYourEarning``, ``NothingToAppeal``, ``AppealTooLate``; the same words again change nothing."""
    words = _text("appeal", words, MOST_APPEAL).strip()
    if not words:
        raise InvalidInput(field=_("Your words"))
    with locking_transaction():
        review = EarningReview.objects.select_for_update().get(pk=review.pk)
        if by != actors.member(review.member_id):
            raise NotYourEarning
        if (review.state, review.appeal) == (State.APPEALED, words):
            return review
        if not states.allowed(review.state, State.APPEALED) or review.due_at is None:
            raise NothingToAppeal
        if at >= review.due_at:
            raise AppealTooLate
        review.state, review.appeal, review.appealed_at = State.APPEALED, words, at
        review.due_at = day_end(at, APPEAL_ANSWER_DAYS.value)
        review.save(update_fields=["state", "appeal", "appealed_at", "due_at"])
        _record(review, by=by, at=at)
    return review


# The clock


def overdue(*, at):
    """Earnings that wait for staff longer than their member was told."""
    return EarningReview.objects.filter(state__in=states.WAITING, due_at__lte=at)


def release_overdue(*, at, batch=BATCH):
    """Book what nobody decided in time, each in a transaction of its own; yields how many after each ``batch``. Those
    that somebody holds, or that the ledger refuses, are left for the next run."""
    after = 0
    while pks := list(overdue(at=at).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:batch]):
        yield sum(released is True for released in one_by_one(pks, partial(_release_overdue, at=at)))
        after = pks[-1]


def _release_overdue(pk, at):
    try:
        with locking_transaction():
            review = overdue(at=at).select_for_update(skip_locked=True).filter(pk=pk).first()
            if review is None:
                return False
            _release(review, by=BY_TIME, at=at)
    except DomainError as error:
        log.warning("review_not_released", review=pk, error=error.code)
        return False
    return True


def _release(review, *, by, at):
    review.due_at = None
    _decide(review, State.APPROVED, by=by, at=at)
    earning.book(
        member=review.member_id,
        points=review.points,
        kind=review.kind,
        key=review.key,
        by=review.by,
        at=review.at,
        source=review.source,
        reason=review.reason,
        rule_version=review.rule_version,
        steps=review.steps,
        now=at,
    )
    review_notices.tell_credited(review, is_late=by == BY_TIME)


def _locked(review, by):
    review = EarningReview.objects.select_for_update().get(pk=review.pk)
    if by == actors.staff(review.member_id):
        raise OwnEarning
    return review


def _check_move(review, state):
    if not states.allowed(review.state, state):
        raise ReviewDecided(state=review.get_state_display())


def _decide(review, state, *, by, at, **told):
    fields = {"state": state, "decided_by": by, "decided_at": at, "due_at": review.due_at, **told}
    for name, value in fields.items():
        setattr(review, name, value)
    review.save(update_fields=list(fields))
    _record(review, by=by, at=at)


def _record(review, *, by, at):
    audit.record(
        f"earning.{review.state}",
        by=by,
        subject=f"earning:{review.pk}",
        at=at,
        member=review.member_id,
        points=review.points,
        behaviour=review.behaviour,
    )


def _check_reason(why, words, note):
    if why not in Why.values:
        raise InvalidInput(field=_("Reason"))
    if not _text(_("Words to the member"), words, MOST_WORDS).strip() and why == Why.OTHER:
        raise InvalidInput(field=_("Words to the member"))
    _text(_("Note"), note, MOST_NOTE)


def _text(field, value, most):
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise InvalidInput(field=field)
    return value
