"""WeChat Pay, API v3: RSA-signed both ways, AES-256-GCM resources, native, H5 and JSAPI, refunds, bills, OAuth."""

import base64
import gzip
import hashlib
import json
import re
import uuid
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import clock
from orders.payments.base import CHINA
from tests.standins import keys
from tests.standins.server import Answer, StandIn

SCHEME = "WECHATPAY2-SHA256-RSA2048"
V3_KEY = "0123456789abcdef0123456789abcdef"
STATES = {"waiting": "NOTPAY", "paid": "SUCCESS", "closed": "CLOSED", "failed": "PAYERROR"}
REFUND_STATES = {"waiting": "PROCESSING", "done": "SUCCESS", "failed": "CLOSED"}
OPENID = "oStandIn-member-1"
HEADER = """
交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,
微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注
"""
EARLY_NAMES = {"应结订单金额": "总金额", "代金券金额": "企业红包金额", "充值券退款金额": "企业红包退款金额"}


class WeChat(StandIn):
    """``with_certificates``: the merchant knows no public key and fetches platform certificates. ``switching``: it
    knows both, and we sign with the certificate still."""

    code = "wechat"
    merchant = "1900000001"
    app_id = "wx0123456789abcdef"
    serial = "4A5B6C7D8E9F"
    public_key_id = "PUB_KEY_ID_0119000000012026"

    def __init__(self, *args, with_certificates=False, switching=False, **options):
        super().__init__(*args, **options)
        self.with_certificates = with_certificates
        self.signs_by_certificate = with_certificates or switching
        self.certificate_downloads = 0
        self.codes = {}
        self.ask_referrer = False
        self.early_bill = False  # the columns of before 2018

    def settings(self):
        return {
            "WECHAT_PAY": {
                "merchant": self.merchant,
                "app_id": self.app_id,
                "app_secret": "standin-app-secret",
                "serial": self.serial,
                "private_key": keys.private_pem("merchant"),
                "v3_key": V3_KEY,
                "public_key": "" if self.with_certificates else keys.public_pem("wechat public"),
                "public_key_id": "" if self.with_certificates else self.public_key_id,
                "api": self.url,
                "login": self.url,
                "login_api": self.url,
            }
        }

    @property
    def certificate_serial(self):
        return f"{keys.certificate('wechat').serial_number:X}"

    # Signing

    def signed(self, body, *, key=None, at=None, serial=None):
        timestamp, nonce = str(int((at or clock.now()).timestamp())), uuid.uuid4().hex
        own = self.certificate_serial if self.signs_by_certificate else self.public_key_id
        key = key or ("wechat" if self.signs_by_certificate else "wechat public")
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": serial or own,
            "Wechatpay-Signature": keys.sign(key, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
            "Wechatpay-Signature-Type": SCHEME,
        }

    def encrypted(self, text, *, associated="transaction", v3_key=V3_KEY):
        nonce = uuid.uuid4().hex[:12]
        sealed = AESGCM(v3_key.encode()).encrypt(nonce.encode(), text.encode(), associated.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": associated,
            "nonce": nonce,
        }

    def answer(self, data, status=200):
        body = json.dumps(data, ensure_ascii=False).encode() if data is not None else b""
        return Answer(body, status, {"Content-Type": "application/json", **self.signed(body)})

    def refusal(self, status, code):
        return Answer(json.dumps({"code": code, "message": code}), status, {"Content-Type": "application/json"})

    def _is_merchants(self, request):
        found = dict(re.findall(r'(\w+)="([^"]*)"', request.headers.get("authorization", "")))
        if not request.headers.get("authorization", "").startswith(SCHEME) or found.get("mchid") != self.merchant:
            return False
        text = f"{request.method}\n{request.target}\n{found['timestamp']}\n{found['nonce_str']}\n".encode()
        return found["serial_no"] == self.serial and keys.is_signed(
            "merchant", text + request.body + b"\n", found["signature"]
        )

    # Notifications

    def notification(self, trade, *, key=None, at=None, serial=None, v3_key=V3_KEY, event_id=None, **changes):
        data = self._trade(trade) | changes
        message = {
            "id": event_id or str(uuid.uuid4()),
            "create_time": clock.now().isoformat(),
            "event_type": "TRANSACTION.SUCCESS",
            "resource_type": "encrypt-resource",
            "summary": "支付成功",
            "resource": self.encrypted(json.dumps(data), v3_key=v3_key),
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = self.signed(body, key=key, at=at, serial=serial)
        return headers | {"Content-Type": "application/json"}, body

    def tell_refund(self, trade, refund):
        data = {
            "mchid": self.merchant,
            "out_trade_no": trade.reference,
            "transaction_id": trade.number,
            "out_refund_no": refund.reference,
            "refund_id": refund.number,
            "refund_status": refund.word or REFUND_STATES[refund.state],
            "amount": {"total": trade.amount_fen, "refund": refund.amount_fen},
        }
        message = {
            "id": str(uuid.uuid4()),
            "event_type": f"REFUND.{refund.word or REFUND_STATES[refund.state]}",
            "resource_type": "encrypt-resource",
            "resource": self.encrypted(json.dumps(data), associated="refund"),
        }
        body = json.dumps(message).encode()
        return self.deliver(trade.notify_url, self.signed(body) | {"Content-Type": "application/json"}, body)

    # Endpoints

    def serve(self, request):
        path = request.path
        if path == "/connect/oauth2/authorize":
            return self._authorize(request)
        if path == "/sns/oauth2/access_token":
            openid = self.codes.pop(request.query.get("code"), None)
            return Answer(json.dumps({"openid": openid} if openid else {"errcode": 40029}), 200)
        if path.startswith("/h5/"):
            return self._h5(request)
        if path.startswith("/scan/"):
            return self._scan(request)
        if not self._is_merchants(request):
            return self.refusal(401, "SIGN_ERROR")
        if path == "/v3/certificates":
            return self._certificates()
        if path.startswith("/v3/pay/transactions/out-trade-no/"):
            return self._known(request, path.split("/")[5])
        if path.startswith("/v3/pay/transactions/"):
            return self._create(json.loads(request.body), kind=path.rpartition("/")[2])
        if path.startswith("/v3/refund/domestic/refunds"):
            return self._refund(request)
        if path == "/v3/bill/tradebill":
            return self._bill(request)
        if path == "/v3/billdownload/file":
            return Answer(gzip.compress(self.bill(request.query["day"])), 200, {"Content-Type": "application/gzip"})
        return self.refusal(404, "NOT_FOUND")

    def _create(self, order, *, kind):
        assert (order["mchid"], order["appid"]) == (self.merchant, self.app_id)
        trade = self.trade(
            order["out_trade_no"],
            order["amount"]["total"],
            title=order["description"],
            notify_url=order["notify_url"],
        )
        if trade.amount_fen != order["amount"]["total"] or trade.extra.setdefault("kind", kind) != kind:
            return self.refusal(403, "OUT_TRADE_NO_USED")
        if trade.state != "waiting":
            return self.refusal(400, "ORDERPAID" if trade.state == "paid" else "ORDER_CLOSED")
        if kind == "native":
            return self.answer({"code_url": f"weixin://wxpay/bizpayurl?pr={trade.reference}"})
        if kind == "h5":
            assert order["scene_info"]["payer_client_ip"]
            return self.answer({"h5_url": f"{self.url}/h5/{trade.reference}/?prepay_id=wx{trade.reference}"})
        if order["payer"]["openid"] != OPENID:
            return self.refusal(400, "PARAM_ERROR")
        return self.answer({"prepay_id": f"wx{trade.reference}"})

    def bridge(self, parameters):
        """What WeChat's browser does with the parameters of its payment window: check the signature, take the money."""
        lines = [parameters[name] for name in ("appId", "timeStamp", "nonceStr", "package")]
        content = "".join(f"{line}\n" for line in lines).encode()
        if not keys.is_signed("merchant", content, parameters["paySign"]):
            return {"err_msg": "get_brand_wcpay_request:fail"}
        self.pay(parameters["package"].removeprefix("prepay_id=wx"))
        return {"err_msg": "get_brand_wcpay_request:ok"}

    def _known(self, request, reference):
        trade = self.trades.get(reference)
        if trade is None:
            return self.refusal(404, "ORDER_NOT_EXIST")
        if request.path.endswith("/close"):
            if trade.state == "paid":
                return self.refusal(400, "ORDERPAID")
            trade.state = "closed"
            return Answer(b"", 204, self.signed(b""))
        return self.answer(self._trade(trade))

    def _trade(self, trade):
        state = trade.word or ("REFUND" if trade.refunds else STATES[trade.state])
        data = {"appid": self.app_id, "mchid": self.merchant, "out_trade_no": trade.reference, "trade_state": state}
        data["amount"] = {"total": trade.amount_fen, "payer_total": trade.amount_fen, "currency": "CNY"}
        if trade.state == "paid":
            data |= {"transaction_id": trade.number, "success_time": trade.paid_at.isoformat()}
        return data

    def _refund(self, request):
        if request.method == "GET":
            name = request.path.rpartition("/")[2]
            found = [refund for trade in self.trades.values() for refund in trade.refunds.values()]
            refund = next((each for each in found if each.reference == name), None)
            return self.answer(self._refund_data(refund)) if refund else self.refusal(404, "RESOURCE_NOT_EXISTS")
        order = json.loads(request.body)
        trade = self.trades.get(order["out_trade_no"])
        if trade is None or order["amount"]["total"] != trade.amount_fen:
            return self.refusal(404, "RESOURCE_NOT_EXISTS")
        refund = self.give_back(trade, order["out_refund_no"], order["amount"]["refund"])
        return self.answer(self._refund_data(refund)) if refund else self.refusal(400, "INVALID_REQUEST")

    def _refund_data(self, refund):
        return {
            "refund_id": refund.number,
            "out_refund_no": refund.reference,
            "status": refund.word or REFUND_STATES[refund.state],
            "amount": {"refund": refund.amount_fen},
        }

    def _certificates(self):
        self.certificate_downloads += 1
        sealed = self.encrypted(keys.certificate_pem("wechat"), associated="certificate")
        return self.answer({"data": [{"serial_no": self.certificate_serial, "encrypt_certificate": sealed}]})

    def _bill(self, request):
        day = request.query["bill_date"]
        if not self.stated(day):
            return self.refusal(400, "NO_STATEMENT_EXIST")
        digest = hashlib.sha1(self.bill(day), usedforsecurity=False).hexdigest()
        url = f"{self.url}/v3/billdownload/file?day={day}"
        return self.answer({"hash_type": "SHA1", "hash_value": digest, "download_url": url})

    def stated(self, day):
        """``(trade, refund or None)`` of a day of China's clock."""
        found = [(trade, None) for trade in self.trades.values() if trade.paid_at]
        found += [(trade, refund) for trade, _none in found for refund in trade.refunds.values()]
        return [
            (trade, refund)
            for trade, refund in found
            if (refund.at if refund else trade.paid_at).astimezone(CHINA).date().isoformat() == day
        ]

    def bill(self, day):
        header = HEADER.replace("\n", "").split(",")
        if self.early_bill:
            header = [name for name in header if name not in ("订单金额", "申请退款金额", "费率备注")]
        shown = [EARLY_NAMES.get(name, name) if self.early_bill else name for name in header]
        lines = [",".join(shown)]
        for trade, refund in self.stated(day):
            moment = (refund.at if refund else trade.paid_at).astimezone(CHINA)
            row = dict.fromkeys(header, "0") | {
                "交易时间": f"{moment:%Y-%m-%d %H:%M:%S}",
                "微信订单号": trade.number,
                "商户订单号": trade.reference,
                "交易状态": "REFUND" if refund else "SUCCESS",
                "订单金额": "0.00" if refund else f"{trade.amount_fen / 100:.2f}",
                "应结订单金额": "0.00" if refund else f"{trade.amount_fen / 100:.2f}",
                "微信退款单号": refund.number if refund else "0",
                "商户退款单号": refund.reference if refund else "0",
                "退款金额": f"{refund.amount_fen / 100:.2f}" if refund else "0.00",
                "申请退款金额": f"{refund.amount_fen / 100:.2f}" if refund else "0.00",
                "退款状态": "SUCCESS" if refund else "",
                "商品名称": trade.title,
                "商户数据包": "",
                "费率": "0.60%",
            }
            lines.append(",".join(f"`{row[name]}" for name in header))  # as the real one: nothing is quoted
        sums = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
        lines += [sums, ",".join(["`0"] * 7), ""]
        return ("\ufeff" + self.spoil("\r\n".join(lines))).encode()

    # Pages

    def _authorize(self, request):
        code = uuid.uuid4().hex
        self.codes[code] = OPENID
        back = request.query["redirect_uri"]
        mark = "&" if "?" in back else "?"
        return Answer(
            b"", 302, {"Location": f"{back}{mark}{urlencode({'code': code, 'state': request.query['state']})}"}
        )

    def _h5(self, request):
        trade = self.trades[request.path.split("/")[2]]
        if request.method == "POST":
            self.decide(trade, request)
            return Answer(b"", 303, {"Location": request.query["redirect_url"]})
        if self.ask_referrer and not request.headers.get("referer"):
            return Answer("商家存在未配置的参数，请联系商家解决", 403)
        action = f"{request.path}?redirect_url={quote(request.query['redirect_url'], safe='')}"
        return self.pay_page(trade, action=action)

    def _scan(self, request):
        """What WeChat shows to whoever scanned the code of a trade."""
        trade = self.trades[request.path.split("/")[2]]
        if request.method == "POST":
            self.decide(trade, request)
            return Answer("<!doctype html><h1>支付完成</h1>")
        return self.pay_page(trade, action=request.path)
