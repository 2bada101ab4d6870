"""A till's day with the running mall, over real HTTP; the rest of the tests call the same application in process."""

import time

import pytest

from core import clock
from points.ledger import audit, queries
from tests.points.partners.conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_day_at_the_till(live_server, till, stranger, member):
    named = till.post("/members", {"phone": PHONE, "external_id": "客-7"})
    assert named.json() == {"member_id": member, "is_new": False}
    sale = {"member": "客-7", "number": "B-1", "paid_at": clock.now().isoformat(), "lines": [{"amount_fen": 9_900}]}
    assert till.post("/purchases", sale, idempotency_key="b-1").json()["points"] == 99
    again = till.post("/purchases", sale, idempotency_key="b-1")  # the answer was lost on the way
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    taken = till.post("/purchases/B-1/refunds", {"refund_number": "R-1", "amount_fen": 9_900}).json()["points_taken"]
    assert taken == 99
    made = till.post("/deductions", {"member": "客-7", "points": 300, "reference": "A-1"}).json()
    assert till.get("/members/客-7/balance").json()["held"] == 300
    assert till.post(f"/deductions/{made['id']}/confirm").json()["state"] == "confirmed"
    assert till.post("/grants", {"member": "客-7", "points": 5, "reference": "G-1"}).status_code == 201
    kinds = [entry["kind"] for entry in till.get("/entries").json()["entries"]]
    assert kinds == ["purchase", "refund", "deduction_confirmed", "grant"]
    assert queries.balance(member, at=clock.now()).available == 1000 - 300 + 5
    assert stranger.get(f"/deductions/{made['id']}").status_code == 404
    assert audit.run().breaks == []


def test_what_is_not_quite_right_is_refused(live_server, till, stranger, member):
    grant, headers = {"member": PHONE, "points": 5, "reference": "G-1"}, {"Idempotency-Key": "k"}
    good = till.request("POST", "/grants", body=grant, headers=headers)
    unsigned = till.request("POST", "/grants", body=grant, headers=headers)
    del unsigned.headers["X-Signature"]
    altered = till.request("POST", "/grants", body=grant, headers=headers)
    altered.headers["X-Nonce"] = "another-nonce"
    foreign = till.request("POST", "/grants", body=grant, headers=headers)
    foreign.headers["X-Partner-Key"] = stranger.key
    stale = till.request("POST", "/grants", body=grant, headers=headers, timestamp=str(int(time.time()) - 400))
    codes = [till.http.send(request).json().get("code") for request in (unsigned, altered, foreign, stale, good, good)]
    assert codes == ["not_signed", "bad_signature", "bad_signature", "stale_timestamp", None, "replayed"]
    assert queries.balance(member, at=clock.now()).available == 1005
