"""The provider: Alipay's pages, and what its trade states mean for us."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import pem
from orders.payments import http
from orders.payments.alipay import api, bill, states
from orders.payments.base import (
    ABSENT,
    CHINA,
    DONE,
    FAILED,
    REFUND_NEWS,
    RETURNED,
    UNCLEAR,
    WAITING,
    BadCallback,
    NoStatement,
    Notification,
    Provider,
    ProviderUnavailable,
    Redirect,
    RefundRefused,
    Status,
    first_mismatch,
)
from orders.payments.devices import Device
from orders.payments.money import fen, yuan

PAGES = {
    Device.DESKTOP: ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    Device.PHONE: ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
}
CURRENCY = "CNY"
NOT_THERE = "ACQ.TRADE_NOT_EXIST"
OF_THE_BUSINESS = "ACQ."  # other errors are of the exchange: signature, rights, load
TRY_AGAIN = {"ACQ.SYSTEM_ERROR", "ACQ.SELLER_BALANCE_NOT_ENOUGH"}
LONGEST_TITLE = 100


class Alipay(Provider):
    """Alipay of one application."""

    code = "alipay"
    label = _("Alipay")
    icon = "scan-line"
    devices = frozenset(PAGES)

    @property
    def merchant(self):
        return settings.ALIPAY["app_id"]

    @property
    def needs(self):
        names = ("app_id", "private_key", "public_key")
        return {f"ALIPAY_{name.upper()}": settings.ALIPAY[name] for name in names}

    @property
    def faults(self):
        private, public = settings.ALIPAY["private_key"], settings.ALIPAY["public_key"]
        found = {
            "ALIPAY_PRIVATE_KEY": pem.fault(pem.private_key, private),
            "ALIPAY_PUBLIC_KEY": pem.fault(pem.public_key, public),
            "ALIPAY_GATEWAY": http.address_fault(settings.ALIPAY["gateway"]),
        }
        if private and public and not any(found.values()) and pem.is_pair(private, public):
            found["ALIPAY_PUBLIC_KEY"] = "is the application's own; Alipay shows its own beside it"
        return {name: why for name, why in found.items() if why}

    @property
    def form_origins(self):
        gateway = urlsplit(settings.ALIPAY["gateway"])
        if gateway.hostname.endswith(".alipay.com"):
            return ("https://*.alipay.com",)  # the gateway sends on to its cashier
        return (f"{gateway.scheme}://{gateway.netloc}",)

    def kind(self, device):
        return "page" if device == Device.DESKTOP else "wap"

    def create(self, *, charge, title, expires_at, visit):
        method, product = PAGES[visit.device]
        content = {
            "out_trade_no": charge.reference,
            "total_amount": yuan(charge.amount_fen),
            "subject": title[:LONGEST_TITLE],
            "product_code": product,
            "time_expire": f"{expires_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        }
        if visit.device == Device.PHONE:
            content["quit_url"] = visit.return_url
        return Redirect(api.address(method, content, return_url=visit.return_url, notify_url=visit.notify_url))

    def query(self, *, charge, at):
        try:
            answer = api.call("alipay.trade.query", {"out_trade_no": charge.reference})
        except api.Refused as refused:
            if refused.code == NOT_THERE:  # nobody has opened the page yet
                return Status(WAITING)
            raise ProviderUnavailable from refused
        word = str(answer.get("trade_status", ""))
        outcome = states.TRADES.get(word, UNCLEAR)
        if outcome == FAILED and answer.get("send_pay_date"):
            outcome = RETURNED
        try:
            ours = first_mismatch(
                ("order", answer.get("out_trade_no"), charge.reference),
                ("currency", answer.get("trans_currency", CURRENCY), CURRENCY),
            )
            return _status(outcome, word, answer, fen(answer["total_amount"]), ours)
        except (KeyError, ValueError) as error:
            raise ProviderUnavailable from error

    def close(self, *, charge):
        try:
            api.call("alipay.trade.close", {"out_trade_no": charge.reference})
        except api.Refused as refused:
            # A page that was never opened makes no trade, and one opened later could still be paid: asked on.
            if refused.code in (NOT_THERE, "ACQ.TRADE_STATUS_ERROR"):
                return False
            raise ProviderUnavailable from refused
        return True

    def refund(self, *, refund):
        content = {
            "out_trade_no": refund.charge.reference,
            "out_request_no": refund.reference,
            "refund_amount": yuan(refund.amount_fen),
        }
        try:
            answer = api.call("alipay.trade.refund", content)
        except api.Refused as refused:
            if refused.code in TRY_AGAIN or not refused.code.startswith(OF_THE_BUSINESS):
                raise ProviderUnavailable from refused
            raise RefundRefused(word=refused.code) from refused
        # "N" is said of a repeated call too; whether the money went is asked then.
        changed = str(answer.get("fund_change", ""))
        return _status(DONE if changed == "Y" else WAITING, f"fund_change={changed}", answer, refund.amount_fen)

    def query_refund(self, *, refund):
        content = {"out_trade_no": refund.charge.reference, "out_request_no": refund.reference}
        try:
            answer = api.call("alipay.trade.fastpay.refund.query", content)
        except api.Refused as refused:
            if refused.code == NOT_THERE:
                return Status(ABSENT)
            raise ProviderUnavailable from refused
        word = str(answer.get("refund_status", ""))
        outcome = states.REFUNDS.get(word, UNCLEAR)
        try:
            ours = first_mismatch(("order", answer.get("out_request_no", refund.reference), refund.reference))
            return _status(outcome, word, answer, fen(answer.get("refund_amount") or "0"), ours)
        except ValueError as error:
            raise ProviderUnavailable from error

    def parse_callback(self, *, headers, body, at):
        fields = api.verified(body)
        seller = settings.ALIPAY["seller_id"]
        try:
            is_refund = fen(fields.get("refund_fee") or "0") > 0
            word = fields["trade_status"]
            return Notification(
                event_id=fields["notify_id"][:64],
                outcome=REFUND_NEWS if is_refund else states.TRADES.get(word, UNCLEAR),
                reference=fields["out_trade_no"],
                amount_fen=fen(fields["total_amount"]),
                provider_id=fields.get("trade_no", "")[:64],
                word=word[:64],
                mismatch=first_mismatch(
                    ("application", fields["app_id"], self.merchant),
                    ("merchant", fields.get("seller_id") if seller else "", seller),
                ),
            )
        except (KeyError, ValueError) as error:
            raise BadCallback from error

    def statement(self, *, day):
        content = {"bill_type": "trade", "bill_date": day.isoformat()}
        try:
            answer = api.call("alipay.data.dataservice.bill.downloadurl.query", content)
        except api.Refused as refused:
            if "bill_not_exist" in refused.code:
                raise NoStatement(provider=self.label, day=day) from refused
            raise ProviderUnavailable from refused
        return bill.read(http.download(answer.get("bill_download_url", "")))


def _status(outcome, word, answer, amount_fen, mismatch=""):
    return Status(outcome, amount_fen, str(answer.get("trade_no", ""))[:64], word[:64], mismatch)
