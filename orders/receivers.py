"""What must follow a committed change of an order."""

from catalog.services.products import count_redeemed
from core import actors, clock, outbox
from orders.after_sale.services import moving, rewards
from orders.coupons import tasks as coupons_tasks
from orders.coupons.services.by_hand import GIFT_TOPIC
from orders.lifecycle.services import giving_back, popularity
from orders.payments import tasks as payments_tasks
from orders.payments.services import paying


@outbox.handles(paying.REFUND_TOPIC)
def refund(payment_id):
    """Have the money sent back, once this is on record; the sweep sends what is lost on the way."""
    payments_tasks.refund_payment.delay_on_commit(payment_id)


@outbox.handles(popularity.TOPIC)
def count(lines):
    """Popularity follows redemptions (E4). The count and "handled" are one transaction."""
    count_redeemed(lines=[tuple(line) for line in lines])


@outbox.handles(paying.PAID_TOPIC)
def reward(order_id):
    """Points for the cash of an order (C1)."""
    rewards.reward(order_id=order_id, by=actors.system("orders"), at=clock.now())


@outbox.handles(moving.ENDED_TOPIC)
def follow(order_id):
    """What an order earned waits no longer for a request (B5)."""
    rewards.follow(order_id=order_id, by=actors.system("orders"), at=clock.now())


@outbox.handles(giving_back.REFUNDED_TOPIC)
def take_back(order_id, refund_key, fen, lines):  # noqa: ARG001 - as its caller has it
    """Cash went back, and the points it earned with it (B8)."""
    rewards.take_back(order_id=order_id, refund_key=refund_key, lines=lines, by=actors.system("orders"), at=clock.now())


@outbox.handles(GIFT_TOPIC)
def give_coupons(approval_id):
    """Coupons that staff give away; a task of its own, for there may be many of them (F11)."""
    coupons_tasks.give_coupons.delay(approval_id)
