"""UnionPay's answer codes (appendix 5 of its documents), and what they mean for a payment and for a refund.

Of a payment on UnionPay's page the documents say: refused, under way and not found are all in between, for the member
may take another card, until the order's ``payTimeout``; what is neither 00 nor A6 after it has failed. Of a refund:
after 03, 04 and 05 it is asked for again, any other answer is final.
"""

from orders.payments.base import ABSENT, DECLINED, DONE, FAILED, PAID, UNCLEAR, WAITING

DONE_CODES = ("00", "A6")  # done; done with a flaw
ON_ITS_WAY = ("03", "04", "05")  # no answer in time; nobody knows; taken in
AT_THE_CARD = "70"  # the member is typing
TAKEN_ALL_THE_SAME = ("42", "74", "75")  # "charged", but too late or not booked: somebody has to look
NOT_THERE = "34"
REFUSALS = (
    "01", "02", "06", "10", "11", "12", "13", "14", "30", "31", "32", "33", "35", "36", "37", "38", "39", "40", "41",
    "43", "44", "60", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "72", "73", "76", "77", "78", "79",
    "80", "82", "98", "99",
)  # fmt: skip
UNCERTAIN = dict.fromkeys(TAKEN_ALL_THE_SAME, UNCLEAR)

TRADES = {
    **dict.fromkeys(DONE_CODES, PAID),
    **dict.fromkeys((*ON_ITS_WAY, AT_THE_CARD), WAITING),
    **dict.fromkeys(REFUSALS, DECLINED),
    **UNCERTAIN,
    NOT_THERE: ABSENT,
}
REFUNDS = {
    **dict.fromkeys(DONE_CODES, DONE),
    **dict.fromkeys(ON_ITS_WAY, WAITING),
    **dict.fromkeys((*REFUSALS, AT_THE_CARD), FAILED),
    **UNCERTAIN,
    NOT_THERE: ABSENT,
}
# What it says at once to a request for a refund. Done means taken in; so does "12", one of that name was there before.
TRY_AGAIN = ("02", "06", "37", "39")  # closed, busy, asked too often, not at this hour
REQUESTS = REFUNDS | dict.fromkeys((*DONE_CODES, "12"), WAITING)
