"""Payments: opened with the order, settled by a notification or an answer, given back in whole or in part (F4-F6)."""

from orders.services.paying.disputes import NotDisputed, accept_disputed, is_disputed, refund_disputed
from orders.services.paying.opening import (
    NothingToPay,
    PaymentDisputed,
    close,
    ensure_payment,
    go_to_pay,
    open_payment,
)
from orders.services.paying.refunding import (
    LONGEST_REFUND_WAIT,
    REFUND_TOPIC,
    NothingToRefund,
    RefundKeyReused,
    RefundTooLarge,
    refund_again,
    refund_at_provider,
    refund_part,
    refund_wait,
    send_refund,
    settle_by_hand,
    start_refund,
)
from orders.services.paying.rows import notify_url
from orders.services.paying.settling import DISPUTED, LAST_ASK, MONEY_CAME, PAID_TOPIC, STILL_ASKED, ask, settle

__all__ = [
    "DISPUTED",
    "LAST_ASK",
    "LONGEST_REFUND_WAIT",
    "MONEY_CAME",
    "PAID_TOPIC",
    "REFUND_TOPIC",
    "STILL_ASKED",
    "NotDisputed",
    "NothingToPay",
    "NothingToRefund",
    "PaymentDisputed",
    "RefundKeyReused",
    "RefundTooLarge",
    "accept_disputed",
    "ask",
    "close",
    "ensure_payment",
    "go_to_pay",
    "is_disputed",
    "notify_url",
    "open_payment",
    "refund_again",
    "refund_at_provider",
    "refund_disputed",
    "refund_part",
    "refund_wait",
    "send_refund",
    "settle",
    "settle_by_hand",
    "start_refund",
]
