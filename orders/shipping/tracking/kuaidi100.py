"""Kuaidi100: asked with a signed form, pushes with a signature of ours (F8).

Signatures are MD5 in capital letters, as the service demands: of ``param + key + customer`` when we ask, of ``param +
salt`` when it pushes. ``param`` is JSON; times are those of China.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import structlog
from django.conf import settings

from orders.models import ParcelState
from orders.shipping.tracking.base import BadPush, ParcelRefused, Step, Tracker, TrackingUnavailable, Way

log = structlog.get_logger(__name__)

TIMEOUT_S = httpx.Timeout(5.0, connect=3.0)
CHINA = ZoneInfo("Asia/Shanghai")
MOST_STEPS = 200
YEARS = range(2000, 2100)
UNKEEPABLE = re.compile("[\ud800-\udfff]")  # half a character
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
LONGEST_TEXT, LONGEST_PLACE = 300, 100
OK, NO_RESULT, SUBSCRIBED_BEFORE = "200", "500", "501"
NOT_US = {"503", "600", "601"}  # signature, customer or key are wrong, or nothing is paid for any more
# The first digit of a state counts; 10 and above are states of customs and of a refused parcel.
STATES = {
    "0": ParcelState.ON_THE_WAY,
    "1": ParcelState.COLLECTED,
    "2": ParcelState.PROBLEM,
    "3": ParcelState.DELIVERED,
    "4": ParcelState.RETURNED,
    "5": ParcelState.OUT_FOR_DELIVERY,
    "6": ParcelState.RETURNED,
    "7": ParcelState.ON_THE_WAY,  # handed on to another carrier
    "8": ParcelState.ON_THE_WAY,
    "10": ParcelState.ON_THE_WAY,
    "11": ParcelState.ON_THE_WAY,
    "12": ParcelState.ON_THE_WAY,
    "13": ParcelState.PROBLEM,
    "14": ParcelState.RETURNED,
}


class Kuaidi100(Tracker):
    """Set up by ``KUAIDI100_CUSTOMER`` and ``KUAIDI100_KEY``; with ``KUAIDI100_SALT`` it pushes as well."""

    code = "kuaidi100"

    @property
    def is_set_up(self):
        return bool(settings.KUAIDI100_CUSTOMER and settings.KUAIDI100_KEY)

    @property
    def pushes(self):
        return bool(settings.KUAIDI100_SALT)

    def query(self, *, carrier, number, phone):
        asked = {"com": carrier, "num": number, "phone": _end_of(phone), "resultv2": "1"}
        param = json.dumps(asked, separators=(",", ":"))
        sign = signature(param, settings.KUAIDI100_KEY, settings.KUAIDI100_CUSTOMER)
        answer = self._post("/poll/query.do", {"customer": settings.KUAIDI100_CUSTOMER, "sign": sign, "param": param})
        code = str(answer.get("returnCode") or answer.get("status") or "")
        if code == NO_RESULT:
            return Way(carrier, number, ParcelState.UNKNOWN)
        _refuse_unless(code, OK)
        try:
            return _way(answer, carrier, number)
        except UNREADABLE as error:
            raise TrackingUnavailable from error

    def subscribe(self, *, carrier, number, phone, callback_url):
        parameters = {
            "callbackurl": callback_url,
            "salt": settings.KUAIDI100_SALT,
            "resultv2": "1",
            "phone": _end_of(phone),
        }
        asked = {"company": carrier, "number": number, "key": settings.KUAIDI100_KEY, "parameters": parameters}
        answer = self._post("/poll", {"schema": "json", "param": json.dumps(asked, separators=(",", ":"))})
        _refuse_unless(str(answer.get("returnCode")), OK, SUBSCRIBED_BEFORE)

    def parse_push(self, form):
        param, sign = form.get("param", ""), form.get("sign", "")
        if not self.pushes or not hmac.compare_digest(
            signature(param, settings.KUAIDI100_SALT).encode(), sign.upper().encode()
        ):
            raise BadPush("signature")
        try:
            way = _pushed(json.loads(param))
            if not (way.carrier and way.number):
                raise ValueError(param)
            return way
        except UNREADABLE as error:
            raise BadPush("malformed") from error

    def answer(self):
        return {"result": True, "returnCode": OK, "message": "ok"}

    def _post(self, path, data):
        try:
            with httpx.Client(timeout=TIMEOUT_S) as client:
                response = client.post(settings.KUAIDI100_URL + path, data=data)
            if response.status_code != httpx.codes.OK:
                raise TrackingUnavailable
            answer = response.json()
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise TrackingUnavailable from error
        if not isinstance(answer, dict):
            raise TrackingUnavailable
        return answer


def signature(*parts):
    """MD5 of the parts in a row, in capital letters."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest().upper()


def _refuse_unless(code, *good):
    if code not in good:
        log.warning("kuaidi100_refused", code=code)
        raise TrackingUnavailable if code in NOT_US else ParcelRefused


def _pushed(told):
    """The ``Way`` in a push. The right carrier of a corrected parcel is in ``comNew``; the wrong one is in ``comOld``,
    and in the last push about the wrong one only in the result."""
    result, right = told["lastResult"], _text(told.get("comNew"))
    named = _text(told.get("comOld")) or _text(result["com"])
    is_corrected = right not in ("", named)
    return _way(
        result,
        right or named,
        _text(result["nu"]),
        mistaken=named if is_corrected else "",
        # Of a corrected parcel, the service goes on with the right carrier by itself.
        is_given_up=told.get("status") == "abort" and not is_corrected,
    )


def _way(answer, carrier, number, **more):
    """A ``Way`` from the result of a query or a push, which list the newest step first. A step that cannot be read is
    left out."""
    rows = (answer.get("data") or [])[:MOST_STEPS]
    if not isinstance(rows, list):
        raise TypeError(rows)
    steps = tuple(step for row in reversed(rows) if (step := _step(row)))
    if len(steps) < len(rows):
        log.warning("kuaidi100_unread_steps", carrier=carrier, steps=len(rows) - len(steps))
    state = _state(answer)
    if state == ParcelState.ON_THE_WAY and not steps:
        state = ParcelState.UNKNOWN  # the service says 0 also of a parcel of which it knows nothing
    return Way(carrier, number, state, steps, **more)


def _state(answer):
    code = str(answer.get("state", ""))
    if str(answer.get("ischeck")) == "1" and code.startswith("3"):
        return ParcelState.DELIVERED
    if code in STATES:
        return STATES[code]
    # Finer states say where within one of the above: 501 lies in a locker, 1002 is on the road, 301 was signed for.
    return STATES.get("0" if code.startswith("100") else code[:1], ParcelState.UNKNOWN)


def _step(row):
    """A ``Step``, or None if it has no text or no time."""
    if not isinstance(row, dict):
        return None
    at, text = _moment(row.get("ftime")) or _moment(row.get("time")), _text(row.get("context"))
    if at is None or not text:
        return None
    place = _text(row.get("areaName") or row.get("location"))
    return Step(at, text[:LONGEST_TEXT], place[:LONGEST_PLACE])


def _moment(text):
    """With seconds or without; None for what cannot be one."""
    try:
        at = datetime.fromisoformat(text.strip())
    except (AttributeError, ValueError):
        return None
    if at.year not in YEARS:
        return None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _text(value):
    """What the service says in words, as the database can hold it; nothing for nothing."""
    text = "" if value is None else str(value)
    return " ".join(UNKEEPABLE.sub("\ufffd", text).replace("\x00", "").split())


def _end_of(phone):
    """The last four digits are enough for the carriers that want a phone."""
    return phone[-4:]
