"""Reads of the orders app."""

from orders.queries.basket import Basket, BasketLine, basket_of_cart, basket_of_choices, cart_count
from orders.queries.facts import NO_WISHES, Wishes, goods_of, pricing_facts, usable_coupons
from orders.queries.history import STATE_FILTERS, count_by_state, order_page, orders_of, show_pictures

__all__ = [
    "NO_WISHES",
    "STATE_FILTERS",
    "Basket",
    "BasketLine",
    "Wishes",
    "basket_of_cart",
    "basket_of_choices",
    "cart_count",
    "count_by_state",
    "goods_of",
    "order_page",
    "orders_of",
    "pricing_facts",
    "show_pictures",
    "usable_coupons",
]
