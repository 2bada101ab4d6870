"""What members and staff read about the end of points (B9, B10)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from core import clock
from points.ledger import rules, wording
from points.ledger.models import ExpiryPolicy
from points.ledger.services import expiry

SHOP = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def known():
    rules.POLICIES.forget()
    yield
    rules.POLICIES.forget()


def read(client, name, *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def first_of_month(months):
    return rules.add_months(clock.shop_date(clock.now()).replace(day=1), months)


def test_the_calendar_names_the_month_in_which_points_can_last_be_used(own, english):
    english.force_login(User.objects.get(pk=own.member))
    midnight = datetime.combine(first_of_month(4), datetime.min.time(), tzinfo=SHOP)
    own.earn(300, at=clock.now(), expires_at=midnight)
    own.earn(20, at=clock.now(), expires_at=midnight - timedelta(microseconds=1))
    html = read(english, "points:home")
    month = first_of_month(3)
    assert f"In {month:%B %Y}, 320 points end." in html
    last = midnight.date() - DAY
    assert f"20 points, {last.day} {last:%b}" in html


def test_a_calendar_without_an_end_says_so(own, english, settings):
    settings.POINTS_EXPIRY_MONTHS = 0
    english.force_login(User.objects.get(pk=own.member))
    own.earn(300, at=clock.now())
    html = read(english, "points:home")
    assert "Nothing of yours ends in the next 12 months." in html
    assert "300 never end." in html


def test_the_rules_page_says_what_rules_now_and_what_is_announced(english, db, settings):
    settings.POINTS_EXPIRY_MONTHS = 12
    today = clock.shop_date(clock.now())
    start = date(today.year + 1, 12, 1)
    expiry.announce(kind="per_lot", months=6, unit="day", starts_on=start, by="staff:1", at=clock.now())
    html = read(english, "points:rules")
    assert "Points end 12 months after the month in which they become usable" in html
    assert f"From 1 Dec {start.year}" in html
    assert "Points end 6 months after the day on which they become usable" in html


@pytest.mark.parametrize(
    ("kind", "months", "unit", "text"),
    [
        ("never", 0, "", "never end"),
        ("per_lot", 1, "day", "1 month after the day"),
        ("period_end", 0, "month", "with the month"),
        ("period_end", 0, "quarter", "with the quarter"),
        ("period_end", 0, "year", "with the year"),
        ("period_end", 6, "month", "6 months after the month"),
        ("period_end", 6, "quarter", "last day of that quarter"),
        ("period_end", 6, "year", "last day of that year"),
        ("activity", 6, "month", "Whenever you earn"),
    ],
)
def test_every_rule_has_words(db, kind, months, unit, text):
    with translation.override("en"):
        assert text in wording.expiry(ExpiryPolicy(kind=kind, months=months, unit=unit))


# Staff


@pytest.fixture
def clerk(english, db):
    """Signs in as staff who may look at the rules; ``clerk("announce")`` may announce, too."""

    def sign_in(*acts):
        person = User.objects.create_user(username="clerk", is_staff=True, date_joined=clock.now())
        names = [f"{act}_expirypolicy" for act in ("view", *acts)]
        person.user_permissions.set(Permission.objects.filter(codename__in=names))
        english.force_login(person)
        return person

    return sign_in


def tomorrow_in_a_month():
    return clock.shop_date(clock.now()) + timedelta(days=rules.NOTICE_DAYS)


def announce(client, **changed):
    form = {"rule": "quarter", "months": "6", "starts_on": tomorrow_in_a_month().isoformat(), **changed}
    return client.post(reverse("admin:points_expirypolicy_add"), form, follow=True)


def test_staff_announce_a_rule(english, clerk):
    person = clerk("announce")
    assert "Earliest first day" in read(english, "admin:points_expirypolicy_add")
    shown = announce(english).content.decode()
    assert "last day of that quarter" in shown
    assert "announced" in shown
    policy = ExpiryPolicy.objects.get()
    assert (policy.kind, policy.months, policy.unit, policy.by) == ("period_end", 6, "quarter", f"staff:{person.pk}")


@pytest.mark.parametrize(
    "changed",
    [
        {"starts_on": (clock.shop_date(clock.now()) + DAY).isoformat()}, {"starts_on": ""}, {"starts_on": "soon"},
        {"rule": "sometimes"}, {"rule": ""}, {"months": "-1"}, {"months": "121"}, {"months": ""},
        {"rule": "per_lot", "months": "0"},
    ],
)  # fmt: skip
def test_what_cannot_be_announced_is_said_at_the_form(english, clerk, changed):
    clerk("announce")
    response = announce(english, **changed)
    assert response.status_code == 200
    assert not response.redirect_chain
    assert not ExpiryPolicy.objects.exists()


@pytest.mark.parametrize("months", ["", "12", "-1"])
def test_never_asks_for_no_months(english, clerk, months):
    clerk("announce")
    assert announce(english, rule="never", months=months).redirect_chain
    assert ExpiryPolicy.objects.get().months == 0


def test_the_months_that_lack_are_asked_for(english, clerk):
    clerk("announce")
    for changed in ({"months": ""}, {"rule": "per_lot", "months": "0"}, {"rule": "activity", "months": "0"}):
        assert "Say how many months." in announce(english, **changed).content.decode()


def test_twice_the_same_day_is_refused(english, clerk):
    clerk("announce")
    announce(english)
    assert "Another rule starts on" in announce(english, rule="never").content.decode()
    assert ExpiryPolicy.objects.get().kind == "period_end"


def test_staff_take_an_announcement_back(english, clerk):
    clerk("announce")
    announce(english)
    day = ExpiryPolicy.objects.get().pk
    url = reverse("admin:points_expirypolicy_cancel", args=[day])
    assert url in read(english, "admin:points_expirypolicy_change", day)
    assert english.get(url).status_code == 200
    assert ExpiryPolicy.objects.exists()
    assert "Taken back" in english.post(url, follow=True).content.decode()
    assert not ExpiryPolicy.objects.exists()


def test_a_rule_in_force_stays(english, clerk):
    clerk("announce")
    today = clock.shop_date(clock.now())
    expiry.announce(kind="never", months=0, unit="", starts_on=today, by="staff:1", at=clock.now() - 40 * DAY)
    url = reverse("admin:points_expirypolicy_cancel", args=[today])
    english.post(url)
    assert ExpiryPolicy.objects.exists()
    assert "in force" in read(english, "admin:points_expirypolicy_changelist")


def test_who_may_only_look_changes_nothing(english, clerk):
    clerk()
    assert "end" in read(english, "admin:points_expirypolicy_changelist")
    assert announce(english).status_code == 403
    expiry.announce(kind="never", months=0, unit="", starts_on=tomorrow_in_a_month(), by="staff:1", at=clock.now())
    url = reverse("admin:points_expirypolicy_cancel", args=[tomorrow_in_a_month()])
    assert english.post(url).status_code == 403
    assert english.post(reverse("admin:points_expirypolicy_delete", args=[tomorrow_in_a_month()])).status_code == 403
    assert ExpiryPolicy.objects.exists()
