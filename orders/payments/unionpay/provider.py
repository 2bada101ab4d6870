"""The provider: a form to the gateway, and calls behind it that name an order by its number and its moment."""

import base64
import binascii
import zlib
from datetime import time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import clock
from orders.payments import encoding, http
from orders.payments.base import (
    ABSENT,
    CHINA,
    DECLINED,
    FAILED,
    REFUND_NEWS,
    UNCLEAR,
    WAITING,
    BadCallback,
    BadSignature,
    Form,
    NoStatement,
    Notification,
    Provider,
    ProviderUnavailable,
    RefundRefused,
    Status,
    first_mismatch,
)
from orders.payments.devices import Device
from orders.payments.unionpay import bill, signing, states

CURRENCY = "156"  # CNY
NO_FILE = "98"
CLOCKS = timedelta(minutes=10)  # how far ours and theirs may be apart when the time to pay is over
PAY, REFUND, FILE = "01", "04", "76"


class UnionPay(Provider):
    """The gateway for cards of all banks, of one merchant that is connected directly."""

    code = "unionpay"
    label = _("Bank card")
    icon = "landmark"
    acknowledgement = "ok"
    day_ends = time(23)
    confirms_news = True  # its documents ask for it

    @property
    def merchant(self):
        return settings.UNIONPAY["merchant"]

    @property
    def needs(self):
        names = ("merchant", "private_key", "certificate", "root_certificate", "middle_certificate")
        return {f"UNIONPAY_{name.upper()}": settings.UNIONPAY[name] for name in names}

    @property
    def faults(self):
        return signing.faults(at=clock.now())

    @property
    def form_origins(self):
        gateway = urlsplit(settings.UNIONPAY["gateway"])
        if gateway.hostname.endswith(".95516.com"):
            return ("https://*.95516.com",)  # the gateway sends on to its cashier
        return (f"{gateway.scheme}://{gateway.netloc}",)

    def kind(self, device):
        return "card"  # the gateway goes on with an order on any device

    def create(self, *, charge, title, expires_at, visit):
        fields = self._order(charge.reference, charge.opened_at) | {
            "txnType": PAY,
            "txnSubType": "01",
            "txnAmt": charge.amount_fen,
            "currencyCode": CURRENCY,
            "channelType": "07" if visit.device == Device.DESKTOP else "08",
            "frontUrl": visit.return_url,
            "backUrl": visit.notify_url,
            "payTimeout": _moment(expires_at),
        }
        return Form(f"{settings.UNIONPAY['gateway']}/gateway/api/frontTransReq.do", signing.signed(fields))

    def query(self, *, charge, at):
        code, answer = self._query(charge.reference, charge.opened_at)
        outcome = states.TRADES.get(code, UNCLEAR)
        if outcome in (DECLINED, ABSENT) and at > charge.expires_at + CLOCKS:
            outcome = FAILED
        return self._status(WAITING if outcome == ABSENT else outcome, code, answer, charge.reference)

    def refund(self, *, refund):
        fields = self._order(refund.reference, refund.asked_at) | {
            "txnType": REFUND,
            "txnSubType": "00",
            "txnAmt": refund.amount_fen,
            "channelType": "07",
            "origQryId": refund.charge.provider_id,
            "backUrl": refund.notify_url,
        }
        answer = self._call(f"{settings.UNIONPAY['gateway']}/gateway/api/backTransReq.do", fields)
        code = answer["respCode"]
        if code in states.TRY_AGAIN:
            raise ProviderUnavailable
        outcome = states.REQUESTS.get(code, UNCLEAR)
        if outcome in (FAILED, ABSENT):
            raise RefundRefused(word=code)
        return self._status(outcome, code, answer, refund.reference)  # taken in; the end of it is told or asked

    def query_refund(self, *, refund):
        code, answer = self._query(refund.reference, refund.asked_at)
        return self._status(states.REFUNDS.get(code, UNCLEAR), code, answer, refund.reference)

    def needs_new_name(self, *, word):
        return True  # a name is used up by any answer

    def parse_callback(self, *, headers, body, at):
        try:
            codec = encoding.codec_of(body, "encoding")
            fields = encoding.fields_of(body, codec)
        except ValueError as error:
            raise BadCallback from error
        if not signing.verified(fields, at=at, codec=codec):
            raise BadSignature
        try:
            is_refund = {PAY: False, REFUND: True}[fields["txnType"]]
            code = fields["respCode"]
            return Notification(
                event_id=f"{fields['queryId']}{code}"[:64],
                outcome=REFUND_NEWS if is_refund else states.TRADES.get(code, UNCLEAR),
                reference=fields["orderId"].partition("R")[0] if is_refund else fields["orderId"],
                amount_fen=int(fields["txnAmt"]),
                provider_id=fields["queryId"][:64],
                word=code[:64],
                mismatch=first_mismatch(*self._ours(fields)),
            )
        except (KeyError, ValueError) as error:
            raise BadCallback from error

    def statement(self, *, day):
        fields = {
            "txnType": FILE,
            "txnSubType": "01",
            "bizType": "000000",
            "accessType": "0",
            "merId": self.merchant,
            "fileType": "00",
            "settleDate": f"{day:%m%d}",
            "txnTime": _moment(clock.now()),
        }
        answer = self._call(f"{settings.UNIONPAY['files']}/", fields, timeout=http.DOWNLOAD_TIMEOUT_S)
        if answer["respCode"] == NO_FILE:
            raise NoStatement(provider=self.label, day=day)
        if answer["respCode"] not in states.DONE_CODES:
            raise ProviderUnavailable
        try:
            content = zlib.decompress(base64.b64decode(answer["fileContent"]))
        except (KeyError, binascii.Error, zlib.error) as error:
            raise ProviderUnavailable from error
        read = bill.read(content, day=day)
        if read.is_empty:  # nothing in it says that it is whole
            raise NoStatement(provider=self.label, day=day)
        return read

    def _ours(self, told):
        """What in an answer or in news must be ours. Not all answers name the currency."""
        yield "merchant", told.get("merId"), self.merchant
        yield "currency", told.get("currencyCode") or CURRENCY, CURRENCY

    def _status(self, outcome, code, answer, reference):
        try:
            fen = int(answer.get("txnAmt") or 0)
        except ValueError as error:
            raise ProviderUnavailable from error
        checks = (*self._ours(answer), ("order", answer.get("orderId"), reference))
        mismatch = "" if code == states.NOT_THERE else first_mismatch(*checks)
        return Status(outcome, fen, answer.get("queryId", "")[:64], code[:64], mismatch)

    def _order(self, reference, moment):
        return {
            "bizType": "000201",
            "accessType": "0",
            "merId": self.merchant,
            "orderId": reference,
            "txnTime": _moment(moment),
        }

    def _query(self, reference, moment):
        """``(code, answer)``: how it went, or that it is not there."""
        fields = self._order(reference, moment) | {"txnType": "00", "txnSubType": "00"}
        answer = self._call(f"{settings.UNIONPAY['gateway']}/gateway/api/queryTrans.do", fields)
        if answer["respCode"] == states.NOT_THERE:
            return states.NOT_THERE, answer
        if answer["respCode"] not in states.DONE_CODES:
            raise ProviderUnavailable
        return answer.get("origRespCode", ""), answer

    def _call(self, url, fields, timeout=http.TIMEOUT_S):
        """The fields of a verified answer; ``respCode`` is among them."""
        response = http.exchange("POST", url, data=signing.signed(fields), timeout=timeout)
        try:
            codec = encoding.codec_of(response.content, "encoding")
            answer = _fields(response.content.decode(codec))
        except ValueError as error:
            raise ProviderUnavailable from error
        if "respCode" not in answer or not signing.verified(answer, at=clock.now(), codec=codec):
            raise ProviderUnavailable
        return answer


def _moment(at):
    return f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"


def _fields(text):
    """``a=1&b=2`` whose values are not encoded, as answers have them: base64 and certificates hold "=" and no "&"."""
    return dict(pair.partition("=")[::2] for pair in text.split("&"))
