"""Who is let in: replayed, altered, unsigned, stale and foreign requests are refused, and cost nobody anything."""

import time

import pytest
from django.core.cache import cache

from core import clock
from points.ledger import queries
from points.partners import queries as queries_of_partners
from points.partners import signing
from points.partners.models import Partner, PartnerCall, PartnerEntry, PartnerKey, Scope
from points.partners.services import setup
from tests.points.partners.conftest import PHONE

pytestmark = pytest.mark.django_db

GRANT = {"member": PHONE, "points": 50, "reference": "G-1"}
KEY = {"Idempotency-Key": "k-1"}


def refused(answer, code, status=401):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not PartnerEntry.objects.exists()
    return True


# Signature


@pytest.mark.parametrize("missing", ["X-Partner-Key", "X-Timestamp", "X-Nonce", "X-Signature"])
def test_an_unsigned_request(till, member, missing):
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    del request.headers[missing]
    answer = till.http.send(request)
    assert refused(answer, "not_signed")
    assert answer.headers["WWW-Authenticate"]


def test_every_operation_refuses_an_unsigned_request(till):
    description = till.http.get("/api/v1/openapi.json").json()
    count = 0
    for path, methods in description["paths"].items():
        for method in methods:
            address = path.replace("{number}", "x").replace("{name}", "x")
            assert refused(till.http.request(method.upper(), address), "not_signed")
            count += 1
    assert count == 12


@pytest.mark.parametrize(
    "alter",
    [
        lambda request: request.headers.__setitem__("X-Signature", "0" * 64),
        lambda request: request.headers.__setitem__("X-Nonce", "another-nonce"),
        lambda request: request.headers.__setitem__("X-Timestamp", str(int(time.time()) + 1)),
        lambda request: setattr(request, "method", "PUT"),
        lambda request: setattr(request, "url", request.url.copy_with(path="/api/v1/deductions")),
        lambda request: setattr(request, "url", request.url.copy_with(query=b"a=1")),
    ],
)
def test_an_altered_request(till, member, alter):
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    alter(request)
    answer = till.http.send(request)
    if request.method == "PUT":
        assert answer.status_code == 405
    else:
        assert refused(answer, "bad_signature")


def test_an_altered_body(till, member):
    signed = till.request("POST", "/grants", body=GRANT, headers=KEY)
    altered = till.request("POST", "/grants", body=GRANT | {"points": 5000}, headers=KEY)
    for header in ("X-Timestamp", "X-Nonce", "X-Signature"):
        altered.headers[header] = signed.headers[header]
    assert refused(till.http.send(altered), "bad_signature")


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stale_request(till, member, seconds):
    answer = till.send("POST", "/grants", body=GRANT, headers=KEY, timestamp=str(int(time.time()) + seconds))
    assert refused(answer, "stale_timestamp")
    assert abs(int(answer.json()["details"]["now"]) - time.time()) < 5


@pytest.mark.parametrize("seconds", [-298, 298])
def test_a_clock_that_is_nearly_right(till, member, seconds):
    assert till.send("GET", "/entries", timestamp=str(int(time.time()) + seconds)).status_code == 200


@pytest.mark.parametrize("timestamp", ["x", "1.5", "-1", "9" * 13, "1e9"])
def test_a_time_that_is_none(till, timestamp):
    request = till.request("GET", "/entries")
    request.headers["X-Timestamp"] = timestamp
    assert till.http.send(request).status_code == 401


def test_a_replayed_request(till, member):
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    assert till.http.send(request).status_code == 201
    again = till.http.send(request)
    assert (again.status_code, again.json()["code"]) == (401, "replayed")
    assert PartnerEntry.objects.count() == 1


@pytest.mark.parametrize("idempotency_key", ["k-1", "k-2"])
def test_a_replayed_write_after_the_cache_forgot(till, member, idempotency_key):
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    till.http.send(request)
    cache.clear()
    request.headers["Idempotency-Key"] = idempotency_key
    again = till.http.send(request)
    assert (again.status_code, again.json()["code"]) == (401, "replayed")
    assert PartnerEntry.objects.count() == 1


def test_without_a_cache_partners_are_served_and_writes_still_count_once(till, member, cache_server):
    cache_server.is_there = False
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    assert till.http.send(request).status_code == 201
    assert till.http.send(request).json()["code"] == "replayed"
    assert till.get("/entries").status_code == 200


def test_another_partners_signature(till, stranger, member):
    request = till.request("POST", "/grants", body=GRANT, headers=KEY)
    request.headers["X-Partner-Key"] = stranger.key
    assert refused(till.http.send(request), "bad_signature")


def test_an_unknown_key_is_refused_like_a_wrong_signature(connect, member):
    assert refused(connect("pk_nobody", "secret").get("/entries"), "bad_signature")


# Keys


def test_two_keys_live_side_by_side_and_no_third(shop, till, client_of):
    second = client_of(shop)
    assert till.get("/entries").status_code == second.get("/entries").status_code == 200
    with pytest.raises(setup.TwoKeysAlready):
        setup.make_key(partner=shop, scopes=[], by="staff:1", at=clock.now())
    old = PartnerKey.objects.get(name=till.key)
    assert setup.revoke_key(key=old, by="staff:1", at=clock.now())
    assert not setup.revoke_key(key=old, by="staff:1", at=clock.now())
    assert refused(till.get("/entries"), "bad_signature")
    assert second.get("/entries").status_code == 200
    assert setup.make_key(partner=shop, scopes=[], by="staff:1", at=clock.now())


def test_a_partner_that_is_switched_off(shop, till):
    setup.change_partner(partner=shop, name="小店", is_active=False, by="staff:1", at=clock.now())
    assert refused(till.get("/entries"), "bad_signature")


def test_secrets_are_encrypted_at_rest(shop, till):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM points_partnerkey")
        assert till.secret not in cursor.fetchone()[0]


def test_the_last_use_is_noted_to_the_hour(till, time_machine):
    time_machine.move_to("2026-11-20T04:00:00+00:00", tick=False)
    till.get("/entries")
    first = PartnerKey.objects.get().last_used_at
    time_machine.move_to("2026-11-20T04:59:00+00:00", tick=False)
    till.get("/entries")
    assert PartnerKey.objects.get().last_used_at == first
    time_machine.move_to("2026-11-20T05:00:00+00:00", tick=False)
    till.get("/entries")
    assert PartnerKey.objects.get().last_used_at > first


NEEDS = [
    ("GET", "/entries", None, Scope.ENTRIES),
    ("GET", f"/members/{PHONE}", None, Scope.MEMBERS),
    ("GET", f"/members/{PHONE}/balance", None, Scope.BALANCE),
    ("GET", "/deductions/00000000-0000-0000-0000-000000000000", None, Scope.DEDUCTIONS),
    ("POST", "/members", {"phone": PHONE}, Scope.MEMBERS),
    ("POST", "/grants", GRANT, Scope.GRANTS),
    ("POST", "/deductions", GRANT, Scope.DEDUCTIONS),
    ("POST", "/purchases/x/refunds", {"refund_number": "r", "amount_fen": 1}, Scope.PURCHASES),
]


@pytest.mark.parametrize(("method", "path", "body", "scope"), NEEDS)
def test_a_key_may_what_it_was_made_for(shop, client_of, member, method, path, body, scope):
    lacking = client_of(shop, scopes=[one for one in Scope.values if one != scope])
    answer = lacking.send(method, path, body=body, headers=KEY)
    assert refused(answer, "scope_missing", 403)
    assert answer.json()["details"] == {"scope": str(scope)}
    fitting = client_of(shop, scopes=[scope])
    assert fitting.send(method, path, body=body, headers=KEY).status_code != 403


# How often


def test_calls_are_counted_by_partner_and_minute(shop, till, stranger, client_of, time_machine):
    setup.change_partner(partner=shop, name="小店", is_active=True, calls_per_minute=3, by="x", at=clock.now())
    time_machine.move_to("2026-11-20T04:00:10+00:00", tick=False)
    second = client_of(shop)
    assert [client.get("/entries").status_code for client in (till, second, till)] == [200] * 3
    answer = second.get("/entries")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "too_many_calls", "50")
    assert stranger.get("/entries").status_code == 200
    time_machine.move_to("2026-11-20T04:01:00+00:00", tick=False)
    assert till.get("/entries").status_code == 200


def test_a_stranger_does_not_use_up_the_calls_of_a_partner(shop, till):
    setup.change_partner(partner=shop, name="小店", is_active=True, calls_per_minute=1, by="x", at=clock.now())
    for _ in range(3):
        till.send("GET", "/entries", signed="0" * 64)
    assert till.get("/entries").status_code == 200


# Idempotency keys


def test_the_first_answer_is_given_again_byte_for_byte(till, member):
    first = till.post("/grants", GRANT, idempotency_key="k-1")
    second = till.post("/grants", GRANT, idempotency_key="k-1")
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert queries.balance(member, at=clock.now()).available == 1050


def test_what_was_refused_is_done_with_its_key_once_it_can_be(till, member):
    body = {"member": PHONE, "points": 5000, "reference": "A-1"}
    for _ in range(2):
        refusal = till.post("/deductions", body, idempotency_key="k-1")
        assert (refusal.status_code, refusal.json()["code"]) == (409, "not_enough_points")
    assert PartnerCall.objects.values_list("operation", "status", "code").get() == ("deduct", 409, "not_enough_points")
    till.post("/grants", GRANT | {"points": 5000})
    done = [till.post("/deductions", body, idempotency_key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in done] == [201, 201]
    assert done[0].content == done[1].content
    assert queries.balance(member, at=clock.now()).held == 5000
    assert PartnerCall.objects.values_list("status", "code").get(idempotency_key="k-1") == (201, "")


def test_a_refund_that_arrived_before_its_purchase_is_sent_again(till, member):
    refund = {"refund_number": "R-1", "amount_fen": 2_500}
    assert till.post("/purchases/B-1/refunds", refund, idempotency_key="k-1").status_code == 404
    sale = {"member": PHONE, "number": "B-1", "paid_at": clock.now().isoformat(), "lines": [{"amount_fen": 10_000}]}
    assert till.post("/purchases", sale).status_code == 201
    assert till.post("/purchases/B-1/refunds", refund, idempotency_key="k-1").status_code == 201


def test_the_key_of_a_refusal_is_free_for_a_better_request(till, member):
    body = {"member": PHONE, "points": 5000, "reference": "A-1"}
    till.post("/deductions", body, idempotency_key="k-1")
    assert till.post("/deductions", body | {"points": 50}, idempotency_key="k-1").status_code == 201


def test_a_refused_request_cannot_be_replayed_after_the_cache_forgot(till, member):
    body = {"member": PHONE, "points": 5000, "reference": "A-1"}
    request = till.request("POST", "/deductions", body=body, headers=KEY)
    assert till.http.send(request).status_code == 409
    cache.clear()
    assert till.http.send(request).json()["code"] == "replayed"


def test_a_key_for_something_else(till, member):
    till.post("/grants", GRANT, idempotency_key="k-1")
    answer = till.post("/grants", GRANT | {"points": 51}, idempotency_key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = till.post("/deductions", GRANT, idempotency_key="k-1")
    assert elsewhere.json()["code"] == "idempotency_key_reused"


def test_what_may_pass_leaves_the_key_free(shop, till, member):
    setup.change_partner(partner=shop, name="小店", is_active=True, daily_grant_points=49, by="x", at=clock.now())
    assert till.post("/grants", GRANT, idempotency_key="k-1").status_code == 429
    setup.change_partner(partner=shop, name="小店", is_active=True, daily_grant_points=50, by="x", at=clock.now())
    assert till.post("/grants", GRANT, idempotency_key="k-1").status_code == 201


def test_keys_of_partners_do_not_meet(till, stranger, member):
    assert till.post("/grants", GRANT, idempotency_key="k-1").status_code == 201
    assert stranger.post("/grants", GRANT, idempotency_key="k-1").status_code == 201
    assert queries.balance(member, at=clock.now()).available == 1100


def test_the_log_of_calls_holds_no_phone(till, member):
    till.post("/members", {"phone": PHONE, "external_id": "crm-7"})
    till.post("/grants", GRANT)
    text = str(list(PartnerCall.objects.values())) + str(list(PartnerEntry.objects.values()))
    assert "900000001" not in text


# The pure rules


def test_the_address_is_encoded_in_one_way():
    text = signing.canonical("get", "/api/v1/members/+86 客?", "b=2&a=%20", b"", "1", "n")
    assert text.split("\n")[:2] == ["GET", "/api/v1/members/%2B86%20%E5%AE%A2%3F?b=2&a=%20"]


def test_a_right_signature_and_wrong_ones():
    good = signing.sign("secret", "text")
    assert signing.is_signed("secret", "text", good)
    assert not signing.is_signed("secret", "text", good[:-1] + "x")
    assert not signing.is_signed("secret", "text", "é")


@pytest.mark.parametrize("timestamp", ["", "x", "\u0663", "1_0", "9" * 13])
def test_what_is_no_time_is_not_recent(timestamp):
    assert not signing.is_recent(timestamp, at=clock.now())


# The key


def test_a_key_is_read_as_django_would_with_every_column(shop):
    key, secret = setup.make_key(partner=shop, scopes=[Scope.GRANTS], by="staff:1", at=clock.now())
    assert queries_of_partners.live_key(key.name) is None  # waits for a second person
    setup.open_key(key=key, by="staff:1", at=clock.now())
    Partner.objects.filter(pk=shop.pk).update(
        webhook_url="https://shop.example", webhook_events=["points.earned"], webhook_secret="s3"
    )
    read, expected = queries_of_partners.live_key(key.name), PartnerKey.objects.select_related("partner").get()
    assert (read.secret, read.scopes, read.partner.webhook_secret) == (secret, ["grants"], "s3")
    for one, other in ((read, expected), (read.partner, expected.partner)):
        names = [field.attname for field in one._meta.concrete_fields]
        assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    Partner.objects.filter(pk=shop.pk).update(is_active=False)
    assert queries_of_partners.live_key(key.name) is None
