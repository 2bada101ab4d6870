"""What an order costs: one pure function for cart, checkout and order (F1, F2).

The client sends choices (which SKU, in which way, how many, which coupons, how many points to deduct); prices come
from the catalogue, and every amount is an integer: points, or fen. ``price_order`` runs the price rules, in the order
of ``Stage``, over the facts; each adds lines to the sum, so that whoever reads the total can follow it. How rules
follow each other, with an example: ``docs/pricing.md``.
"""

from orders.placing.rules.pricing import built_in
from orders.placing.rules.pricing.changes import Change, changes
from orders.placing.rules.pricing.facts import Choice, CouponTerms, DeductionPolicy, Goods, PricingFacts
from orders.placing.rules.pricing.order import Applied, Note, PricedLine, PricedOrder
from orders.placing.rules.pricing.registry import Draft, Stage, price_order, price_rule, rules
from orders.placing.rules.pricing.sums import SUM_LABELS, Sum, restored, stored

__all__ = [
    "SUM_LABELS",
    "Applied",
    "Change",
    "Choice",
    "CouponTerms",
    "DeductionPolicy",
    "Draft",
    "Goods",
    "Note",
    "PricedLine",
    "PricedOrder",
    "PricingFacts",
    "Stage",
    "Sum",
    "built_in",
    "changes",
    "price_order",
    "price_rule",
    "restored",
    "rules",
    "stored",
]
