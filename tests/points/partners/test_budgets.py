"""A partner's budget is a way to give points: a raise needs a second person (H3, B11)."""

import pytest

from core import approvals, clock
from points.models import Partner
from points.services.partners import budgets

ANNA, BERND = "staff:9001", "staff:9002"


def change(partner, budget, **more):
    fields = {"name": partner.name, "is_active": True} | more
    return budgets.change(partner=partner, daily_grant_points=budget, by=ANNA, at=clock.now(), **fields)


def budget(partner):
    return Partner.objects.get(pk=partner.pk).daily_grant_points


@pytest.mark.parametrize(("asked", "at_once"), [(0, 0), (99_999, 99_999), (100_000, 100_000), (100_001, 100_000)])
def test_up_to_the_usual_nobody_else_is_needed(shop, asked, at_once):
    approval = change(shop, asked, name="大店")
    assert (budget(shop), bool(approval)) == (at_once, asked != at_once)
    assert Partner.objects.get().name == "大店"  # what is not the budget is saved


def test_a_raise_waits(shop):
    approval = change(shop, 500_000)
    with pytest.raises(approvals.RequesterDecides):
        approvals.approve(approval=approval, by=ANNA, at=clock.now())
    approvals.approve(approval=approval, by=BERND, at=clock.now())
    assert budget(shop) == 500_000
    assert change(shop, 500_000) is None  # it has that much
    assert change(shop, 200_000) is None
    assert budget(shop) == 200_000


def test_a_new_partner_begins_with_the_usual(db):
    partner, approval = budgets.create(code="new", name="新", by=ANNA, at=clock.now(), daily_grant_points=10**9)
    assert (budget(partner), approval.data["after"]) == (100_000, 10**9)
    change(partner, 50_000)
    with pytest.raises(approvals.Outdated):
        approvals.approve(approval=approval, by=BERND, at=clock.now())
