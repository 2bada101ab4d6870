"""The activities page and the sign-in form (D1)."""

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.services import create_member
from activities.models import SignIn
from core import clock
from core.errors import Busy
from points.earning.models import EarningReview
from points.ledger import queries as points_queries
from points.ledger.models import PointsEntry

from .conftest import shop

HOME = reverse("activities:home")
SIGN_IN = reverse("activities:sign_in")


@pytest.fixture
def visitor(client, member):
    client.force_login(member)
    return client


def messages_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_signing_in_pays_says_so_and_goes_back(visitor, member, signs_in):
    for day in (17, 18, 19, 20):
        signs_in(f"2026-11-{day} 08:00")
    response = visitor.post(SIGN_IN)
    assert (response.status_code, response.url) == (302, HOME)
    assert "+16" in messages_of(response)[0]
    assert SignIn.objects.get(local_date="2026-11-21").day == 5


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_a_second_post_says_so_and_doubles_nothing(visitor, member):
    visitor.post(SIGN_IN)
    balance = points_queries.balance(member.pk, at=shop("2026-11-21 10:00")).total
    response = visitor.post(SIGN_IN)
    assert response.status_code == 302
    assert len(messages_of(response)) == 2
    assert SignIn.objects.count() == 1
    assert points_queries.balance(member.pk, at=shop("2026-11-21 10:00")).total == balance


def test_the_form_comes_back_to_the_page_it_stood_on(visitor):
    assert visitor.post(SIGN_IN, {"next": "/"}).url == "/"


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_it_never_leads_away_from_the_mall(visitor, next_page):
    assert visitor.post(SIGN_IN, {"next": next_page}).url == HOME


def test_a_stranger_is_sent_to_sign_in_and_back_to_the_page(client, db):
    response = client.post(SIGN_IN)
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?next={HOME}"
    assert not SignIn.objects.exists()


def test_signing_in_takes_a_post(visitor):
    assert visitor.get(SIGN_IN).status_code == 405


def test_a_stranger_sees_the_ways_but_no_calendar(client, db):
    page = client.get(HOME).content.decode()
    assert reverse("account_signup") in page
    assert "calendar__days" not in page


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_the_page_shows_the_month_with_its_bands(visitor, signs_in):
    for day in (18, 19, 20):
        signs_in(f"2026-11-{day} 08:00")
    page = visitor.get(HOME).content.decode()
    assert page.count("day--signed") == 3
    assert page.count("day--joined-left") == page.count("day--joined-right") == 2
    assert page.count('aria-current="date"') == 1
    assert "?month=2026-10" in page
    assert "?month=2026-12" not in page


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_an_earlier_month(visitor, signs_in):
    signs_in("2026-10-05 08:00")
    page = visitor.get(HOME, {"month": "2026-10"}).content.decode()
    assert page.count("day--signed") == 1
    assert 'aria-current="date"' not in page


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
@pytest.mark.parametrize("month", ["2026-12", "2026-13", "1999-01", "2026-1", "x", "", "2026-11-01"])
def test_a_month_that_cannot_be_shown_is_404(visitor, month):
    assert visitor.get(HOME, {"month": month}).status_code == 404


def test_the_page_says_done_once_signed(visitor):
    assert SIGN_IN in visitor.get(HOME).content.decode()
    visitor.post(SIGN_IN)
    assert f'action="{SIGN_IN}"' not in visitor.get(HOME).content.decode()


def test_it_speaks_both_languages(visitor, settings):
    assert 'lang="zh-CN"' in visitor.get(HOME).content.decode()
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = visitor.get(HOME).content.decode()
    assert 'lang="en"' in page
    assert "Ways to earn points" in page


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_the_page_costs_a_constant_number_of_queries(visitor, signs_in, django_assert_max_num_queries):
    for day in range(1, 21):
        signs_in(f"2026-11-{day:02} 08:00")
    visitor.get(HOME)
    with django_assert_max_num_queries(9):  # one is the session
        visitor.get(HOME)


@time_machine.travel(shop("2026-11-21 09:12"), tick=False)
def test_a_refused_sign_in_is_said_in_words(visitor, monkeypatch):
    def busy(**_arguments):
        raise Busy

    monkeypatch.setattr("activities.views.services.sign_in", busy)
    response = visitor.post(SIGN_IN)
    assert (response.status_code, response.url) == (302, HOME)
    assert messages_of(response) == [str(Busy())]


def test_many_members_on_one_device_wait_for_a_review(client, db, parameters):
    """The fourth who signs in with one browser is told, and gets nothing yet (C10)."""
    parameters["points.members_per_device"] = 3
    for n in range(4):
        member = create_member(username=f"farm{n}", by="system:test", at=clock.now())
        device = client.cookies.get("device")
        client.logout()
        if device is not None:
            client.cookies["device"] = device.value
        client.force_login(member)
        client.post(reverse("activities:sign_in"))
        booked = PointsEntry.objects.filter(account_id=member.pk).count()
        waits = EarningReview.objects.filter(member=member).count()
        assert (booked, waits) == ((1, 0) if n < 3 else (0, 1))
        assert SignIn.objects.filter(member=member).count() == 1
