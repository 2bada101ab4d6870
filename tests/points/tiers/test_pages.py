"""What members read about their tier (C13)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from accounts.wording import translated
from core import clock
from points.tiers import rules, wording
from points.tiers.models import TierChange
from points.tiers.services import tier_notices, tiers

DAY = timedelta(days=1)


@pytest.fixture
def read(client, own, settings):
    """The text of a page for the member, in English."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(User.objects.get(pk=own.member))

    def text(name="points:tier"):
        response = client.get(reverse(name))
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return text


def test_a_new_member_sees_the_way_ahead(read):
    page = read()
    assert "<b>1,000</b> more points and you are Silver, at once" in page
    assert "until" not in page.partition("What each tier gives")[0].partition("</section>")[2]
    assert "Next member day" in page


def test_who_has_a_tier_sees_until_when_and_what_then(read, own):
    own.earn(5_200, at=clock.now())
    tiers.consider(own.member, at=clock.now())
    page = read()
    assert "Gold until" in page
    assert "5,000 keep Gold for another year." in page
    assert "30 more days before you become Silver" in page
    assert "Enough as of today" in page
    assert "Rose to Gold" in page


def test_the_table_marks_the_members_own_column(read, own):
    tiers.pin(member=own.member, tier="silver", reason="guest", by="staff:900100", at=clock.now())
    page = read()
    assert '<th scope="col" class="now">Silver<span class="visually-hidden"> (yours)' in page
    assert '<td class="now">1.2×</td>' in page
    assert "We have set this tier for you" in page
    assert "guest" not in page  # the reason is for staff


def test_a_grace_is_said_before_all_else(read, own):
    own.earn(1_000, at=clock.now() - 370 * DAY)
    tiers.consider(own.member, at=clock.now() - 370 * DAY)
    for _ in tiers.evaluate(at=clock.now()):
        pass
    assert "1,000 more points by" in read()
    assert "Without them you are Standard from the day after." in read()
    for name in ("points:home", "accounts:profile"):
        assert "keep it" in read(name), name
    assert "<b>1,000</b> more by" in read("home")


def test_the_highest_tier_asks_for_nothing(read, own):
    own.earn(10_000, at=clock.now())
    tiers.consider(own.member, at=clock.now())
    assert "You have reached the highest tier" in read()
    assert "The highest tier" in read("points:home")
    assert "more points to" not in read("home")


def test_the_page_costs_few_queries(read, client, django_assert_max_num_queries):
    read()
    with django_assert_max_num_queries(8):
        client.get(reverse("points:tier"))


def test_without_a_member_day_nobody_speaks_of_one(read, parameters):
    parameters["points.member_day"] = "none"
    assert "ember day" not in read()


@pytest.mark.parametrize(
    ("percent", "chinese", "english"),
    [(0, "—", "—"), (2, "9.8折", "2% off"), (5, "9.5折", "5% off"), (10, "9折", "10% off")],
)
def test_a_discount_in_words(percent, chinese, english):
    with translation.override("zh-hans"):
        assert wording.off(percent) == chinese
    with translation.override("en"):
        assert wording.off(percent) == english


@pytest.mark.parametrize(
    ("value", "words"), [("none", ""), ("week:3", "Every Wednesday"), ("month:18", "Day 18 of every month")]
)
def test_member_days_in_words(value, words):
    with translation.override("en"):
        assert wording.member_day(value) == words


@pytest.mark.parametrize("cause", list(TierChange.Cause))
def test_every_turn_has_words_that_fit_its_values(cause):
    rules.TIERS.pin(rules.DEFAULTS)
    gold = rules.told_name(rules.by_code("gold"))
    values = {"tier": gold, "before": gold, "lower": gold, "points": 5_000, "missing": 10, "months": 12,
              "day": {"day": "2027-01-31"}}  # fmt: skip
    for text in tier_notices.WORDS[cause]:
        assert "%(" not in translated(text, values)
