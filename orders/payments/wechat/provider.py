"""The provider: which kind for which device, and what WeChat Pay's states mean for us."""

import json
import re
import uuid
from urllib.parse import quote, urlencode, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import clock, pem
from orders.payments import http
from orders.payments.base import (
    ABSENT,
    CHINA,
    REFUND_NEWS,
    UNCLEAR,
    WAITING,
    BadCallback,
    Bridge,
    Code,
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
from orders.payments.wechat import api, bill, states

KINDS = {Device.DESKTOP: "native", Device.PHONE: "h5", Device.WECHAT: "jsapi"}
NOT_THERE = {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"}
TRY_AGAIN = {"SYSTEM_ERROR", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT", "NOT_ENOUGH", "USER_PAYING"}
CURRENCY = "CNY"
HEXADECIMAL = re.compile(r"[0-9A-Fa-f]*")
PUBLIC_KEY_ID = "PUB_KEY_ID_"
LONGEST_TITLE = 40  # 127 bytes, three a Chinese character


class WeChatPay(Provider):
    """WeChat Pay of one merchant (not of a service provider)."""

    code = "wechat"
    label = _("WeChat Pay")
    icon = "message-circle"
    acknowledgement = '{"code": "SUCCESS", "message": ""}'
    acknowledgement_type = "application/json"
    proof = (api.TIMESTAMP, api.NONCE, api.SERIAL, api.SIGNATURE)

    @property
    def merchant(self):
        return settings.WECHAT_PAY["merchant"]

    @property
    def needs(self):
        names = ("merchant", "app_id", "app_secret", "serial", "private_key", "v3_key")
        return {f"WECHAT_PAY_{name.upper()}": settings.WECHAT_PAY[name] for name in names}

    @property
    def faults(self):
        ours = settings.WECHAT_PAY
        private, public, length = ours["private_key"], ours["public_key"], len(ours["v3_key"].encode())
        found = {
            "WECHAT_PAY_PRIVATE_KEY": pem.fault(pem.private_key, private),
            "WECHAT_PAY_PUBLIC_KEY": pem.fault(pem.public_key, public),
            "WECHAT_PAY_V3_KEY": f"has {length} characters, it must have 32" if length not in (0, 32) else "",
            "WECHAT_PAY_SERIAL": "is not hexadecimal" if not HEXADECIMAL.fullmatch(ours["serial"]) else "",
            "WECHAT_PAY_API": http.address_fault(ours["api"]),
            "WECHAT_LOGIN": http.address_fault(ours["login"]),
            "WECHAT_LOGIN_API": http.address_fault(ours["login_api"]),
        }
        if ours["public_key_id"] and not ours["public_key_id"].startswith(PUBLIC_KEY_ID):
            found["WECHAT_PAY_PUBLIC_KEY_ID"] = f"is the number that begins with {PUBLIC_KEY_ID}"
        if bool(public) != bool(ours["public_key_id"]):
            alone = "WECHAT_PAY_PUBLIC_KEY_ID" if public else "WECHAT_PAY_PUBLIC_KEY"
            found[alone] = "is not set; the public key and its number are given together"
        elif private and public and not any(found.values()) and pem.is_pair(private, public):
            found["WECHAT_PAY_PUBLIC_KEY"] = "is the merchant's own; WeChat Pay's is wanted"
        return {name: why for name, why in found.items() if why}

    @property
    def form_origins(self):
        if "api.mch.weixin.qq.com" in settings.WECHAT_PAY["api"]:
            return (settings.WECHAT_PAY["login"], "https://wx.tenpay.com")
        return tuple({settings.WECHAT_PAY["login"], settings.WECHAT_PAY["api"]})

    def refusal(self, reason):
        return json.dumps({"code": "FAIL", "message": reason})

    def kind(self, device):
        return KINDS[device]

    def create(self, *, charge, title, expires_at, visit):
        kind = KINDS[visit.device]
        if kind == "jsapi" and not visit.payer:
            return Redirect(self._login_address(visit))
        order = {
            "appid": settings.WECHAT_PAY["app_id"],
            "mchid": self.merchant,
            "description": title[:LONGEST_TITLE],
            "out_trade_no": charge.reference,
            "time_expire": expires_at.astimezone(CHINA).isoformat(timespec="seconds"),
            "notify_url": visit.notify_url,
            "amount": {"total": charge.amount_fen, "currency": CURRENCY},
        }
        if kind == "h5":
            order["scene_info"] = {"payer_client_ip": visit.address or "127.0.0.1", "h5_info": {"type": "Wap"}}
        elif kind == "jsapi":
            order["payer"] = {"openid": visit.payer}
        answer = self._call("POST", f"/v3/pay/transactions/{kind}", order)
        try:
            if kind == "native":
                return Code(answer["code_url"])
            if kind == "h5":
                mark = "&" if urlsplit(answer["h5_url"]).query else "?"
                back = f"{mark}redirect_url={quote(visit.return_url, safe='')}"
                return Redirect(answer["h5_url"] + back, referrer=True)
            return self._bridge(answer["prepay_id"])
        except KeyError as error:
            raise ProviderUnavailable from error

    def payer_of(self, *, code):
        asked = {
            "appid": settings.WECHAT_PAY["app_id"],
            "secret": settings.WECHAT_PAY["app_secret"],
            "code": code,
            "grant_type": "authorization_code",
        }
        response = http.exchange("GET", f"{settings.WECHAT_PAY['login_api']}/sns/oauth2/access_token", params=asked)
        try:
            return str(response.json()["openid"])
        except (ValueError, KeyError, TypeError) as error:
            raise ProviderUnavailable from error

    def query(self, *, charge, at):
        try:
            answer = api.call("GET", f"/v3/pay/transactions/out-trade-no/{charge.reference}?mchid={self.merchant}")
        except api.Refused as refused:
            if refused.code in NOT_THERE:
                return Status(WAITING, word=refused.code)
            raise ProviderUnavailable from refused
        ours = first_mismatch(*self._ours(answer), ("order", answer.get("out_trade_no"), charge.reference))
        return _status(states.TRADES, answer, "trade_state", "total", "transaction_id", ours)

    def close(self, *, charge):
        try:
            api.call("POST", f"/v3/pay/transactions/out-trade-no/{charge.reference}/close", {"mchid": self.merchant})
        except api.Refused as refused:
            if refused.code in {"ORDER_CLOSED", "ORDERCLOSED"} | NOT_THERE:
                return True  # what does not exist there cannot be paid: its code was never given out
            if refused.code in {"ORDERPAID", "ORDER_PAID"}:
                return False
            raise ProviderUnavailable from refused
        return True

    def refund(self, *, refund):
        order = {
            "out_trade_no": refund.charge.reference,
            "out_refund_no": refund.reference,
            "notify_url": refund.notify_url,
            "amount": {"refund": refund.amount_fen, "total": refund.charge.amount_fen, "currency": CURRENCY},
        }
        try:
            return _refund_status(refund, api.call("POST", "/v3/refund/domestic/refunds", order))
        except api.Refused as refused:
            is_ours = refused.status in (httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS)
            if is_ours or refused.status >= httpx.codes.INTERNAL_SERVER_ERROR or refused.code in TRY_AGAIN:
                raise ProviderUnavailable from refused
            raise RefundRefused(word=refused.code) from refused

    def query_refund(self, *, refund):
        try:
            return _refund_status(refund, api.call("GET", f"/v3/refund/domestic/refunds/{refund.reference}"))
        except api.Refused as refused:
            if refused.code in NOT_THERE:
                return Status(ABSENT, word=refused.code)
            raise ProviderUnavailable from refused

    def needs_new_name(self, *, word):
        return word == states.ENDED_NAME

    def parse_callback(self, *, headers, body, at):
        message, told = api.opened(headers, body, at=at)
        try:
            is_refund = str(message["event_type"]).startswith("REFUND.")
            amount = told["amount"]
            word = str(told["refund_status" if is_refund else "trade_state"])
            return Notification(
                event_id=str(message["id"])[:64],
                outcome=REFUND_NEWS if is_refund else states.TRADES.get(word, UNCLEAR),
                reference=str(told["out_trade_no"]),
                amount_fen=int(amount["refund"] if is_refund else amount["total"]),
                provider_id=str(told.get("transaction_id", ""))[:64],
                word=word[:64],
                mismatch=first_mismatch(*self._ours(told, has_app=not is_refund)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadCallback from error

    def statement(self, *, day):
        try:
            answer = api.call("GET", f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL")
        except api.Refused as refused:
            if refused.code in {"NO_STATEMENT_EXIST", "STATEMENT_CREATING"}:
                raise NoStatement(provider=self.label, day=day) from refused
            raise ProviderUnavailable from refused
        content = api.download(answer.get("download_url", ""))
        return bill.read(content, digest=answer.get("hash_value", ""))

    def _ours(self, told, *, has_app=True):
        """What in a trade, or in the news of a refund, must be ours."""
        yield "merchant", told.get("mchid"), self.merchant
        if has_app:
            yield "application", told.get("appid"), settings.WECHAT_PAY["app_id"]
        yield "currency", _currency(told), CURRENCY

    def _call(self, method, path, body):
        try:
            return api.call(method, path, body)
        except api.Refused as refused:
            raise ProviderUnavailable from refused

    def _login_address(self, visit):
        """WeChat's page that sends the member back with a code; nothing is asked of them for the number alone."""
        asked = {
            "appid": settings.WECHAT_PAY["app_id"],
            "redirect_uri": visit.payer_url,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": visit.state,
        }
        return f"{settings.WECHAT_PAY['login']}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    def _bridge(self, prepay_id):
        app_id, nonce, package = settings.WECHAT_PAY["app_id"], uuid.uuid4().hex, f"prepay_id={prepay_id}"
        moment = str(int(clock.now().timestamp()))
        return Bridge(
            {
                "appId": app_id,
                "timeStamp": moment,
                "nonceStr": nonce,
                "package": package,
                "signType": "RSA",
                "paySign": api.sign(app_id, moment, nonce, package),
            }
        )


def _currency(told):
    """Not all answers name it: WeChat Pay's merchants at home take nothing else."""
    amount = told.get("amount")
    return amount.get("currency", CURRENCY) if isinstance(amount, dict) else CURRENCY


def _refund_status(refund, answer):
    name = ("order", answer.get("out_refund_no"), refund.reference)
    ours = first_mismatch(name, ("currency", _currency(answer), CURRENCY))
    return _status(states.REFUNDS, answer, "status", "refund", "refund_id", ours)


def _status(table, answer, state, amount, number, mismatch):
    try:
        fen = int((answer.get("amount") or {}).get(amount, 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise ProviderUnavailable from error
    word = str(answer.get(state, ""))
    return Status(table.get(word, UNCLEAR), fen, str(answer.get(number, ""))[:64], word[:64], mismatch)
