"""Staff pages of orders, after-sale, payments and carriers."""

from orders.admin.after_sale import AfterSaleAdmin
from orders.admin.carriers import CarrierAdmin
from orders.admin.coupons import CouponAdmin, CouponTypeAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.payments import PaymentAdmin, PaymentNotificationAdmin
from orders.admin.shipping_rates import ShippingRateAdmin
from orders.admin.statements import StatementAdmin, StatementDifferenceAdmin

__all__ = [
    "AfterSaleAdmin",
    "CarrierAdmin",
    "CouponAdmin",
    "CouponTypeAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "PaymentNotificationAdmin",
    "ShippingRateAdmin",
    "StatementAdmin",
    "StatementDifferenceAdmin",
]
