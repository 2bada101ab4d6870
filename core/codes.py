"""Labels on staff pages for codes in the database: audit events, subjects, sources.

The tables hold short stable ASCII codes; people read the labels below. An unknown code is shown as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import actors

EVENTS = {
    "address.deleted": gettext_lazy("Address deleted"),
    "address.made_default": gettext_lazy("Default address chosen"),
    "address.saved": gettext_lazy("Address saved"),
    "aftersale.approved": gettext_lazy("Return approved"),
    "aftersale.exchanged": gettext_lazy("Exchange sent"),
    "aftersale.received": gettext_lazy("Returned goods received"),
    "aftersale.refused": gettext_lazy("Return refused"),
    "aftersale.requested": gettext_lazy("Return requested"),
    "aftersale.sent_back": gettext_lazy("Goods sent back"),
    "aftersale.settled": gettext_lazy("Return settled"),
    "approval.approved": gettext_lazy("Request approved"),
    "approval.asked": gettext_lazy("Approval requested"),
    "approval.refused": gettext_lazy("Request refused"),
    "carrier.changed": gettext_lazy("Carrier changed"),
    "carrier.created": gettext_lazy("Carrier added"),
    "category.changed": gettext_lazy("Category changed"),
    "category.created": gettext_lazy("Category added"),
    "category.deleted": gettext_lazy("Category deleted"),
    "codes.stopped": gettext_lazy("Sending of codes stopped"),
    "coupon.given_back": gettext_lazy("Coupon given back"),
    "coupon.revoked": gettext_lazy("Coupon withdrawn"),
    "coupon.used": gettext_lazy("Coupon used"),
    "coupon_type.changed": gettext_lazy("Kind of coupon changed"),
    "coupon_type.created": gettext_lazy("Kind of coupon added"),
    "coupons.given": gettext_lazy("Coupons given out"),
    "earning.approved": gettext_lazy("Held points approved"),
    "earning.appealed": gettext_lazy("Refusal of points appealed"),
    "earning.refused": gettext_lazy("Held points refused"),
    "earning.upheld": gettext_lazy("Refusal of points upheld"),
    "expiry.announced": gettext_lazy("Expiry announced"),
    "expiry.cancelled": gettext_lazy("Expiry cancelled"),
    "group.deleted": gettext_lazy("Group deleted"),
    "group.saved": gettext_lazy("Group saved"),
    "member.activated": gettext_lazy("Let in"),
    "member.birthday_set": gettext_lazy("Birthday set"),
    "member.deactivated": gettext_lazy("Kept out"),
    "member.email_confirmed": gettext_lazy("E-mail confirmed"),
    "member.email_preferred": gettext_lazy("Main e-mail chosen"),
    "member.email_removed": gettext_lazy("E-mail removed"),
    "member.linked": gettext_lazy("Linked with a partner's member"),
    "member.password_set": gettext_lazy("Password set"),
    "member.phone_changed": gettext_lazy("Phone changed"),
    "member.renamed": gettext_lazy("Name changed"),
    "member.second_step": gettext_lazy("Second step of signing in changed"),
    "member.signed_up": gettext_lazy("Signed up"),
    "member.staff_set": gettext_lazy("Rights of staff changed"),
    "member.way_in_changed": gettext_lazy("Way of signing in changed"),
    "order.cancelled": gettext_lazy("Order cancelled"),
    "order.list_exported": gettext_lazy("Shipping list exported"),
    "order.packing_printed": gettext_lazy("Packing lists printed"),
    "order.shipped": gettext_lazy("Order shipped"),
    "outbox.retried": gettext_lazy("Message tried again"),
    "parameter.changed": gettext_lazy("Parameter changed"),
    "partner.changed": gettext_lazy("Partner changed"),
    "partner.created": gettext_lazy("Partner added"),
    "partner.key_made": gettext_lazy("Partner's key made"),
    "partner.key_opened": gettext_lazy("Partner's key in force"),
    "partner.key_revoked": gettext_lazy("Partner's key revoked"),
    "partner.webhook_set": gettext_lazy("Partner's webhook set"),
    "payment.asked": gettext_lazy("Provider asked about a payment"),
    "payment.dispute_accepted": gettext_lazy("Wrong amount accepted"),
    "payment.dispute_refunded": gettext_lazy("Wrong amount sent back"),
    "payment.disputed": gettext_lazy("Wrong amount arrived"),
    "payment.marked_paid": gettext_lazy("Payment settled by hand as paid"),
    "payment.marked_unpaid": gettext_lazy("Payment settled by hand as not paid"),
    "payment.refund_due": gettext_lazy("Refund due"),
    "payment.refund_refused": gettext_lazy("Refund refused by the provider"),
    "payment.refund_retried": gettext_lazy("Refund tried again"),
    "payment.refund_settled": gettext_lazy("Refund settled by hand"),
    "payment.refunded": gettext_lazy("Refund done"),
    "payment.unclear": gettext_lazy("Payment unclear"),
    "payments.difference_resolved": gettext_lazy("Difference resolved"),
    "payments.reconciled": gettext_lazy("Statement compared"),
    "points.adjusted": gettext_lazy("Points adjusted"),
    "points.audited": gettext_lazy("Ledger audited"),
    "points.grant_refused": gettext_lazy("Batch of points refused"),
    "points.grant_requested": gettext_lazy("Batch of points handed in"),
    "points.grant_started": gettext_lazy("Batch of points started"),
    "points.grant_waits": gettext_lazy("Batch of points waits for approval"),
    "points.granted": gettext_lazy("Batch of points given"),
    "product.changed": gettext_lazy("Product changed"),
    "product.created": gettext_lazy("Product added"),
    "product.listed": gettext_lazy("Product listed"),
    "product.unlisted": gettext_lazy("Product unlisted"),
    "rules.alert_closed": gettext_lazy("Alert of the rules closed"),
    "rules.drafted": gettext_lazy("Rules drafted"),
    "rules.pilots_chosen": gettext_lazy("Pilot members chosen"),
    "rules.released": gettext_lazy("Rules released"),
    "rules.renamed": gettext_lazy("Rules renamed"),
    "rules.replayed": gettext_lazy("Rules tried on past purchases"),
    "rules.rule_added": gettext_lazy("Rule added"),
    "rules.rule_changed": gettext_lazy("Rule changed"),
    "rules.rule_moved": gettext_lazy("Rule moved"),
    "rules.rule_removed": gettext_lazy("Rule removed"),
    "rules.stopped": gettext_lazy("Rules stopped"),
    "rules.widened": gettext_lazy("Rules released to more members"),
    "rules.withdrawn": gettext_lazy("Rules withdrawn"),
    "script.failed": gettext_lazy("Script failed"),
    "script.returned": gettext_lazy("Script set back"),
    "script.saved": gettext_lazy("Script saved"),
    "script.serves": gettext_lazy("Script version put into use"),
    "shipping_file.shipped": gettext_lazy("Orders shipped by file"),
    "shipping_rate.changed": gettext_lazy("Shipping rate changed"),
    "shipping_rate.created": gettext_lazy("Shipping rate added"),
    "tier.demoted": gettext_lazy("Tier lowered"),
    "tier.figures_set": gettext_lazy("Tier's figures set"),
    "tier.pinned": gettext_lazy("Tier pinned"),
    "tier.promoted": gettext_lazy("Tier raised"),
    "tier.unpinned": gettext_lazy("Tier unpinned"),
    "webhook.replayed": gettext_lazy("Webhook sent again"),
}
THINGS = {
    "adjustment": gettext_lazy("Adjustment"),
    "aftersale": gettext_lazy("Return"),
    "alert": gettext_lazy("Alert"),
    "birthday": gettext_lazy("Birthday gift"),
    "campaign": gettext_lazy("Activity"),
    "carrier": gettext_lazy("Carrier"),
    "category": gettext_lazy("Category"),
    "codes": gettext_lazy("Sign-in codes"),
    "coupon": gettext_lazy("Coupon"),
    "coupon_type": gettext_lazy("Kind of coupon"),
    "deduction": gettext_lazy("Partner's deduction"),
    "earning": gettext_lazy("Held points"),
    "file": gettext_lazy("File"),
    "grant": gettext_lazy("Batch of points"),
    "group": gettext_lazy("Group"),
    "ledger": gettext_lazy("Ledger"),
    "mall": gettext_lazy("Mall"),
    "order": gettext_lazy("Order"),
    "orders": gettext_lazy("Orders"),
    "outbox": gettext_lazy("Message"),
    "parameter": gettext_lazy("Parameter"),
    "payment": gettext_lazy("Payment"),
    "product": gettext_lazy("Product"),
    "purchase": gettext_lazy("Purchase"),
    "rules": gettext_lazy("Rules"),
    "script": gettext_lazy("Script"),
    "script_version": gettext_lazy("Script version"),
    "shipping_rate": gettext_lazy("Shipping rate"),
    "shippingfile": gettext_lazy("Shipping file"),
    "sign_in": gettext_lazy("Daily sign-in"),
    "sign_up": gettext_lazy("Welcome gift"),
    "statement": gettext_lazy("Statement of a provider"),
    "tier": gettext_lazy("Tier"),
    "webhook": gettext_lazy("Webhook"),
    "what_if": gettext_lazy("Trial of rules"),
}
OUTCOMES = {  # what a payment provider says
    "failed": gettext_lazy("Not paid"),
    "paid": gettext_lazy("Payment made"),
    "refund": gettext_lazy("News of a refund"),
    "returned": gettext_lazy("Money returned"),
}
OPERATIONS = {  # what a partner calls
    "cancel": gettext_lazy("Cancel a deduction"),
    "confirm": gettext_lazy("Confirm a deduction"),
    "deduct": gettext_lazy("Deduct points"),
    "give_back": gettext_lazy("Give deducted points back"),
    "grant": gettext_lazy("Grant points"),
    "member": gettext_lazy("Find or make a member"),
    "purchase": gettext_lazy("Report a purchase"),
    "refund": gettext_lazy("Report a refund"),
}
TOPICS = {  # of the outbox
    "aftersale.ended": gettext_lazy("Return ended"),
    "coupons.to_give": gettext_lazy("Coupons to give out"),
    "grant.approved": gettext_lazy("Batch of points approved"),
    "member.signed_up": gettext_lazy("Member signed up"),
    "member.tier_changed": gettext_lazy("Member's tier changed"),
    "member.way_in_changed": gettext_lazy("Way of signing in changed"),
    "order.paid": gettext_lazy("Order paid"),
    "order.redeemed": gettext_lazy("Sales of an order counted"),
    "order.refunded": gettext_lazy("Order refunded"),
    "partner.event": gettext_lazy("News for a partner"),
    "payment.refund_due": gettext_lazy("Refund due"),
    "rules.announced": gettext_lazy("Rules announced"),
    "task.kept": gettext_lazy("Task to start"),
    "tiers.thresholds_changed": gettext_lazy("Thresholds of tiers changed"),
}

NAMES: dict[
    str, Callable[[str], str]
] = {}  # ``{thing: function}``: an app registers a function that turns the part after the colon into words


def events(codes: Iterable[str]) -> dict[str, str]:
    """``{code: words}`` of events of the trail."""
    return _words(EVENTS, codes)


def things(codes: Iterable[str]) -> dict[str, str]:
    """``{code: words}`` of subjects and sources, such as ``order:2026112000048``, ``file`` or ``partner:shop``."""
    people = actors.names(code for code in codes if code.startswith(("member:", "partner:")))
    return {code: people.get(code) or _thing(code) for code in codes}


def _words(table: Mapping[str, str | Promise], codes: Iterable[str]) -> dict[str, str]:
    return {code: str(table.get(code, code)) for code in codes}


def _thing(code: str) -> str:
    kind, _sign, name = code.partition(":")
    if kind not in THINGS:
        return code
    name = NAMES[kind](name) if name and kind in NAMES else name
    return _("%(kind)s: %(name)s") % {"kind": THINGS[kind], "name": name} if name else str(THINGS[kind])


# Columns of staff's tables that hold a code, by the name of the field: ``{name: function of codes}``.
COLUMNS: dict[str, Callable[[Iterable[str]], dict[str, str]]] = {
    **dict.fromkeys(
        ["by", "closed_by", "created_by", "decided_by", "ended_by", "pinned_by", "requested_by", "revoked_by"],
        actors.names,
    ),
    "event": events,
    "operation": partial(_words, OPERATIONS),
    "outcome": partial(_words, OUTCOMES),
    "source": things,
    "subject": things,
    "topic": partial(_words, TOPICS),
}


def word(column: str, code: str) -> str:
    """The words for one code of such a column."""
    return COLUMNS[column]([code])[code]
