"""What the clock does for partners: each row in a transaction of its own, one that fails stops no other (H3)."""

from time import monotonic

import structlog

from core.errors import DomainError
from points.partners.models import Deduction
from points.partners.parameters import PARTNER_LOG_DAYS
from points.partners.services import deductions, idempotency, webhooks

log = structlog.get_logger(__name__)

BATCH = 500
LONGEST_S = 50  # of one round of webhooks: the next one starts a minute later


def expire_deductions(*, at):
    """Give back what passed its deadline by ``at``; returns how many deductions. The oldest come first."""
    due = Deduction.objects.filter(state=Deduction.State.HELD, deadline__lte=at).order_by("deadline")
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        try:
            done += deductions.expire(number=pk, at=at)
        except DomainError as error:
            log.warning("deduction_not_expired", deduction=str(pk), code=error.code)
        except Exception:
            log.exception("deduction_not_expired", deduction=str(pk))
    return done


def send_webhooks(*, at):
    """Send what is due; returns how many tries. A partner that does not answer is left to the next round, so that it
    keeps no other waiting."""
    begun, silent, tries = monotonic(), set(), 0
    for pk, partner_id in list(webhooks.due(at=at).order_by("next_try_at").values_list("pk", "partner_id")[:BATCH]):
        if partner_id in silent:
            continue
        if monotonic() - begun > LONGEST_S:
            break
        outcome = webhooks.deliver(delivery_id=pk, at=at)
        if outcome is None or outcome.is_silent:
            silent.add(partner_id)
        tries += outcome is not None
    return tries


def prune(*, at):
    """Forget old calls and deliveries; returns how many of each."""
    return idempotency.prune(at=at), webhooks.prune(at=at, days=PARTNER_LOG_DAYS.value)
