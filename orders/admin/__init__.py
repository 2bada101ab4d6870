"""Staff pages of orders, after-sale, payments and carriers."""

from orders.admin.after_sale import AfterSaleAdmin
from orders.admin.carriers import CarrierAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.payments import PaymentAdmin, PaymentNotificationAdmin

__all__ = ["AfterSaleAdmin", "CarrierAdmin", "OrderAdmin", "PaymentAdmin", "PaymentNotificationAdmin"]
