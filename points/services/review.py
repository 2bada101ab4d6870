"""Staff decide on earnings that looked odd (C10)."""

from django.utils.translation import gettext_lazy as _

from core import actors, audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points.models import EarningReview
from points.services import earning

State = EarningReview.State


class ReviewDecided(DomainError):
    """Somebody decided otherwise before. Details: ``state``, in words."""

    code = "review_decided"
    message = _("This earning was decided before: %(state)s. Nothing was changed.")


class OwnEarning(DomainError):
    """Nobody decides on their own earning."""

    code = "own_earning"
    message = _("Nobody decides on their own points. Ask a colleague.")


def approve(*, review, by, at):
    """Book the earning as of when it happened. Raises ``ReviewDecided``, ``OwnEarning``; approving again changes
    nothing. Returns the review."""
    with locking_transaction():
        review = _locked(review, by)
        if review.state == State.PENDING:
            _decide(review, State.APPROVED, "", by=by, at=at)
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
        elif review.state != State.APPROVED:
            raise ReviewDecided(state=review.get_state_display())
    return review


def refuse(*, review, answer, by, at):
    """Let the earning go, for a reason in words that staff see. Raises as ``approve``; returns the review."""
    if not isinstance(answer, str) or not 0 < len(answer.strip()) <= 200 or "\0" in answer:
        raise InvalidInput(field="answer")
    with locking_transaction():
        review = _locked(review, by)
        if review.state == State.PENDING:
            _decide(review, State.REFUSED, answer, by=by, at=at)
        elif review.state != State.REFUSED:
            raise ReviewDecided(state=review.get_state_display())
    return review


def decide_many(*, reviews, state, answer, by, at):
    """Approve or refuse each of ``reviews``, one transaction after the other; returns how many are decided so, and the
    texts of what spoke against the others."""
    done, refusals = 0, {}
    for review in reviews:
        try:
            if state == State.APPROVED:
                approve(review=review, by=by, at=at)
            else:
                refuse(review=review, answer=answer, by=by, at=at)
        except DomainError as error:
            refusals[str(error)] = None
        else:
            done += 1
    return done, list(refusals)


def _locked(review, by):
    review = EarningReview.objects.select_for_update().get(pk=review.pk)
    if by == actors.staff(review.member_id):
        raise OwnEarning
    return review


def _decide(review, state, answer, *, by, at):
    review.state, review.answer, review.decided_by, review.decided_at = state, answer, by, at
    review.save(update_fields=["state", "answer", "decided_by", "decided_at"])
    audit.record(
        f"earning.{state}",
        by=by,
        subject=f"earning:{review.pk}",
        at=at,
        member=review.member_id,
        points=review.points,
        behaviour=review.behaviour,
    )
