"""Staff set figures, and pin and unpin tiers (C12, C13)."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import Notice, User
from core import approvals, clock
from core.models import Approval, AuditEvent, OutboxMessage
from points.tiers import queries
from points.tiers.models import MemberTier, Tier, TierChange
from points.tiers.services import tier_figures, tiers
from tests.points.conftest import AT


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def clerk(english, db):
    def sign_in(*names):
        person = User.objects.create_user(username="clerk", is_staff=True, date_joined=clock.now())
        person.user_permissions.set(Permission.objects.filter(content_type__app_label="points", codename__in=names))
        english.force_login(person)
        return person

    return sign_in


def figures(code):
    return {name: getattr(Tier.objects.get(code=code), name) for name in ("threshold", "multiplier", "birthday_points")}


# Figures


def test_a_new_mall_has_four_tiers(db):
    assert list(Tier.objects.values_list("code", "threshold")) == [
        ("normal", 0), ("silver", 1_000), ("gold", 5_000), ("diamond", 10_000),
    ]  # fmt: skip
    tier_figures.install()
    assert Tier.objects.count() == 4


def test_what_is_set_counts_at_once_and_is_written_down(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert tier_figures.set_figures(code="silver", threshold=800, multiplier="1.25", by="staff:1", at=AT)
    silver = queries.all_tiers()[1]
    assert (silver.threshold, str(silver.multiplier)) == (800, "1.25")
    event = AuditEvent.objects.get(event="tier.figures_set")
    assert event.data == {
        "before": {"threshold": 1000, "multiplier": "1.20"}, "after": {"threshold": 800, "multiplier": "1.25"},
    }  # fmt: skip


def test_the_same_figures_again_are_no_change(db):
    assert not tier_figures.set_figures(code="silver", threshold=1_000, by="staff:1", at=AT)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("code", "figure", "error"),
    [
        ("silver", {"threshold": 5_000}, tier_figures.TiersOutOfOrder),
        ("silver", {"threshold": 0}, tier_figures.FigureOutOfRange),
        ("normal", {"threshold": 1}, tier_figures.FigureOutOfRange),
        ("gold", {"multiplier": "2.01"}, tier_figures.TiersOutOfOrder),
        ("gold", {"multiplier": "0.99"}, tier_figures.FigureOutOfRange),
        ("diamond", {"multiplier": "10.01"}, tier_figures.FigureOutOfRange),
        ("diamond", {"discount_percent": 91}, tier_figures.FigureOutOfRange),
        ("diamond", {"birthday_points": -1}, tier_figures.FigureOutOfRange),
        ("diamond", {"birthday_points": 50}, tier_figures.TiersOutOfOrder),
        ("diamond", {"free_shipping": False}, tier_figures.TiersOutOfOrder),
        ("diamond", {"name": " "}, tier_figures.InvalidInput),
        ("bronze", {"threshold": 5}, tier_figures.InvalidInput),
        ("silver", {"position": 5}, tier_figures.InvalidInput),
        ("silver", {"multiplier": "1.234"}, tier_figures.InvalidInput),
        ("silver", {"multiplier": "NaN"}, tier_figures.InvalidInput),
    ],
)
def test_figures_out_of_range_or_order_are_refused(db, code, figure, error):
    with pytest.raises(error):
        tier_figures.set_figures(code=code, by="staff:1", at=AT, **figure)


def test_a_lower_threshold_raises_those_who_reach_it(own, django_capture_on_commit_callbacks):
    own.earn(900)
    tiers.consider(own.member, at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        tier_figures.set_figures(code="silver", threshold=900, by="staff:1", at=AT)
    assert [done.turns for done in tiers.recompute(at=AT, dry_run=True)] == [{"promoted": 1}]
    assert queries.tier_of(own.member).code == "normal"
    assert [done.turns for done in tiers.recompute(at=AT)] == [{"promoted": 1}]
    assert queries.tier_of(own.member).code == "silver"


def test_the_form_sets_figures(english, clerk):
    clerk("view_tier", "change_tier")
    url = reverse("admin:points_tier_change", args=["silver"])
    assert "multiplier" in english.get(url).content.decode()
    data = {
        "name": "银卡", "name_en": "Silver", "threshold": 1_200, "multiplier": "1.30", "discount_percent": 2,
        "member_day_percent": 3, "birthday_points": 60, "free_shipping": "",
    }  # fmt: skip
    assert "From 1 to 10" in english.post(url, data | {"multiplier": "0.5"}).content.decode()
    assert "no longer rise" in english.post(url, data | {"threshold": 6_000}).content.decode()
    assert english.post(url, data | {"reason": "spring"}).status_code == 302
    assert str(figures("silver")["multiplier"]) == "1.20"  # a second person decides
    approval = Approval.objects.get()
    assert "1.20 → 1.30" in english.get(reverse("admin:core_approval_change", args=[approval.pk])).content.decode()
    approvals.approve(approval=approval, by="staff:9002", at=AT)
    assert str(figures("silver")["multiplier"]) == "1.30"
    assert english.get(reverse("admin:points_tier_changelist")).status_code == 200


def change(**figures):
    return tier_figures.change(code="silver", by="staff:9001", at=AT, **figures)


def test_names_need_nobody_else(db):
    assert change(name="银", name_en="Silver", threshold=1_000) is None
    assert Tier.objects.get(code="silver").name == "银"
    assert not Approval.objects.exists()


def test_what_a_tier_gives_needs_a_second_person(own, django_capture_on_commit_callbacks):
    approval = change(threshold=100, birthday_points=60)
    assert approval.data["after"] == {"threshold": 100, "birthday_points": 60}
    assert figures("silver")["threshold"] == 1_000
    own.earn(150)
    with pytest.raises(approvals.RequesterDecides):
        approvals.approve(approval=approval, by="staff:9001", at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        approvals.approve(approval=approval, by="staff:9002", at=AT)
    assert figures("silver")["threshold"] == 100
    assert OutboxMessage.objects.filter(topic=tier_figures.TOPIC).exists()  # who reaches it rises


def test_figures_that_changed_meanwhile_are_outdated(db):
    approval = change(birthday_points=60)
    tier_figures.set_figures(code="silver", birthday_points=55, by="staff:9003", at=AT)
    with pytest.raises(approvals.Outdated):
        approvals.approve(approval=approval, by="staff:9002", at=AT)
    with pytest.raises(tier_figures.TiersOutOfOrder):
        change(threshold=6_000)


def test_who_may_only_look_sets_nothing(english, clerk):
    clerk("view_tier")
    url = reverse("admin:points_tier_change", args=["silver"])
    assert english.get(url).status_code == 200
    english.post(url, {"name": "x", "threshold": 5, "multiplier": 1})
    assert figures("silver")["threshold"] == 1_000


# Pins


def test_a_pin_counts_whatever_the_points_say(own):
    tiers.pin(member=own.member, tier="gold", reason="partner's guest", by="staff:900100", at=AT)
    assert queries.tier_of(own.member).code == "gold"
    own.earn(20_000)
    tiers.consider(own.member, at=AT)
    assert queries.tier_of(own.member).code == "gold"
    tiers.unpin(member=own.member, reason="over", by="staff:900100", at=AT)
    assert queries.tier_of(own.member).code == "diamond"
    assert list(TierChange.objects.order_by("pk").values_list("cause", flat=True)) == ["pinned", "promoted", "unpinned"]
    assert AuditEvent.objects.filter(event__in=["tier.pinned", "tier.unpinned"]).count() == 2
    # The rise below the pin was no news for the member.
    assert Notice.objects.filter(topic="tier").count() == 2


def test_pinning_the_same_again_changes_nothing(own):
    for _ in range(2):
        tiers.pin(member=own.member, tier="gold", reason="guest", by="staff:900100", at=AT)
    assert TierChange.objects.count() == 1


def test_refused_pins(own, db):
    with pytest.raises(tiers.NotPinned):
        tiers.unpin(member=own.member, reason="x", by="staff:900100", at=AT)
    with pytest.raises(tiers.UnknownMember):
        tiers.pin(member=987654, tier="gold", reason="x", by="staff:900100", at=AT)
    with pytest.raises(tiers.OwnTier):
        tiers.pin(member=own.member, tier="gold", reason="x", by=f"staff:{own.member}", at=AT)
    for wrong in ({"tier": "bronze"}, {"reason": " "}, {"reason": "x" * 201}):
        with pytest.raises(tiers.InvalidInput):
            tiers.pin(**{"member": own.member, "tier": "gold", "reason": "x", "by": "staff:900100", "at": AT} | wrong)


def test_staff_pin_and_unpin_on_the_pages(own, english, clerk):
    clerk("view_membertier", "pin_tier")
    form = {"member": f"#{own.member}", "tier": "gold", "reason": "guest of a partner"}
    response = english.post(reverse("admin:points_membertier_pin_member"), form)
    assert response.status_code == 302
    page = english.get(response.url).content.decode()
    assert "guest of a partner" in page
    assert "Pinned by staff" in page
    assert (
        english.post(reverse("admin:points_membertier_unpin", args=[own.member]), {"reason": "over"}).status_code == 302
    )
    assert MemberTier.objects.get().pinned_tier == ""


def test_the_list_filters_by_the_tier_that_counts(own, english, clerk):
    clerk("view_membertier")
    tiers.pin(member=own.member, tier="gold", reason="guest", by="staff:900100", at=AT)
    url = reverse("admin:points_membertier_changelist")
    name = str(User.objects.get(pk=own.member))
    for query, shown in (("", True), ("?tier=gold", True), ("?tier=normal", False), ("?standing=pinned", True),
                         ("?standing=grace", False)):  # fmt: skip
        assert (name in english.get(url + query).content.decode()) is shown, query


def test_without_the_permission_nobody_pins(own, english, clerk):
    clerk("view_membertier")
    response = english.post(reverse("admin:points_membertier_pin_member"), {"member": f"#{own.member}", "tier": "gold"})
    assert response.status_code in {302, 403}
    assert not MemberTier.objects.exists()
