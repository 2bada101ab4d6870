"""What a partner can do."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from core import clock
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.rules.presets import PRESETS
from points.ledger import audit, queries
from points.ledger.models import PointsEntry
from points.partners.models import Deduction, PartnerEntry
from points.partners.services import setup, sweeping
from points.tiers.services import tiers
from tests.points.partners.conftest import PHONE

pytestmark = pytest.mark.django_db


def available(member):
    return queries.balance(member, at=clock.now()).available


def sale(number="B-1", fen=10_000, **more):
    paid_at = clock.now().isoformat()
    return {"member": PHONE, "number": number, "paid_at": paid_at, "lines": [{"amount_fen": fen}], **more}


# Purchases


def test_a_purchase_earns_and_a_refund_takes_it_back(till, member):
    answer = till.post("/purchases", sale())
    assert (answer.status_code, answer.json()) == (201, {"number": "B-1", "member_id": member, "points": 100})
    assert queries.balance(member, at=clock.now()).pending == 100
    part = till.post("/purchases/B-1/refunds", {"refund_number": "R-1", "amount_fen": 2_500})
    assert part.json() == {"number": "B-1", "refund_number": "R-1", "points_taken": 25}
    rest = till.post("/purchases/B-1/refunds", {"refund_number": "R-2", "amount_fen": 7_500})
    assert rest.json()["points_taken"] == 75
    too_much = till.post("/purchases/B-1/refunds", {"refund_number": "R-3", "amount_fen": 1})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_too_large")
    assert queries.balance(member, at=clock.now()).pending == 0
    kinds = list(PartnerEntry.objects.order_by("seq").values_list("kind", "reference", "points"))
    assert kinds == [("purchase", "B-1", 100), ("refund", "B-1/R-1", -25), ("refund", "B-1/R-2", -75)]
    assert audit.run().breaks == []


def test_what_a_purchase_earns_does_not_depend_on_its_lines(till, member, monkeypatch):
    rule_set = engine.build("v1", PRESETS["10_1"].rules)
    monkeypatch.setattr(rule_sets, "for_member", lambda member_id, at: rule_set)
    tiers.consider(member, at=clock.now())  # silver, by the points of the fixture
    for number, amounts in enumerate([[990] * 10, [9900], [9899, 1], [1] * 199 + [9701]]):
        answer = till.post("/purchases", sale(f"B-{number}", lines=[{"amount_fen": fen} for fen in amounts]))
        assert answer.json()["points"] == 11  # 9.9 × 1.2


def test_the_same_purchase_under_another_key_is_booked_once(till, member):
    body = sale()
    assert till.post("/purchases", body).json() == till.post("/purchases", body).json()
    assert PartnerEntry.objects.count() == 1
    other = till.post("/purchases", sale(fen=20_000))
    assert (other.status_code, other.json()["code"]) == (409, "reference_used")


@pytest.mark.parametrize(
    ("paid_at", "expiry_months", "code"),
    [
        ("1971-01-01T00:00:00+08:00", 12, "points_have_ended"),
        ("1971-01-01T00:00:00+08:00", 0, "paid_too_long_ago"),
        (timedelta(days=500), 12, "points_have_ended"),
        (timedelta(days=500), 0, None),
        (timedelta(days=300), 12, None),
        (timedelta(minutes=-6), 12, "invalid"),
    ],
)
def test_a_purchase_that_is_too_old_or_not_made_yet_is_refused(till, member, settings, paid_at, expiry_months, code):
    settings.POINTS_EXPIRY_MONTHS = expiry_months
    if isinstance(paid_at, timedelta):
        paid_at = (clock.now() - paid_at).isoformat()
    answer = till.post("/purchases", sale() | {"paid_at": paid_at})
    assert (answer.status_code, answer.json().get("code")) == (422 if code else 201, code)
    assert PartnerEntry.objects.count() == (0 if code else 1)


def test_a_retry_of_a_purchase_whose_points_have_ended_meanwhile_is_answered(till, member, settings):
    settings.POINTS_EXPIRY_MONTHS = 0
    body = sale() | {"paid_at": (clock.now() - timedelta(days=500)).isoformat()}
    first = till.post("/purchases", body)
    settings.POINTS_EXPIRY_MONTHS = 12
    assert till.post("/purchases", body).json() == first.json()


def test_the_same_refund_under_another_key_is_booked_once(till, member):
    till.post("/purchases", sale())
    body = {"refund_number": "R-1", "amount_fen": 2_500}
    answers = [till.post("/purchases/B-1/refunds", body) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert PartnerEntry.objects.filter(kind="refund").count() == 1
    other = till.post("/purchases/B-1/refunds", body | {"amount_fen": 100})
    assert other.json()["code"] == "reference_used"


def test_another_partners_purchase_is_not_there(till, stranger, member):
    till.post("/purchases", sale())
    answer = stranger.post("/purchases/B-1/refunds", {"refund_number": "R-1", "amount_fen": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_purchase")


def test_a_purchase_of_tomorrow_is_refused(till, member):
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    answer = till.post("/purchases", sale(paid_at=tomorrow))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert not PointsEntry.objects.filter(kind="purchase").exists()


# Members


def test_a_member_is_found_or_made_and_named(till, stranger, member):
    found = till.post("/members", {"phone": "139 0000 0001", "external_id": "crm 7/ü"})
    assert found.json() == {"member_id": member, "is_new": False}
    assert till.get("/members/crm 7").status_code == 404
    assert till.get("/members/" + "crm 7-ü").status_code == 404
    made = till.post("/members", {"phone": "13900000002", "external_id": "crm-8"}).json()
    assert made["is_new"]
    assert till.get("/members/crm-8").json() == {"member_id": made["member_id"], "external_id": "crm-8"}
    assert till.get("/members/13900000002/balance").json()["member_id"] == made["member_id"]
    assert stranger.get("/members/crm-8").status_code == 404


def test_a_number_with_a_slash_is_addressable_and_stays_out_of_logs(till, member, caplog):
    till.post("/members", {"phone": PHONE, "external_id": "vip/7"})
    assert till.get("/members/vip/7").json() == {"member_id": member, "external_id": "vip/7"}
    assert till.get("/members/vip/7/balance").json()["available"] == 1000
    assert "/api/v1/members/…/balance" in caplog.text
    assert "vip/7" not in caplog.text


def test_a_balance_is_read_by_phone_and_by_number(till, member):
    till.post("/members", {"phone": PHONE, "external_id": "客-7"})
    by_phone = till.get(f"/members/{PHONE}/balance").json()
    assert by_phone["available"] == 1000
    assert till.get("/members/客-7/balance").json() == by_phone
    assert till.get("/members/nobody/balance").json()["code"] == "unknown_member"


@pytest.mark.parametrize(
    ("external_id", "code"), [("13900000009", "external_id_is_phone"), ("x" * 65, "invalid"), ("a\0b", "invalid")]
)
def test_what_cannot_name_a_member(till, member, external_id, code):
    answer = till.post("/members", {"phone": PHONE, "external_id": external_id})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_number_stays_with_its_member(till, member):
    till.post("/members", {"phone": PHONE, "external_id": "crm-7"})
    answer = till.post("/members", {"phone": "13900000002", "external_id": "crm-7"})
    assert (answer.status_code, answer.json()["code"]) == (409, "external_id_in_use")
    assert till.get("/members/13900000002").status_code == 404  # nor was the second member made


# Deductions


def test_a_deduction_is_confirmed(till, member, deduction):
    made = deduction()
    assert (made["state"], made["points"], available(member)) == ("held", 100, 900)
    confirmed = till.post(f"/deductions/{made['id']}/confirm")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert till.post(f"/deductions/{made['id']}/confirm").json()["state"] == "confirmed"
    assert till.get(f"/deductions/{made['id']}").json() == confirmed.json()
    assert available(member) == 900
    late = till.post(f"/deductions/{made['id']}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "deduction_settled")


def test_a_deduction_is_cancelled(till, member, deduction):
    made = deduction()
    for _ in range(2):
        assert till.post(f"/deductions/{made['id']}/cancel").json()["state"] == "cancelled"
    assert available(member) == 1000
    assert till.post(f"/deductions/{made['id']}/confirm").json()["code"] == "deduction_settled"
    assert PartnerEntry.objects.count() == 1


def test_deducted_points_come_back_in_parts(till, member, deduction):
    made = deduction()
    till.post(f"/deductions/{made['id']}/confirm")
    part = {"refund_number": "R-1", "points": 40}
    for _ in range(2):
        assert till.post(f"/deductions/{made['id']}/refunds", part).json()["returned_points"] == 40
    too_much = till.post(f"/deductions/{made['id']}/refunds", {"refund_number": "R-2", "points": 61})
    assert (too_much.json()["code"], too_much.json()["details"]) == ("too_much_refunded", {"asked": 61, "left": 60})
    assert till.post(f"/deductions/{made['id']}/refunds", part | {"points": 41}).json()["code"] == "reference_used"
    assert available(member) == 940
    assert audit.run().breaks == []


def test_points_of_a_deduction_past_its_deadline_go_back(till, member, deduction):
    made = deduction(hold_minutes=1)
    Deduction.objects.update(deadline=clock.now())
    over = till.post(f"/deductions/{made['id']}/confirm")
    assert (over.status_code, over.json()["code"]) == (409, "deduction_expired")
    assert sweeping.expire_deductions(at=clock.now()) == 1
    assert sweeping.expire_deductions(at=clock.now()) == 0
    assert available(member) == 1000
    assert till.post(f"/deductions/{made['id']}/cancel").json()["state"] == "expired"
    assert till.post(f"/deductions/{made['id']}/confirm").json()["code"] == "deduction_expired"
    assert PartnerEntry.objects.get().kind == "deduction_expired"


def test_a_deduction_before_its_deadline_is_left_alone(till, member, deduction):
    deduction(hold_minutes=1)
    assert sweeping.expire_deductions(at=clock.now() + timedelta(seconds=50)) == 0
    assert sweeping.expire_deductions(at=clock.now() + timedelta(seconds=60)) == 1


def test_more_than_there_is_cannot_be_deducted(till, member):
    body = {"member": PHONE, "points": 1001, "reference": "A-1"}
    answer = till.post("/deductions", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_enough_points")
    assert answer.json()["details"] == {"needed": 1001, "available": 1000}
    assert not Deduction.objects.exists()


def test_a_reference_stands_for_one_deduction(till, member, deduction):
    assert deduction() == deduction()
    answer = till.post("/deductions", {"member": PHONE, "points": 101, "reference": "A-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "reference_used")
    assert available(member) == 900


@pytest.mark.parametrize("act", ["", "/confirm", "/cancel", "/refunds"])
def test_another_partners_deduction_is_not_there(till, stranger, member, deduction, act):
    made = deduction()
    path = f"/deductions/{made['id']}{act}"
    body = {"refund_number": "R-1", "points": 1} if act == "/refunds" else None
    answer = stranger.post(path, body) if act else stranger.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_deduction")
    assert Deduction.objects.get().state == "held"


# Grants and budgets


def test_a_grant_gives_once(till, member):
    body = {"member": PHONE, "points": 50, "reference": "G-1", "reason": "开业活动"}
    for _ in range(2):
        assert till.post("/grants", body).json() == {"reference": "G-1", "member_id": member, "points": 50}
    assert available(member) == 1050
    assert queries.history(member).entries[0].reason == "开业活动"
    assert till.post("/grants", body | {"points": 51}).json()["code"] == "reference_used"
    till.post("/members", {"phone": "13900000002"})
    assert till.post("/grants", body | {"member": "13900000002"}).json()["code"] == "reference_used"


def test_a_budget_lasts_a_day_of_the_shop(till, shop, member, time_machine):
    limits = {"calls_per_minute": 600, "daily_grant_points": 100, "daily_deduct_points": 30}
    setup.change_partner(partner=shop, name=shop.name, is_active=True, by="staff:1", at=clock.now(), **limits)
    time_machine.move_to("2027-01-20T15:59:50+00:00")  # ten seconds before the shop's midnight

    def grant(points, reference):
        return till.post("/grants", {"member": PHONE, "points": points, "reference": reference})

    assert grant(60, "G-1").status_code == 201
    refused = grant(41, "G-2")
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_budget_used")
    assert 0 < int(refused.headers["Retry-After"]) <= 11
    assert grant(40, "G-3").status_code == 201
    assert till.post("/deductions", {"member": PHONE, "points": 31, "reference": "A-1"}).status_code == 429
    assert available(member) == 1100
    time_machine.move_to("2027-01-20T16:00:01+00:00")
    assert grant(41, "G-2").status_code == 201


def test_purchases_count_against_the_budget(till, shop, member):
    setup.change_partner(partner=shop, name=shop.name, is_active=True, daily_grant_points=99, by="x", at=clock.now())
    assert till.post("/purchases", sale()).json()["code"] == "daily_budget_used"
    assert queries.balance(member, at=clock.now()).pending == 0


# Entries


def test_entries_are_read_from_a_cursor(till, stranger, member, deduction):
    till.post("/members", {"phone": PHONE, "external_id": "crm-7"})
    for n in range(3):
        till.post("/grants", {"member": PHONE, "points": 10 + n, "reference": f"G-{n}"})
    page = till.get("/entries").json()
    assert [(entry["entry"], entry["points"], entry["external_id"]) for entry in page["entries"]] == [
        (1, 10, "crm-7"), (2, 11, "crm-7"), (3, 12, "crm-7")
    ]  # fmt: skip
    assert (page["next_cursor"], page["has_more"]) == (3, False)
    assert till.get("/entries", cursor=3).json() == {"entries": [], "next_cursor": 3, "has_more": False}
    assert [entry["entry"] for entry in till.get("/entries", cursor=1, member="crm-7").json()["entries"]] == [2, 3]
    assert till.get("/entries", cursor=99).json() == {"entries": [], "next_cursor": 3, "has_more": False}
    assert stranger.get("/entries").json()["entries"] == []
    assert till.get("/entries", cursor=-1).status_code == 422


# Refusals


def test_refusals_are_problems_in_the_language_asked_for(till, member):
    for language, title in (("en", "There is no such member."), ("fr, en;q=0.5", "There is no such member.")):
        answer = till.send("GET", "/members/nobody", headers={"Accept-Language": language})
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Content-Language"] == "en"
        assert answer.json() == {
            "type": "urn:points-mall:problem:unknown_member",
            "title": title,
            "status": 404,
            "code": "unknown_member",
        }
    assert till.send("GET", "/members/nobody", headers={"Accept-Language": "zh-CN"}).headers["Content-Language"] == (
        "zh-hans"
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", "/grants", None, 405, "method_not_allowed"),
        ("POST", "/grants", b"{", 400, "bad_request"),
        ("POST", "/grants", b"\xff", 400, "bad_request"),
        ("POST", "/grants", b"[]", 422, "invalid"),
        ("POST", "/grants", b'{"member": "\\ud800", "points": 1, "reference": "r"}', 422, "invalid"),
        ("POST", "/grants", b'{"member": "x", "points": 1e400, "reference": "r"}', 422, "invalid"),
        ("POST", "/grants", b'{"member": "x", "points": true, "reference": "r"}', 422, "invalid"),
        ("POST", "/grants", b'{"member": "x", "points": 1, "reference": "r", "pionts": 2}', 422, "invalid"),
        ("POST", "/grants", b'{"member": "x", "points": 1, "reference": "r", "\\udc00": 2}', 422, "invalid"),
        ("POST", "/grants", b"[" * 60_000, 400, "bad_request"),
        ("POST", "/grants", b'{"points": ' + b"9" * 5000 + b"}", 400, "bad_request"),
        ("POST", "/grants", b'{"member": "x", "points": 1, "points": 2, "reference": "r"}', 400, "bad_request"),
        ("POST", "/grants", b" " * 65_537, 413, "body_too_large"),
        ("POST", "/deductions/no-uuid/confirm", None, 422, "invalid"),
        ("GET", "/members/\0/balance", None, 404, "unknown_member"),
    ],
)
def test_bad_input_is_refused_and_nothing_breaks(till, method, path, body, status, code):
    answer = till.send(method, path, body=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("paid_at", [1795147200, 1795147200.5, "1795147200", "1795147200000", "2026-11-20", None])
def test_a_moment_is_written_out(till, member, paid_at):
    for language, message in (("en", "This must be a moment"), ("", "这里要填带时区的时间")):
        answer = till.send(
            "POST",
            "/purchases",
            body=sale(paid_at=paid_at),
            headers={"Accept-Language": language, "Idempotency-Key": "k"},
        )
        assert answer.status_code == 422
        (error,) = answer.json()["details"]["errors"]
        assert error["field"].endswith("paid_at")
        assert error["message"].startswith(message)


def test_a_body_in_chunks_is_refused_in_words(till):
    answer = till.send("POST", "/grants", body={"points": 1}, headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_what_is_wrong_with_fields_is_said_in_chinese(till):
    body = {"member": "", "number": "?", "paid_at": "x", "lines": [{"amount_fen": 0, "category": 1}], "more": 1}
    answer = till.send("POST", "/purchases", body=body, headers={"Accept-Language": "zh-CN"})
    errors = answer.json()["details"]["errors"]
    assert len(errors) >= 6
    assert not [error["message"] for error in errors if re.search(r"[A-Za-z]{3}", error["message"])]


def test_a_write_needs_an_idempotency_key(till, member):
    answer = till.send("POST", "/grants", body={"member": PHONE, "points": 1, "reference": "r"})
    assert answer.status_code == 422
    assert answer.json()["details"]["errors"][0]["field"] == "header.Idempotency-Key"


def test_a_path_may_be_encoded_as_the_client_likes(till, member):
    request = till.request("GET", f"/members/{PHONE}/balance")
    assert "%2B86" in str(request.url)
    request.url = request.url.copy_with(raw_path=request.url.raw_path.replace(b"%2B", b"+"))
    assert till.http.send(request).status_code == 200
    assert quote("+", safe="/") == "%2B"


def test_logs_name_no_member(till, member, caplog):
    till.get(f"/members/{PHONE}/balance")
    till.get("/entries", cursor=0, member=PHONE)
    till.get("/members/13900000001999/balance")  # refused, as nobody's
    till.get("/entries", cursor=0, member="13900000001999")
    assert "/api/v1/members/…/balance" in caplog.text
    assert "/api/v1/entries?cursor=0&member=…" in caplog.text
    assert "900000001" not in caplog.text
