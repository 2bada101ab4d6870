"""Partners are told what happened: written with the change, sent after it, tried again for a day (H3).

No lock is held while the network is asked. A try is claimed first, by a conditional update that also sets the time of
the next one: a worker that dies on the way has used one try, and two workers never send the same one.
"""

import json
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from core import audit
from points.partners.models import Event, Partner, WebhookDelivery
from points.partners.services import sending
from points.purchases.queries.names import external_ids, sources_naming

State = WebhookDelivery.State
WAITS = [
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=15),
]
LAST_TRY = len(WAITS) + 1
CLAIM = timedelta(minutes=2)  # how long the last try may take before it counts as failed
SILENCE_S = 60  # a partner whose address does not answer is left alone that long
KEPT_ATTEMPTS = 20


def take(*, partner_id, event, event_id, data, happened_at, at):
    """Make a delivery of an event, unless the partner does not want to hear of it (any more). Returns it, or None when
    there is nothing to send; the same event twice is one delivery."""
    partner = Partner.objects.get(pk=partner_id)
    if not partner.webhook_url or event not in partner.webhook_events:
        return None
    body = {"id": event_id, "event": event, "at": happened_at, "data": data}
    delivery = WebhookDelivery(
        partner=partner,
        event_id=event_id,
        event=event,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=at,
        next_try_at=at,
    )
    WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    return WebhookDelivery.objects.get(partner=partner, event_id=event_id)


def take_tier_change(*, change_id, member_id, before, after, happened_at, at):
    """Deliveries of a member's new tier, to the partners that have a number of their own for the member."""
    event, event_id = str(Event.TIER), f"tier-{change_id}"
    told = Partner.objects.filter(code__in=sources_naming(member_id), is_active=True, webhook_events__contains=[event])
    deliveries = []
    for partner in told:
        name = external_ids(partner.source, [member_id])[member_id]
        data = {"member_id": member_id, "external_id": name, "before": before, "after": after}
        deliveries.append(
            take(partner_id=partner.pk, event=event, event_id=event_id, data=data, happened_at=happened_at, at=at)
        )
    return deliveries


def due(*, at):
    """Deliveries whose time has come."""
    return WebhookDelivery.objects.filter(state=State.WAITING, next_try_at__lte=at)


def deliver(*, delivery_id, at):
    """Try once, if it is time. Returns the ``sending.Outcome``, or None when there was nothing to do now."""
    delivery = _claim(delivery_id, at)
    if delivery is None:
        return None
    partner = delivery.partner
    if not partner.webhook_url:
        outcome = sending.Outcome(error="no address")
    else:
        outcome = sending.send(
            url=partner.webhook_url,
            secret=partner.webhook_secret,
            event=delivery.event,
            event_id=delivery.event_id,
            body=delivery.body,
            at=at,
        )
    _note(delivery, outcome, at)
    if outcome.is_silent:
        _hush(partner.pk)
    return outcome


def replay(pks, *, by, at):
    """Send again from the first try on, whatever became of it; returns the deliveries."""
    with transaction.atomic():
        found = list(WebhookDelivery.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk"))
        WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in found]).update(
            state=State.WAITING, tries=0, next_try_at=at, delivered_at=None
        )
        for delivery in found:
            audit.record("webhook.replayed", by=by, subject=f"webhook:{delivery.event_id}"[:64], at=at)
    return found


def prune(*, at, days):
    """Forget what was delivered or given up ``days`` ago, some at a time; returns how many."""
    old = WebhookDelivery.objects.exclude(state=State.WAITING).filter(created_at__lt=at - timedelta(days=days))
    return WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:10_000])).delete()[0]


def _claim(delivery_id, at):
    delivery = WebhookDelivery.objects.select_related("partner").filter(pk=delivery_id).first()
    if delivery is None or _is_hushed(delivery.partner_id):
        return None
    wait = WAITS[delivery.tries] if delivery.tries < len(WAITS) else CLAIM
    claimed = due(at=at).filter(pk=delivery_id, tries=delivery.tries)
    if delivery.tries >= LAST_TRY:  # the worker of the last try died
        claimed.update(state=State.DEAD)
        return None
    if not claimed.update(tries=F("tries") + 1, next_try_at=at + wait):
        return None
    delivery.tries += 1
    return delivery


def _note(delivery, outcome, at):
    attempt = {"at": at.isoformat(), "status": outcome.status, "error": outcome.error, "answer": outcome.answer}
    changes = {"attempts": [*delivery.attempts, attempt][-KEPT_ATTEMPTS:]}
    if outcome.is_good:
        changes |= {"state": State.DELIVERED, "delivered_at": at}
    elif delivery.tries >= LAST_TRY:
        changes |= {"state": State.DEAD}
    # Staff may have asked for another round meanwhile: then this try says nothing about that one.
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING, tries=delivery.tries)
    mine.update(**changes)


def _hush(partner_id):
    cache.set(f"webhook:silent:{partner_id}", 1, timeout=SILENCE_S)


def _is_hushed(partner_id):
    return bool(cache.get(f"webhook:silent:{partner_id}"))
