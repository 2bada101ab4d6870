"""The states of WeChat Pay's documents (API v3: query of an order, query of a refund), and what they mean for us."""

from orders.payments.base import DECLINED, DONE, FAILED, PAID, RETURNED, UNCLEAR, WAITING

TRADES = {
    "SUCCESS": PAID,
    "REFUND": RETURNED,  # after any refund, in whole or in part
    "NOTPAY": WAITING,
    "USERPAYING": WAITING,
    "ACCEPT": WAITING,  # taken in, the money is still to be taken
    "PAYERROR": DECLINED,  # the bank said no; only closing ends an order
    "CLOSED": FAILED,
    "REVOKED": FAILED,
}
REFUNDS = {
    "SUCCESS": DONE,
    "PROCESSING": WAITING,
    "CLOSED": FAILED,  # the balance was too small for seven days; it takes another name to try again
    "ABNORMAL": UNCLEAR,  # the card is dead; the merchant ends it on WeChat Pay's own pages, and then it is a SUCCESS
}
ENDED_NAME = "CLOSED"
