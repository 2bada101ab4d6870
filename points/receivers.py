"""What points follow from things that happened elsewhere."""

from accounts.models import User
from core import actors, clock, outbox
from points import tasks
from points.services import earning, granting, rule_sets, tier_figures, velocity
from points.services.partners import book, webhooks


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


@outbox.handles(book.TOPIC)
def tell_partner(**event):
    """What a partner wants to hear goes on its way (H3)."""
    delivery = webhooks.take(**event, at=clock.now())
    if delivery is not None:
        tasks.deliver_webhook.delay_on_commit(delivery.pk)


@outbox.handles("member.tier_changed")
def tell_partners_of_tier(**change):
    """Partners that know the member hear of the new tier (C12, H3)."""
    for delivery in webhooks.take_tier_change(**change, at=clock.now()):
        tasks.deliver_webhook.delay_on_commit(delivery.pk)


@outbox.handles(rule_sets.NEWS)
def announce_rules(*, number, changed_at=None, **_):
    """Members hear of new rules; a task of its own, for there may be many of them (C8)."""
    tasks.announce_rules.delay(number, changed_at)


@outbox.handles(granting.TOPIC)
def run_grant(grant_id):
    """A file of points that a second person approved; a task of its own, for it may be long (B11)."""
    tasks.run_grant.delay(grant_id)


@outbox.handles(tier_figures.TOPIC)
def recompute_tiers():
    """Whoever reaches a lower threshold rises (C12)."""
    tasks.recompute_tiers.delay()
