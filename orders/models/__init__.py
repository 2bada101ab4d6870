"""Tables of the orders app: cart, order, coupons, shipping rates, payment, parcels, after-sale."""

from orders.models.after_sale import (
    SHOPS_FAULT,
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSaleMove,
    AfterSalePicture,
    AfterSaleReason,
    AfterSaleState,
    StockBack,
)
from orders.models.cart import CartLine
from orders.models.coupons import Coupon, CouponClaim, CouponKind, CouponType
from orders.models.order import PAID_FEN, PAID_POINTS, CancelReason, Order, OrderItem, OrderMove, OrderState
from orders.models.payment import (
    NotificationState,
    Payment,
    PaymentNotification,
    PaymentRefund,
    PaymentState,
    RefundState,
)
from orders.models.sandbox import SandboxCharge
from orders.models.shipment import Carrier, ParcelState, Shipment, ShipmentPart, Tracking, TrackingEvent
from orders.models.shipping_rates import ShippingRate
from orders.models.statement import (
    DifferenceKind,
    DifferenceState,
    LineKind,
    Statement,
    StatementDifference,
    StatementLine,
)

__all__ = [
    "PAID_FEN",
    "PAID_POINTS",
    "SHOPS_FAULT",
    "AfterSale",
    "AfterSaleItem",
    "AfterSaleKind",
    "AfterSaleMove",
    "AfterSalePicture",
    "AfterSaleReason",
    "AfterSaleState",
    "CancelReason",
    "Carrier",
    "CartLine",
    "Coupon",
    "CouponClaim",
    "CouponKind",
    "CouponType",
    "DifferenceKind",
    "DifferenceState",
    "LineKind",
    "NotificationState",
    "Order",
    "OrderItem",
    "OrderMove",
    "OrderState",
    "ParcelState",
    "Payment",
    "PaymentNotification",
    "PaymentRefund",
    "PaymentState",
    "RefundState",
    "SandboxCharge",
    "Shipment",
    "ShipmentPart",
    "ShippingRate",
    "Statement",
    "StatementDifference",
    "StatementLine",
    "StockBack",
    "Tracking",
    "TrackingEvent",
]
