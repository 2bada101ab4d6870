"""What points follow from things that happened elsewhere."""

from django.conf import settings

from core import actors, clock, outbox
from points import ledger
from points.models import Kind


@outbox.handles("member.signed_up")
def give_welcome_points(*, member_id, **_):
    """A new member gets ``SIGN_UP_POINTS`` once (C4)."""
    if settings.SIGN_UP_POINTS:
        ledger.earn(
            account=member_id,
            points=settings.SIGN_UP_POINTS,
            kind=Kind.SIGN_UP,
            key=f"welcome:{member_id}",
            by=actors.system("sign-up"),
            at=clock.now(),
        )
