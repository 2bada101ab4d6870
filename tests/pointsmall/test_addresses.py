"""What an address may be, where it may lead, and what of a page a browser may keep."""

import pytest
from django.test import Client

from accounts.services import create_member
from core import clock

HOST = "mall.example.com"


@pytest.fixture
def member(client, db):
    member = create_member(phone="+8613900000001", by="system:test", at=clock.now())
    client.force_login(member)
    return member


@pytest.mark.parametrize(
    "onward", ["abc", "-1", "//elsewhere.example", "https://elsewhere.example/", "javascript:x", ""]
)
def test_a_next_that_is_no_page_of_ours_is_passed_over(client, member, onward):
    assert client.post("/activities/sign-in/", {"next": onward}).url == "/activities/"
    assert client.post("/cart/add/", {"next": onward}).url == "/products/"


def test_a_next_that_is_a_page_of_ours_is_followed(client, member):
    assert client.post("/activities/sign-in/", {"next": "/points/?month=2026-11"}).url == "/points/?month=2026-11"


def test_a_host_that_is_not_ours_is_refused_in_words(settings):
    settings.ALLOWED_HOSTS = [HOST]
    answer = Client(raise_request_exception=False).get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "积分" in answer.content.decode()


@pytest.mark.parametrize("path", ["/products/%00/", "/products/?q=%00", "/%00"])
def test_an_address_with_a_nul_names_nothing(client, db, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/", "/accounts/addresses/", "/products/", "/points/"])
def test_no_page_of_a_member_is_kept(client, member, path):
    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_page_of_nobody_may_be_kept(client, db):
    assert "no-store" not in client.get("/products/").get("Cache-Control", "")


def test_staff_pages_have_a_policy_for_scripts(client, db):
    policy = client.get("/admin/login/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "'unsafe-eval'" not in client.get("/products/")["Content-Security-Policy"]
