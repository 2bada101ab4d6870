"""What members and staff see of earnings."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from core import clock
from points.earning.models import EarningReview
from points.earning.services import earning, review
from points.purchases.models import Purchase, WhatIfRun
from points.purchases.services import what_if
from tests.points.earning.conftest import buy, entries, give_back, new_member

pytestmark = pytest.mark.django_db

REVIEWS = reverse("admin:points_earningreview_changelist")
WHAT_IF = reverse("admin:points_whatifrun_add")


@pytest.fixture
def staff(client):
    def sign_in(*permissions):
        person, _new = User.objects.get_or_create(
            username="clerk", defaults={"is_staff": True, "date_joined": clock.now()}
        )
        person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(User.objects.get(pk=person.pk))
        return person

    return sign_in


@pytest.fixture
def waiting(parameters):
    parameters["points.members_per_device"] = 1
    facts = earning.Facts(device="d" * 64)
    for _ in range(2):
        member = new_member()
        earning.behaviour(member=member, behaviour="share", key="k", by="system:test", at=clock.now(), facts=facts)
    return EarningReview.objects.get(member=member)


def test_the_member_sees_what_is_being_checked(client, waiting):
    client.force_login(waiting.member)
    page = client.get(reverse("points:home")).content.decode()
    assert reverse("points:held", args=[waiting.pk]) in page
    assert "+50" in page
    earlier = User.objects.exclude(pk=waiting.member_id).get()
    client.force_login(earlier)
    assert 'aria-labelledby="aside"' not in client.get(reverse("points:home")).content.decode()
    assert client.get(reverse("points:held", args=[waiting.pk])).status_code == 404


def test_the_member_reads_why_it_is_refused_and_appeals(client, waiting):
    held = reverse("points:held", args=[waiting.pk])
    client.force_login(waiting.member)
    assert "<textarea" not in client.get(held).content.decode()
    assert "appeal" in client.post(held, {"words": "please"}).content.decode()  # nothing is refused yet
    review.refuse(review=waiting, why="other", words="因为门店当天没有开门", by="staff:1", at=clock.now())
    assert held in client.get(reverse("points:home")).content.decode()
    page = client.get(held).content.decode()
    assert "因为门店当天没有开门" in page
    assert "<textarea" in page
    assert client.post(held, {"words": ""}).status_code == 200
    assert client.post(held, {"words": "我在的，<有照片>"}).status_code == 302
    assert "我在的，&lt;有照片&gt;" in client.get(held).content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "appealed"
    client.force_login(User.objects.exclude(pk=waiting.member_id).get())
    assert client.post(held, {"words": "x"}).status_code == 404


def test_what_was_typed_stays_when_the_last_day_is_over(client, waiting):
    held = reverse("points:held", args=[waiting.pk])
    review.refuse(review=waiting, why="device", by="staff:1", at=clock.now() - timedelta(days=30))
    client.force_login(waiting.member)
    page = client.post(held, {"words": "too late but true"}).content.decode()
    assert "too late but true" in page
    waiting.refresh_from_db()
    assert waiting.state == "refused"


def test_the_member_reads_why_it_is_so_many(client, member):
    buy(member, lines=[("imported_fruit", 8_800)], paid_at=clock.now())
    client.force_login(User.objects.get(pk=member))
    page = client.get(reverse("points:history")).content.decode()
    assert 'class="receipt"' in page
    assert "132" in page
    assert "按第1版规则计算" in page


def test_staff_see_purchases_with_lines_refunds_and_reasons(client, staff, member):
    now = clock.now()
    buy(member, lines=[("imported_fruit", 8_800), ("", 50)], number="A-1", paid_at=now)
    give_back("A-1", 44, at=now, category="imported_fruit", refund_number="R-1")
    staff("view_purchase")
    assert "A-1" in client.get(reverse("admin:points_purchase_changelist"), {"q": "A-1"}).content.decode()
    page = client.get(reverse("admin:points_purchase_change", args=[Purchase.objects.get().pk])).content.decode()
    for text in ("进口水果", "R-1", "132", "66"):
        assert text in page
    assert "imported_fruit" not in page


def test_a_purchase_without_points_shows_why_too(client, staff, member):
    buy(member, 0.5)
    staff("view_purchase")
    page = client.get(reverse("admin:points_purchase_change", args=[Purchase.objects.get().pk]))
    assert page.status_code == 200


def test_looking_is_not_deciding(client, staff, waiting):
    staff("view_earningreview")
    assert client.get(REVIEWS).status_code == 200
    approve = reverse("admin:points_earningreview_approve", args=[waiting.pk])
    assert client.post(approve, {}).status_code in {302, 403}
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    staff("view_purchase")
    assert client.get(REVIEWS).status_code == 403


def test_staff_approve(client, staff, waiting):
    staff("decide_earningreview")
    page = client.get(reverse("admin:points_earningreview_change", args=[waiting.pk]))
    assert page.status_code == 200
    approve = reverse("admin:points_earningreview_approve", args=[waiting.pk])
    assert client.get(approve).status_code == 200
    for _ in range(2):
        client.post(approve, {})
    assert [entry.points for entry in entries(waiting.member_id)] == [50]


def test_staff_refuse_with_a_reason(client, staff, waiting):
    staff("decide_earningreview")
    refuse = reverse("admin:points_earningreview_refuse", args=[waiting.pk])
    for missing in ({"why": ""}, {"why": "other", "words": ""}):
        client.post(refuse, missing)
        waiting.refresh_from_db()
        assert waiting.state == "pending"
    client.post(refuse, {"why": "person", "words": "", "note": "see the list of Monday"})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.why, waiting.answer) == ("refused", "person", "see the list of Monday")
    assert entries(waiting.member_id) == []


def test_staff_see_appeals_first_and_answer_them(client, staff, waiting):
    staff("decide_earningreview")
    later = new_member()
    earning.behaviour(
        member=later, behaviour="share", key="k", by="system:test", at=clock.now(), facts=earning.Facts(device="d" * 64)
    )
    review.refuse(review=waiting, why="person", by="staff:1", at=clock.now())
    review.appeal(review=waiting, words="一家人", by=f"member:{waiting.member_id}", at=clock.now())
    rows = client.get(REVIEWS).context["cl"].result_list
    assert [row.pk for row in rows] == [waiting.pk, EarningReview.objects.get(member=later).pk]
    uphold = reverse("admin:points_earningreview_uphold", args=[waiting.pk])
    assert "一家人" in client.get(uphold).content.decode()
    assert "一家人" in client.get(reverse("admin:points_earningreview_change", args=[waiting.pk])).content.decode()
    client.post(uphold, {"why": "person", "words": "", "note": ""})
    waiting.refresh_from_db()
    assert waiting.state == "upheld"


@pytest.mark.parametrize(("action", "state"), [("approve_all", "approved"), ("refuse_all", "refused")])
def test_many_at_once(client, staff, waiting, action, state):
    staff("decide_earningreview")
    client.post(REVIEWS, {"action": action, "_selected_action": [waiting.pk]})
    waiting.refresh_from_db()
    assert waiting.state == state


def test_the_badge_counts_what_waits(client, staff, waiting):
    from pointsmall.badges import earnings_waiting

    assert earnings_waiting(None) == 1


def test_a_replay_from_the_form_to_its_chart(client, staff, member, django_capture_on_commit_callbacks):
    buy(member, 100, paid_at=clock.now())
    staff("run_whatifrun", "view_pointsaccount")
    assert "v1" in client.get(WHAT_IF).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(WHAT_IF, {"version": "v1", "days": "30"})
    run = WhatIfRun.objects.get()
    assert response.url == reverse("admin:points_whatifrun_change", args=[run.pk])
    page = client.get(response.url).content.decode()
    assert run.state == "done"
    assert "<canvas" in page
    assert client.get(reverse("admin:points_whatifrun_changelist")).status_code == 200


def test_a_replay_that_runs_shows_how_far(client, staff):
    staff("run_whatifrun")
    run = what_if.start(rule_version="v1", days=90, by="staff:1", at=clock.now())
    page = client.get(reverse("admin:points_whatifrun_change", args=[run.pk])).content.decode()
    assert "data-moving" in page


def test_replays_need_a_permission(client, staff):
    staff("view_purchase")
    assert client.get(WHAT_IF).status_code == 403
    assert client.post(WHAT_IF, {"version": "v1", "days": "30"}).status_code == 403
    assert not WhatIfRun.objects.exists()
