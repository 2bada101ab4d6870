"""UnionPay: any bank card, on the page of its gateway (全渠道), on every device (F4)."""

from orders.payments.unionpay.provider import UnionPay

__all__ = ["UnionPay"]
