"""What partners are told of things that happened elsewhere."""

from core import clock, outbox
from points.partners import tasks
from points.partners.services import book, webhooks


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
