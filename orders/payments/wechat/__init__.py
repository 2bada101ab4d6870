"""WeChat Pay, API v3: a code to scan on a desktop, a page of WeChat on a phone, its own window inside WeChat (F4)."""

from orders.payments.wechat.provider import WeChatPay

__all__ = ["WeChatPay"]
