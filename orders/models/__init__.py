"""Tables of the orders app: cart, order, payment, shipment."""

from orders.models.cart import CartLine
from orders.models.order import CancelReason, Order, OrderItem, OrderMove, State
from orders.models.payment import NotificationState, Payment, PaymentNotification, PaymentState
from orders.models.shipment import Carrier, Shipment
from orders.sandbox_gateway.models import SandboxCharge

__all__ = [
    "CancelReason",
    "Carrier",
    "CartLine",
    "NotificationState",
    "Order",
    "OrderItem",
    "OrderMove",
    "Payment",
    "PaymentNotification",
    "PaymentState",
    "SandboxCharge",
    "Shipment",
    "State",
]
