"""Staff give and take points, with a second person above what one may move in a day (B11)."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors, approvals, audit
from core.db import locking_transaction, one_at_a_time
from core.errors import DomainError, InvalidInput
from points import ledger
from points.grants.models import Adjustment, Reason
from points.tiers.services import tiers

KIND = "points.adjustment"
MOST_POINTS = 1_000_000  # by hand, in one go


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

    Within what one person may move in a day it is done at once, above it waits for a second person
    (``core.approvals``). The same ``form_key`` again changes nothing.
    Raises ``OwnGain``, ``UnknownMember``, ``FormReused``, ``NotEnoughPoints``.
    """
    _check(points, reason, form_key, note)
    with locking_transaction():
        one_at_a_time(f"form:{form_key}")
        earlier = Adjustment.objects.select_related("approval").filter(form_key=form_key).first()
        if earlier is not None:
            if (earlier.member_id, earlier.points, earlier.reason) != (member, points, reason):
                raise FormReused
            return earlier
        if not User.objects.filter(pk=member).exists():
            raise UnknownMember(member=member)
        subject = actors.member(member)
        approval = approvals.ask(kind=KIND, subject=subject, shares={member: abs(points)}, reason=note, by=by, at=at)
        adjustment = Adjustment.objects.create(
            member_id=member, points=points, reason=reason, note=note, form_key=form_key, approval=approval
        )
        if not approval.waits:
            _post(adjustment, by=by, at=at)
    return adjustment


def would_wait(*, member, points, by, at):
    """Whether ``points`` more by ``by`` for this member would need a second person."""
    return approvals.needs_second(KIND, shares={member: abs(points)}, by=by, at=at)


def run(approval, *, by, at):
    """What was approved: the points move. Raises ``NotEnoughPoints``."""
    _post(Adjustment.objects.get(approval=approval), by=by, at=at)


def words(reason):
    """A reason as it stands in the ledger for ever: in the shop's own language."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(Reason(reason).label)


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
    adjustment.save(update_fields=["entry_seq"])
    if adjustment.points > 0:
        tiers.consider(adjustment.member_id, at=at)
    audit.record(
        "points.adjusted",
        by=by,
        subject=actors.member(adjustment.member_id),
        at=at,
        adjustment=adjustment.pk,
        points=adjustment.points,
        reason=adjustment.reason,
    )


def _check(points, reason, form_key, note):
    if type(points) is not int or not 0 < abs(points) <= MOST_POINTS:
        raise InvalidInput(field="points")
    if reason not in Reason.values:
        raise InvalidInput(field="reason")
    if not isinstance(form_key, str) or not 0 < len(form_key) <= 64 or "\0" in form_key:
        raise InvalidInput(field="form_key")
    if not isinstance(note, str) or len(note) > 200 or "\0" in note:
        raise InvalidInput(field="note")
