"""Returns, refunds and exchanges: asked for by the member, decided by staff, settled in one step (F10)."""

from orders.after_sale.services import kept
from orders.after_sale.services.deciding import approve, receive, refuse
from orders.after_sale.services.requesting import ask, may_withdraw, send_back, withdraw
from orders.after_sale.services.settling import exchange, give_up_rest, settle

__all__ = [
    "approve",
    "ask",
    "exchange",
    "give_up_rest",
    "kept",
    "may_withdraw",
    "receive",
    "refuse",
    "send_back",
    "settle",
    "withdraw",
]
