"""Alipay's open platform: RSA2 both ways over form posts, page and wap, refunds, a bill in a zip."""

import io
import json
import uuid
import zipfile
from urllib.parse import urlencode

from core import clock
from orders.payments.base import CHINA
from tests.standins import keys
from tests.standins.server import Answer, StandIn

STATES = {"waiting": "WAIT_BUYER_PAY", "paid": "TRADE_SUCCESS", "closed": "TRADE_CLOSED", "failed": "TRADE_CLOSED"}
HEADER = """
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,
支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,
退款批次号/请求号,服务费（元）,分润（元）,备注
"""


class Alipay(StandIn):
    code = "alipay"
    merchant = "2021000000000001"
    seller = "2088000000000001"

    def settings(self):
        return {
            "ALIPAY": {
                "app_id": self.merchant,
                "seller_id": self.seller,
                "private_key": keys.private_pem("merchant"),
                "public_key": keys.public_pem("alipay"),
                "gateway": f"{self.url}/gateway.do",
            }
        }

    # Signing

    def _is_merchants(self, fields):
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign")
        is_signed = keys.is_signed("merchant", text.encode(), fields.get("sign", ""))
        return is_signed and (fields.get("app_id"), fields.get("sign_type")) == (self.merchant, "RSA2")

    def answer(self, method, data, *, key="alipay"):
        content = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        name = f"{method.replace('.', '_')}_response"
        body = f'{{"{name}":{content},"sign":"{keys.sign(key, content.encode())}"}}'
        return Answer(body, 200, {"Content-Type": "application/json;charset=utf-8"})

    def notification(self, trade, *, key="alipay", event_id=None, sign_type="RSA2", **changes):
        fields = {
            "notify_id": event_id or uuid.uuid4().hex,
            "notify_type": "trade_status_sync",
            "notify_time": f"{clock.now().astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
            "charset": "utf-8",
            "version": "1.0",
            "app_id": self.merchant,
            "seller_id": self.seller,
            "out_trade_no": trade.reference,
            "trade_no": trade.number,
            "trade_status": trade.word or STATES[trade.state],
            "total_amount": f"{trade.amount_fen / 100:.2f}",
            "subject": trade.title,
        } | changes
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        fields |= {"sign_type": sign_type, "sign": keys.sign(key, text.encode(fields["charset"]))}
        headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={fields['charset']}"}
        return headers, urlencode(fields, encoding=fields["charset"]).encode()

    def tell_refund(self, trade, refund):
        given = f"{sum(each.amount_fen for each in trade.refunds.values()) / 100:.2f}"
        moment = f"{refund.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        return self.tell(trade, refund_fee=given, gmt_refund=moment, out_biz_no=refund.reference)

    # Endpoints

    def serve(self, request):
        if request.path.startswith("/cashier/"):
            trade = self.trades[request.path.split("/")[2]]
            self.decide(trade, request)
            said = urlencode({"out_trade_no": trade.reference, "trade_no": trade.number, "method": "alipay.trade.page"})
            return Answer(b"", 303, {"Location": f"{trade.return_url}?{said}"})
        if request.path == "/bill":
            return Answer(self.bill(request.query["day"]), 200, {"Content-Type": "application/zip"})
        fields = request.form if request.method == "POST" else request.query
        method, content = fields.get("method", ""), json.loads(fields.get("biz_content", "{}"))
        if not self._is_merchants(fields):
            return self.answer(method, {"code": "40002", "sub_code": "isv.invalid-signature"})
        if method in ("alipay.trade.page.pay", "alipay.trade.wap.pay"):
            return self._open(fields, content, method)
        act = {
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }[method]
        if method.startswith("alipay.trade") and content.get("out_trade_no") not in self.trades:
            return self.answer(method, {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"})
        return self.answer(method, act(content))

    def _open(self, fields, content, method):
        """The member's browser has come: a trade exists from now on."""
        product = {"alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY", "alipay.trade.wap.pay": "QUICK_WAP_WAY"}
        assert content["product_code"] == product[method]
        whole, _point, part = content["total_amount"].partition(".")
        trade = self.trade(
            content["out_trade_no"],
            int(whole) * 100 + int(part),
            title=content["subject"],
            notify_url=fields["notify_url"],
            return_url=fields["return_url"],
        )
        return self.pay_page(trade, action=f"/cashier/{trade.reference}")

    def _query(self, content):
        trade = self.trades[content["out_trade_no"]]
        closed = trade.state == "paid" and sum(r.amount_fen for r in trade.refunds.values()) == trade.amount_fen
        data = {
            "code": "10000",
            "msg": "Success",
            "out_trade_no": trade.reference,
            "trade_no": trade.number,
            "trade_status": trade.word or ("TRADE_CLOSED" if closed else STATES[trade.state]),
            "total_amount": f"{trade.amount_fen / 100:.2f}",
        }
        if trade.paid_at:
            data["send_pay_date"] = f"{trade.paid_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        return data

    def _close(self, content):
        trade = self.trades[content["out_trade_no"]]
        if trade.state == "paid":
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
        trade.state = "closed"
        return {"code": "10000", "msg": "Success", "out_trade_no": trade.reference}

    def _refund(self, content):
        trade = self.trades[content["out_trade_no"]]
        whole, _point, part = content["refund_amount"].partition(".")
        is_new = content["out_request_no"] not in trade.refunds
        refund = self.give_back(trade, content["out_request_no"], int(whole) * 100 + int(part))
        if refund is None:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.REASON_TRADE_REFUND_FEE_ERR"}
        changed = "Y" if is_new and refund.state == "done" else "N"
        return {"code": "10000", "msg": "Success", "trade_no": trade.number, "fund_change": changed}

    def _query_refund(self, content):
        trade = self.trades[content["out_trade_no"]]
        refund = trade.refunds.get(content["out_request_no"])
        data = {"code": "10000", "msg": "Success", "trade_no": trade.number}
        if refund is not None:
            word = "REFUND_SUCCESS" if refund.state == "done" else "REFUND_PROCESSING"
            data["refund_amount"] = f"{refund.amount_fen / 100:.2f}"
            data |= {"refund_status": refund.word or word} if refund.word != "" else {}
        return data

    def _bill(self, content):
        if not self.stated(content["bill_date"]):
            return {"code": "40004", "msg": "Business Failed", "sub_code": "isp.bill_not_exist"}
        url = f"{self.url}/bill?day={content['bill_date']}"
        return {"code": "10000", "msg": "Success", "bill_download_url": url}

    def stated(self, day):
        found = [(trade, None) for trade in self.trades.values() if trade.paid_at]
        found += [(trade, refund) for trade, _none in found for refund in trade.refunds.values()]
        moments = [(trade, refund, refund.at if refund else trade.paid_at) for trade, refund in found]
        return [each for each in moments if each[2].astimezone(CHINA).date().isoformat() == day]

    def bill(self, day):
        header = HEADER.replace("\n", "").split(",")
        lines = ["#支付宝业务明细查询", "#账号：[20880000000000010156]", "#-----业务明细列表-----", ",".join(header)]
        for trade, refund, at in self.stated(day):
            amount = (-refund.amount_fen if refund else trade.amount_fen) / 100
            moment = f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
            row = dict.fromkeys(header, "") | {
                "支付宝交易号": f"{trade.number}\t",
                "商户订单号": f"{trade.reference}\t",
                "业务类型": "退款" if refund else "交易",
                "商品名称": trade.title,
                "创建时间": moment,
                "完成时间": moment,
                "对方账户": "*雯(138****0001)",
                "订单金额（元）": f"{amount:.2f}",
                "退款批次号/请求号": f"{refund.reference}\t" if refund else "",
                "备注": trade.extra.get("remark", ""),
            }
            lines.append(",".join(row[name] for name in header))  # as the real one: nothing is quoted
        lines += ["#-----业务明细列表结束-----", ""]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("summary.csv", "#汇总\r\n门店编号,门店名称,交易订单总笔数\r\n".encode("gb18030"))
            archive.writestr("details.csv", self.spoil("\r\n".join(lines)).encode("gb18030"))
        return packed.getvalue()
