"""Alipay: its page on a desktop, its mobile page on a phone; not inside WeChat, which does not open Alipay (F4)."""

from orders.payments.alipay.provider import Alipay

__all__ = ["Alipay"]
