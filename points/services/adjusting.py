"""Staff give and take points, with a second person above the threshold (B11)."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Abs
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors, audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points import ledger
from points.models import Adjustment, Reason
from points.parameters import ADJUST_APPROVAL_ABOVE
from points.services import tiers

MOST_POINTS = 1_000_000  # by hand, in one go
SPLIT_WINDOW = timedelta(days=1)


class OwnPoints(DomainError):
    """Nobody moves points of their own account, or lets others' requests about it through."""

    code = "own_points"
    message = _("Nobody changes or approves their own points. Ask a colleague.")


class RequesterDecides(DomainError):
    """The one who asked wants to approve or refuse."""

    code = "requester_decides"
    message = _("You asked for this. Somebody else decides.")


class AlreadyDecided(DomainError):
    """Details: ``state``, in words."""

    code = "already_decided"
    message = _("This was decided already: %(state)s. Nothing was changed.")


class FormReused(DomainError):
    """The form's key came before, with something else in the form."""

    code = "form_reused"
    message = _("This form was sent already with something else in it. Open it anew.")


class UnknownMember(DomainError):
    """Details: ``member``."""

    code = "unknown_member"
    message = _("There is no member %(member)s.")


def request_adjustment(*, member, points, reason, form_key, by, at, note=""):
    """Give ``points`` to the member (an id), or take them when negative; returns the ``Adjustment``.

    Up to ``ADJUST_APPROVAL_ABOVE`` points it is done at once, above it waits for a second person. What the same
    person did to the same member within a day counts together, so that small steps are no way around. The same
    ``form_key`` again changes nothing. Raises ``OwnPoints``, ``UnknownMember``, ``FormReused``, ``NotEnoughPoints``.
    """
    _check(points, reason, form_key, note)
    if by == actors.staff(member):
        raise OwnPoints
    with locking_transaction():
        # One request for a member at a time: the sum of a day would otherwise be read by two at once.
        if not User.objects.select_for_update(no_key=True).filter(pk=member).exists():
            raise UnknownMember(member=member)
        earlier = Adjustment.objects.filter(form_key=form_key).first()
        if earlier is not None:
            if (earlier.member_id, earlier.points, earlier.reason) != (member, points, reason):
                raise FormReused
            return earlier
        adjustment = Adjustment(
            member_id=member,
            points=points,
            reason=reason,
            note=note,
            form_key=form_key,
            requested_by=by,
            requested_at=at,
            state=Adjustment.State.PENDING,
        )
        adjustment.save()
        _record("points.adjustment_requested", adjustment, by=by, at=at)
        if not needs_approval(member=member, points=points, by=by, at=at):
            _post(adjustment, by=by, at=at)
            adjustment.state = Adjustment.State.DONE
            adjustment.save()
            _record("points.adjusted", adjustment, by=by, at=at)
    return adjustment


def needs_approval(*, member, points, by, at):
    """Whether ``points`` more by ``by`` for this member within a day pass the threshold."""
    before = Adjustment.objects.filter(
        member_id=member, requested_by=by, state=Adjustment.State.DONE, requested_at__gt=at - SPLIT_WINDOW
    ).aggregate(points=Sum(Abs("points")))["points"]
    return abs(points) + (before or 0) > ADJUST_APPROVAL_ABOVE.value


def approve(*, adjustment, by, at):
    """A second person agrees: the points move. Raises ``RequesterDecides``, ``OwnPoints``, ``AlreadyDecided``,
    ``NotEnoughPoints``; the request then waits on. Approving again what one approved changes nothing."""
    return _decide(adjustment, Adjustment.State.APPROVED, by=by, at=at)


def refuse(*, adjustment, by, at, answer):
    """A second person says no, with words for the requester. Raises as ``approve``."""
    return _decide(adjustment, Adjustment.State.REFUSED, by=by, at=at, answer=answer)


def words(reason):
    """A reason as it stands in the ledger for ever: in the shop's own language."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(Reason(reason).label)


def _decide(adjustment, state, *, by, at, answer=""):
    with locking_transaction():
        adjustment = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
        if adjustment.state == state and adjustment.decided_by == by:
            return adjustment
        if adjustment.state != Adjustment.State.PENDING:
            raise AlreadyDecided(state=adjustment.get_state_display())
        if by == adjustment.requested_by:
            raise RequesterDecides
        if by == actors.staff(adjustment.member_id):
            raise OwnPoints
        if state == Adjustment.State.APPROVED:
            _post(adjustment, by=by, at=at)
        adjustment.state, adjustment.decided_by, adjustment.decided_at = state, by, at
        adjustment.answer = answer[:200]
        adjustment.save()
        _record(f"points.adjustment_{state}", adjustment, by=by, at=at)
    return adjustment


def _post(adjustment, *, by, at):
    name = f"adjustment:{adjustment.pk}"
    adjustment.entry_seq = ledger.adjust(
        account=adjustment.member_id,
        points=adjustment.points,
        key=name,
        by=by,
        at=at,
        source=name,
        reason=words(adjustment.reason),
    ).seq
    if adjustment.points > 0:
        tiers.consider(adjustment.member_id, at=at)


def _check(points, reason, form_key, note):
    if type(points) is not int or not 0 < abs(points) <= MOST_POINTS:
        raise InvalidInput(field="points")
    if reason not in Reason.values:
        raise InvalidInput(field="reason")
    if not isinstance(form_key, str) or not 0 < len(form_key) <= 64 or "\0" in form_key:
        raise InvalidInput(field="form_key")
    if not isinstance(note, str) or len(note) > 200 or "\0" in note:
        raise InvalidInput(field="note")


def _record(event, adjustment, *, by, at):
    audit.record(
        event,
        by=by,
        subject=actors.member(adjustment.member_id),
        at=at,
        adjustment=adjustment.pk,
        points=adjustment.points,
        reason=adjustment.reason,
    )
