from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from core import clock
from core.formats import shop_day, shop_time
from points import ledger
from points.earning.rules import engine
from points.purchases.services import purchases

DAY = timedelta(days=1)


@pytest.fixture
def busy(own, client):
    """A signed-in member with a bit of everything."""
    now = clock.now()
    steps = {"steps": [["88 yuan", "88"], ["× 1.5", "= 132"]]}
    own.earn(200, kind="sign_up", at=now - 40 * DAY, expires_at=now + 40 * DAY)
    own.earn(132, kind="purchase", at=now - DAY, breakdown=steps, rule_version="7", source="order:20261120004821")
    own.earn(320, kind="purchase", at=now, active_from=now + 5 * DAY)
    own.spend(100, key="s", at=now, reason="Canvas bag")
    own.refund("s", 40, at=now)
    own.hold(30, at=now)
    client.force_login(User.objects.get(pk=own.member))
    return own


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def page(client, name, **query):
    response = client.get(reverse(name, query=query), headers={"accept-language": "en"})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", ["points:home", "points:history"])
def test_strangers_are_asked_to_sign_in(client, db, name):
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_home_shows_balance_holds_and_the_reason_of_a_number(client, busy):
    html = page(client, "points:home")
    for text in ("242", "320", "30", "+132", "−100", "Canvas bag", "= 132", "4821"):
        assert text in html


def test_the_card_has_the_total_and_its_parts(client, busy):
    html = page(client, "points:home")
    card = html[html.index("balance__split") : html.index("</section>", html.index("balance__split"))]
    in_all, ending, pending, held = ("592", "110", "320", "30")
    assert [cell.split("<")[0] for cell in card.split("<b>")[1:]] == [in_all, ending, pending, held]


@pytest.fixture
def home(client, own):
    """``home()`` -> the points page of the member, in English."""
    client.force_login(User.objects.get(pk=own.member))
    client.cookies["django_language"] = "en"
    return lambda: page(client, "points:home")


def test_pending_points_say_from_when_they_can_be_used(home, own):
    at = clock.now()
    own.earn(64, key="one", at=at, kind="purchase", active_from=ledger.UNDATED, source="order:20261120004821")
    html = home()
    assert html.count("usable 7 days after you receive the parcel") == 2  # on the card and in the list
    assert "While a return is open" in html
    assert "their end is counted from when you can use them" not in html  # without steps there is no receipt
    assert "Of 64 the end is counted" in html
    own.set_begin("one", at + 5 * DAY, at + 90 * DAY, at=at)
    html = home()
    assert html.count(f"usable from {shop_time(at + 5 * DAY)}") == 2
    assert "While a return is open" not in html
    own.earn(10, at=at, active_from=at + 3 * DAY)
    assert f"the first from {shop_time(at + 3 * DAY)}" in home()


def test_the_receipt_of_an_entry_says_when_its_points_really_end(home, own):
    at = clock.now()
    steps = {"steps": [["88 yuan", "88"]]}
    own.earn(88, key="one", at=at, kind="purchase", active_from=ledger.UNDATED, breakdown=steps)
    assert "their end is counted from when you can use them" in home()
    own.set_begin("one", at, at + 90 * DAY, at=at)
    assert f"ends on {shop_day(at + 90 * DAY)}" in home()


def test_purchases_without_points_say_why(home, own, monkeypatch):
    at = clock.now()
    monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(100, {}))
    for number, fen in enumerate([10_000, 5_000, 50]):
        purchases.record(
            member=own.member, source="partner:tea", number=f"N{number}", lines=[("", fen)], paid_at=at, by="x", at=at
        )
    html = home()
    assert "Purchase of ¥50.00" in html
    assert "Limit of 100 points a day, −50" in html
    assert "Purchase of ¥0.50" in html
    assert "Purchase of ¥100.00" not in html


def test_the_card_has_what_is_owed(client, own):
    own.earn(700, key="gift")
    own.spend(700)
    own.clawback("gift", 700)
    client.force_login(User.objects.get(pk=own.member))
    html = page(client, "points:home")
    assert "<b>700</b>" in html


def test_home_of_a_new_member_is_empty_and_calm(client, member):
    client.force_login(User.objects.get(pk=member))
    assert 'class="empty"' in page(client, "points:home")


def test_history_filters_and_pages(client, busy):
    assert "Canvas bag" not in page(client, "points:history", kind="earned")
    assert "+132" not in page(client, "points:history", kind="used")
    assert 'class="empty"' in page(client, "points:history", month="2001-01")
    assert "+200" in page(client, "points:history", before="2")


@pytest.mark.parametrize(
    "query",
    [{"kind": "x"}, {"month": "2026-13"}, {"month": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"before": "²"}],
)
def test_an_address_we_do_not_know_shows_everything(client, busy, query):
    html = page(client, "points:history", **query)
    assert "Canvas bag" in html
    assert "+132" in html


def test_no_query_for_each_entry(client, busy, django_assert_max_num_queries):
    for n in range(20):
        busy.earn(1, at=clock.now())
        if n == 0:
            page(client, "points:history")
    with django_assert_max_num_queries(12):
        page(client, "points:history")


def test_a_page_shows_only_ones_own(client, busy):
    client.force_login(User.objects.create(username="other", date_joined=clock.now()))
    assert "Canvas bag" not in page(client, "points:home")


@pytest.mark.parametrize(("months", "text"), [(12, "12"), (0, "never")])
def test_rules_say_what_is_in_force(client, db, settings, parameters, months, text):
    settings.POINTS_EXPIRY_MONTHS = months
    parameters["points.per_yuan"] = 173
    settings.LANGUAGE_CODE = "en"
    html = page(client, "points:rules")
    assert "173" in html
    assert (text in html) or months == 0


@pytest.fixture
def staff(client, db):
    person = User.objects.create_superuser(username="staff", password="s", date_joined=clock.now())
    client.force_login(person)
    return client


def test_staff_find_and_read_an_account_and_cannot_change_it(busy, staff):
    name = User.objects.get(pk=busy.member).username
    listed = staff.get(reverse("admin:points_pointsaccount_changelist", query={"q": name}))
    assert name in listed.content.decode()
    address = reverse("admin:points_pointsaccount_change", args=[busy.member])
    shown = staff.get(address).content.decode()
    for text in ("Canvas bag", "20261120004821", "+132", "-100"):
        assert text in shown
    assert staff.post(address, {"lifetime_earned": "1"}).status_code == 403
    assert staff.get(reverse("admin:points_pointsaccount_add")).status_code == 403
    assert staff.get(reverse("admin:points_pointsaccount_delete", args=[busy.member])).status_code == 403
    assert staff.get(reverse("admin:points_pointsaccount_change", args=[987_654])).status_code == 302


def test_staff_without_the_permission_see_nothing(client, busy):
    client.force_login(User.objects.create_user(username="clerk", is_staff=True, date_joined=clock.now()))
    assert client.get(reverse("admin:points_pointsaccount_change", args=[busy.member])).status_code == 403
