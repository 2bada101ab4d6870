"""Staff pages of orders, payments and carriers."""

from orders.admin.carriers import CarrierAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.payments import PaymentAdmin, PaymentNotificationAdmin

__all__ = ["CarrierAdmin", "OrderAdmin", "PaymentAdmin", "PaymentNotificationAdmin"]
