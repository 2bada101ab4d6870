"""Reads of the orders app."""

from orders.queries.basket import Basket, BasketLine, basket_of_cart, basket_of_choice, cart_count
from orders.queries.history import STATE_FILTERS, count_by_state, order_page, orders_of, show_pictures

__all__ = [
    "STATE_FILTERS",
    "Basket",
    "BasketLine",
    "basket_of_cart",
    "basket_of_choice",
    "cart_count",
    "count_by_state",
    "order_page",
    "orders_of",
    "show_pictures",
]
