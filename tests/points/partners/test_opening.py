"""What lets a partner move points needs a second person: to switch it on, to raise a budget, a key (H3, B11)."""

import pytest
from django.db import IntegrityError

from core import approvals, audit, clock
from core.models import Approval
from points.ledger import queries
from points.partners.models import Partner, PartnerKey, Scope
from points.partners.services import opening, setup
from tests.points.partners.conftest import OPEN, PHONE

pytestmark = pytest.mark.django_db

ANNA, BERND = "staff:9001", "staff:9002"
BUDGETS = ("daily_grant_points", "daily_deduct_points")
CLOSED = {"is_active": False, "daily_grant_points": 0, "daily_deduct_points": 0}
GRANT = {"member": PHONE, "points": 1, "reference": "G-1"}


def create(code, **more):
    fields = {"calls_per_minute": 600, "daily_grant_points": 100_000, "daily_deduct_points": 100_000} | more
    return opening.create(code=code, name=code, by=ANNA, at=clock.now(), **fields)


def change(partner, **more):
    fields = {"name": partner.name, "is_active": partner.is_active} | more
    return opening.change(partner=partner, by=ANNA, at=clock.now(), **fields)


def approve(approval, by=BERND):
    return approvals.approve(approval=approval, by=by, at=clock.now())


def refuse(approval):
    return approvals.refuse(approval=approval, by=BERND, at=clock.now(), answer="no")


def state(partner):
    return Partner.objects.values(*CLOSED).get(pk=partner.pk)


def make_key(partner):
    return opening.make_key(partner=partner, scopes=Scope.values, by=ANNA, at=clock.now())


def test_one_person_with_any_number_of_partners_moves_nothing(connect, member):
    for n in range(3):
        partner, _approval = create(f"mine-{n}")
        key, secret, _approval = make_key(partner)
        assert connect(key.name, secret).post("/grants", GRANT).json()["code"] == "bad_signature"
        assert state(partner) == CLOSED
    assert queries.balance(member, at=clock.now()).available == 1000
    assert approvals.waiting([opening.PARTNER, opening.KEY]) == 6


def test_a_partner_opens_when_somebody_else_approves_it_and_its_key(connect, member):
    partner, of_partner = create("new", daily_grant_points=500)
    key, secret, of_key = make_key(partner)
    client = connect(key.name, secret)
    for approval in (of_partner, of_key):
        assert client.post("/grants", GRANT).status_code == 401
        with pytest.raises(approvals.RequesterDecides):
            approve(approval, by=ANNA)
        approve(approval)
    assert client.post("/grants", GRANT).status_code == 201
    assert client.post("/grants", GRANT | {"reference": "G-2", "points": 500}).json()["code"] == "daily_budget_used"


def test_what_was_refused_opens_nothing(shop, connect):
    partner, of_partner = create("new")
    refuse(of_partner)
    assert state(partner) == CLOSED
    key, secret, of_key = make_key(shop)
    refuse(of_key)
    key.refresh_from_db()
    assert (key.opened_at, key.revoked_by) == (None, BERND)
    assert connect(key.name, secret).get("/entries").status_code == 401


def test_a_key_in_place_of_an_old_one_waits_too(shop, till, connect):
    old = PartnerKey.objects.get(name=till.key)
    setup.revoke_key(key=old, by=ANNA, at=clock.now())
    key, secret, approval = make_key(shop)
    assert connect(key.name, secret).get("/entries").status_code == 401
    approve(approval)
    assert connect(key.name, secret).get("/entries").status_code == 200
    assert not setup.open_key(key=old, by=ANNA, at=clock.now())  # what was revoked stays so


def test_a_key_that_was_revoked_while_it_waited(shop):
    key, _secret, approval = make_key(shop)
    setup.revoke_key(key=key, by=ANNA, at=clock.now())
    with pytest.raises(approvals.Outdated):
        approve(approval)
    assert PartnerKey.objects.get().opened_at is None


@pytest.mark.parametrize("field", BUDGETS)
@pytest.mark.parametrize(("asked", "at_once"), [(0, 0), (99_999, 99_999), (100_000, 100_000), (100_001, 100_000)])
def test_a_raise_waits_and_what_is_not_more_is_done(shop, field, asked, at_once):
    approval = change(shop, name="大店", **{field: asked})
    assert (state(shop)[field], bool(approval)) == (at_once, asked != at_once)
    assert Partner.objects.get().name == "大店"
    if approval:
        approve(approval)
        assert state(shop) == OPEN | {field: asked}


def test_one_request_may_raise_and_lower(shop):
    approval = change(shop, daily_grant_points=200_000, daily_deduct_points=5)
    assert state(shop) == OPEN | {"daily_deduct_points": 5}
    assert approval.data["after"] == {"daily_grant_points": 200_000}


def test_switched_off_at_once_and_on_by_two(shop, till):
    assert change(shop, is_active=False) is None
    assert till.get("/entries").status_code == 401
    approval = change(Partner.objects.get(), is_active=True)
    assert till.get("/entries").status_code == 401
    approve(approval)
    assert till.get("/entries").status_code == 200


def test_what_changed_meanwhile_is_asked_for_anew(shop):
    approval = change(shop, daily_grant_points=500_000)
    change(Partner.objects.get(), daily_grant_points=50_000)
    with pytest.raises(approvals.Outdated):
        approve(approval)
    with pytest.raises(approvals.AlreadyAsked):
        change(Partner.objects.get(), daily_grant_points=60_000)


def test_each_is_written_down(shop):
    change(shop, daily_grant_points=500_000, reason="season")
    make_key(shop)
    found = Approval.objects.order_by("pk").values_list("kind", "subject", "by", "state")
    assert list(found) == [
        ("points.partner_budget", "partner:shop", ANNA, "pending"),
        ("points.partner_key", "partner:shop", ANNA, "pending"),
    ]


def test_a_code_is_given_once(shop, monkeypatch):
    with pytest.raises(setup.CodeTaken):
        setup.create_partner(code=shop.code, name="again", by="staff:1", at=clock.now())

    def broken(*args, **options):
        raise IntegrityError("something else")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(IntegrityError):  # is not taken for a code
        setup.create_partner(code="third", name="third", by="staff:1", at=clock.now())
