"""What points follow from things that happened elsewhere."""

from accounts.models import User
from core import actors, clock, outbox
from points.earning import tasks
from points.earning.services import earning, rule_sets, velocity


@outbox.handles("member.signed_up")
def give_welcome_points(*, member_id, seen=None, welcome=True, **_):
    """A new member is welcomed once, by the rules in force (C4), but for who was made from a history. ``seen`` says
    where the sign-up came from."""
    if not welcome:
        return
    phone = User.objects.filter(pk=member_id).values_list("phone", flat=True).first()
    earning.behaviour(
        member=member_id,
        behaviour="sign_up",
        key=welcome_key(member_id),
        by=actors.system("sign-up"),
        at=clock.now(),
        facts=earning.Facts(**(seen or {}), phone=velocity.phone_hash(phone) if seen else ""),
    )


def welcome_key(member_id):
    return f"welcome:{member_id}"


@outbox.handles(rule_sets.NEWS)
def announce_rules(*, number, changed_at=None, **_):
    """Members hear of new rules; a task of its own, for there may be many of them (C8)."""
    tasks.announce_rules.delay(number, changed_at)
