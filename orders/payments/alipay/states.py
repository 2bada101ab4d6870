"""The states of Alipay's documents (trade query and notification, refund query), and what they mean for us."""

from orders.payments.base import ABSENT, DONE, FAILED, PAID, WAITING

TRADES = {
    "WAIT_BUYER_PAY": WAITING,
    "TRADE_SUCCESS": PAID,
    "TRADE_FINISHED": PAID,  # and too old to be given back
    "TRADE_CLOSED": FAILED,  # in time for paying; one that was paid first was given back in whole
}
REFUNDS = {
    "REFUND_SUCCESS": DONE,
    "REFUND_PROCESSING": WAITING,
    "REFUND_FAIL": FAILED,
    "": ABSENT,  # not taken in, or failed: it is sent again under its name
}
