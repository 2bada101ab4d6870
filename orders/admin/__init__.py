"""Staff pages of orders, after-sale, payments and carriers."""

from orders.after_sale.admin import AfterSaleAdmin
from orders.coupons.admin import CouponAdmin, CouponTypeAdmin
from orders.pages.admin import OrderAdmin
from orders.payments.admin.payments import PaymentAdmin, PaymentNotificationAdmin
from orders.payments.admin.statements import StatementAdmin, StatementDifferenceAdmin
from orders.shipping.admin.carriers import CarrierAdmin
from orders.shipping.admin.shipping_rates import ShippingRateAdmin

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
