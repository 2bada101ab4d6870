"""Where a request comes from: enough to see that two are from one place, never which (C10)."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.visitor import DeviceMiddleware, seen

COOKIE = "device"


@pytest.fixture
def visit():
    """``visit("post", cookie=..., address=...)`` -> ``(what was seen, the cookie that was set or None)``."""

    def visit(method="post", *, cookie=None, address="203.0.113.7", **headers):
        request = getattr(RequestFactory(), method)("/", REMOTE_ADDR=address, headers=headers)
        if cookie is not None:
            request.COOKIES[COOKIE] = cookie
        found = []

        def view(request):
            found.append(seen(request))
            return HttpResponse()

        response = DeviceMiddleware(view)(request)
        return found[0], response.cookies.get(COOKIE)

    return visit


def test_reading_leaves_no_cookie(visit):
    found, cookie = visit("get")
    assert cookie is None
    assert found["device"] == ""


def test_the_first_thing_sent_names_the_device(visit):
    found, cookie = visit()
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    again, fresh = visit(cookie=cookie.value)
    assert fresh is None
    assert again == found
    assert visit()[0]["device"] != found["device"]


@pytest.mark.parametrize(
    ("headers", "is_named"),
    [
        ({"sec-fetch-site": "cross-site"}, False),  # a bank leads a member back: our cookies do not come along
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://testserver"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://gateway.95516.com"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://testserver"}, True),
    ],
)
def test_a_form_from_elsewhere_names_no_device_anew(visit, headers, is_named):
    found, cookie = visit(**headers)
    assert (cookie is not None) == is_named
    assert bool(found["device"]) == is_named


def test_a_name_that_we_did_not_sign_is_another_device(visit):
    found, cookie = visit()
    forged, fresh = visit(cookie=cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B"))
    assert fresh is not None
    assert forged["device"] != found["device"]


def test_only_hashes_come_out(visit):
    found, cookie = visit()
    assert all(len(value) == 64 for value in found.values())
    assert cookie.value.partition(":")[0] not in found.values()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff", True),  # one household's network
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
    ],
)
def test_addresses(visit, one, other, is_same):
    assert (visit(address=one)[0]["address"] == visit(address=other)[0]["address"]) is is_same


def test_no_address(visit):
    assert visit(address="")[0]["address"] == ""
