"""UnionPay's gateway: forms signed with certificates both ways, its page for cards, a statement of fixed columns."""

import base64
import hashlib
import html
import io
import zipfile
import zlib
from datetime import timedelta
from urllib.parse import urlencode

from orders.payments.base import CHINA
from orders.payments.unionpay.bill import COLUMNS
from orders.payments.unionpay.signing import NAME
from tests.standins import keys
from tests.standins.server import Answer, StandIn

CODES = {"waiting": "05", "done": "00", "paid": "00", "failed": "64", "closed": "64"}


class UnionPay(StandIn):
    code = "unionpay"
    host = "localhost"  # another site than the mall's 127.0.0.1: browsers withhold the mall's session from its forms
    merchant = "777290058110048"
    payable = ("waiting", "failed")  # with another card

    def settings(self):
        return {
            "UNIONPAY": {
                "merchant": self.merchant,
                "private_key": keys.private_pem("merchant"),
                "certificate": keys.certificate_pem("merchant"),
                "root_certificate": keys.certificate_pem("unionpay root"),
                "middle_certificate": keys.certificate_pem("unionpay middle", "unionpay root"),
                "gateway": self.url,
                "files": self.url,
            }
        }

    # Signing

    @staticmethod
    def _digest(fields):
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature")
        return hashlib.sha256(text.encode(fields.get("encoding", "UTF-8"))).hexdigest().encode()

    def _is_merchants(self, fields):
        return (
            fields.get("merId") == self.merchant
            and fields.get("certId") == str(keys.certificate("merchant").serial_number)
            and keys.is_signed("merchant", self._digest(fields), fields.get("signature", ""))
        )

    def signed(self, fields, *, key="unionpay", issuer="unionpay middle", name=f"041@Z12@{NAME}@00040000:SIGN"):
        fields = {each: str(value) for each, value in fields.items() if value not in ("", None)}
        fields["signPubKeyCert"] = keys.certificate_pem(key, issuer, name)
        return fields | {"signature": keys.sign(key, self._digest(fields))}

    def answer(self, fields):
        """Not encoded, as the real one answers."""
        fields = self.signed(fields)
        text = "&".join(f"{name}={value}" for name, value in fields.items())
        return Answer(text.encode(fields.get("encoding", "UTF-8")))

    def _about(self, trade):
        return {
            "version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "bizType": "000201", "accessType": "0",
            "merId": self.merchant, "orderId": trade.reference, "txnType": "01", "txnSubType": "01",
            "txnTime": trade.extra["txnTime"], "txnAmt": trade.amount_fen, "currencyCode": "156",
            "queryId": trade.number, "respCode": _word(trade), "respMsg": "成功[0000000]",
            "settleAmt": trade.amount_fen, "traceNo": "123456", "traceTime": "1122093000",
        }  # fmt: skip

    def notification(self, trade, *, key="unionpay", issuer="unionpay middle", name=None, **changes):
        options = {"key": key, "issuer": issuer} | ({"name": name} if name else {})
        fields = self.signed(self._about(trade) | changes, **options)
        headers = {"Content-Type": f"application/x-www-form-urlencoded;charset={fields['encoding']}"}
        return headers, urlencode(fields, encoding=fields["encoding"]).encode()

    def tell_refund(self, trade, refund):
        return self.tell(
            trade,
            txnType="04",
            txnSubType="00",
            orderId=refund.reference,
            txnAmt=refund.amount_fen,
            queryId=refund.number,
            origQryId=trade.number,
        )

    # Endpoints

    def serve(self, request):
        if request.path.startswith("/cashier/"):
            trade = self.trades[request.path.split("/")[2]]
            self.decide(trade, request)
            return self._back(trade)
        fields = request.form
        if not self._is_merchants(fields):
            return self.answer({"respCode": "11", "respMsg": "验证签名失败"})
        act = {
            "/gateway/api/frontTransReq.do": self._open,
            "/gateway/api/backTransReq.do": self._refund,
            "/gateway/api/queryTrans.do": self._query,
            "/": self._file,
        }[request.path]
        return act(fields)

    def _open(self, fields):
        assert fields["orderId"].isalnum()
        trade = self.trade(
            fields["orderId"],
            int(fields["txnAmt"]),
            title=f"订单 {fields['orderId']}",
            notify_url=fields["backUrl"],
            return_url=fields["frontUrl"],
        )
        trade.extra["txnTime"] = fields["txnTime"]
        return self.pay_page(trade, action=f"/cashier/{trade.reference}")

    def _back(self, trade):
        """The member goes back by a form that posts itself."""
        fields = self.signed(self._about(trade))
        inputs = "".join(
            f"<input type=hidden name='{name}' value='{html.escape(value)}'>" for name, value in fields.items()
        )
        return Answer(
            f"<!doctype html><title>返回商户</title><form method=post action='{html.escape(trade.return_url)}'>{inputs}"
            "<button>返回商户</button></form><script>document.forms[0].submit()</script>"
        )

    def _query(self, fields):
        same = {"merId": self.merchant, "orderId": fields["orderId"], "txnTime": fields["txnTime"]}
        trade = self.trades.get(fields["orderId"])
        if trade is not None and trade.extra["txnTime"] == fields["txnTime"]:
            about = self._about(trade)
            code = about["respCode"]
            if code == "34":
                return self.answer(same | {"respCode": "34", "respMsg": "查无此交易"})
            return self.answer(about | {"respCode": "00", "origRespCode": code})
        for each in self.trades.values():
            refund = each.refunds.get(fields["orderId"])
            if refund is not None and each.extra[refund.reference] == fields["txnTime"]:
                told = {"txnAmt": refund.amount_fen, "queryId": refund.number}
                return self.answer(same | told | {"respCode": "00", "origRespCode": _word(refund)})
        return self.answer(same | {"respCode": "34", "respMsg": "查无此交易"})

    def _refund(self, fields):
        same = {"merId": self.merchant, "orderId": fields["orderId"], "txnTime": fields["txnTime"]}
        trade = next((each for each in self.trades.values() if each.number == fields["origQryId"]), None)
        if trade is not None and fields["orderId"] in trade.refunds:
            return self.answer(same | {"respCode": "12", "respMsg": "重复交易"})
        refund = trade and self.give_back(trade, fields["orderId"], int(fields["txnAmt"]))
        if not refund:
            return self.answer(same | {"respCode": "36", "respMsg": "交易金额超限"})
        trade.extra[refund.reference] = fields["txnTime"]
        return self.answer(same | {"respCode": "00", "queryId": refund.number, "txnAmt": refund.amount_fen})

    def _file(self, fields):
        same = {"merId": self.merchant, "settleDate": fields["settleDate"]}
        rows = self.stated(fields["settleDate"])
        if not rows:
            return self.answer(same | {"respCode": "98", "respMsg": "文件不存在"})
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"INN{fields['settleDate']}88ZME_{self.merchant}", "")
            archive.writestr(
                f"INN{fields['settleDate']}88ZM_{self.merchant}", self.spoil("\r\n".join(rows)).encode("gb18030")
            )
        content = base64.b64encode(zlib.compress(packed.getvalue())).decode()
        return self.answer(same | {"respCode": "00", "fileContent": content})

    def stated(self, day):
        """The lines of a settlement day (MMDD), which ends at 23:00."""
        found = [(trade, None, trade.paid_at) for trade in self.trades.values() if trade.paid_at]
        found += [(trade, refund, refund.at) for trade, _n, _at in found for refund in trade.refunds.values()]
        return [
            self._row(trade, refund, at)
            for trade, refund, at in found
            if f"{at.astimezone(CHINA) + timedelta(hours=1):%m%d}" == day
        ]

    def _row(self, trade, refund, at):
        values = {
            "code": "S30" if refund else "S22",
            "moment": f"{at.astimezone(CHINA):%m%d%H%M%S}",
            "amount": f"{refund.amount_fen if refund else trade.amount_fen:012d}",
            "query_id": (refund or trade).number,
            "order": (refund or trade).reference,
            "type": "04" if refund else "01",
        }
        return " ".join(values.get(name, "").ljust(width) for name, width in COLUMNS.items()) + " 01 000201"


def _word(row):
    return CODES[row.state] if row.word is None else row.word
