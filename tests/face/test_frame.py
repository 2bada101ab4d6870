"""The frame of every page, and the pages for what went wrong."""

import errno
import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, connection
from django.http import Http404, HttpResponse
from django.template import engines
from django.test import RequestFactory, override_settings
from django.urls import path

from pointsmall import errors
from pointsmall.urls import urlpatterns as own

PAGE = """
{% extends "base.html" %}{% block title %}T{% endblock %}{% block heading %}H{% endblock %}
{% block main %}M{% endblock %}
""".strip()


def fails(error):
    def view(request):
        raise error

    return view


def broken(request):
    raise RuntimeError("broken")


urlpatterns = [
    *own,
    path("fails/400/", fails(BadRequest())),
    path("fails/403/", fails(PermissionDenied())),
    path("fails/404/", fails(Http404())),
    path("fails/500/", broken),
    path("page/", lambda request: HttpResponse(engines["django"].from_string(PAGE).render({}, request))),
]
handler400, handler403 = errors.bad_request, errors.forbidden
handler404, handler500 = errors.not_found, errors.server_error


@pytest.mark.django_db
def test_a_page_is_chinese_by_default_and_english_by_choice(client):
    page = client.get("/").content.decode()
    assert '<html lang="zh-CN" data-look="fresh">' in page
    assert "我的积分" in page
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="en" data-look="fresh">' in page
    assert "My points" in page
    assert not re.search("[\u4e00-\u9fff]", re.sub('lang="zh-CN".*?</button>|拾光', "", page, flags=re.DOTALL))


@pytest.mark.django_db
@pytest.mark.parametrize("look", ["fresh", "fashion", "business"])
def test_the_look_is_a_setting(client, settings, look):
    settings.LOOK = look
    assert f'data-look="{look}"' in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_page_has_one_heading_a_skip_link_and_no_inline_script(client):
    page = client.get("/").content.decode()
    assert page.count("<h1") == 1
    assert '<a class="skip" href="#main">' in page
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert page.count('aria-current="page"') == 2  # in the header and in the tabs


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_the_frame_reads_nothing_for_a_stranger_and_four_rows_for_a_member(client, member, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/page/").status_code == 200
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/page/")
    with django_assert_num_queries(4):  # the session, the member, the points, the cart
        assert client.get("/page/").status_code == 200


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_page_that_says_nothing_else_has_a_way_back_a_heading_and_the_tabs(client):
    page = client.get("/page/").content.decode()
    assert "<h1>H</h1>" in page
    assert re.search(r'<a class="iconbutton back"\s+href="/"\s+aria-label="返回">', page)
    assert 'class="tabs phone"' in page
    assert 'aria-current="page"' not in page


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("status", "title", "is_quoted"),
    [
        (400, "这个请求看不懂", True),
        (403, "这一页不对你开放", True),
        (404, "没找到这一页", False),
        (500, "页面没打开", True),
    ],
)
def test_an_error_says_what_happened_and_one_way_on(client, status, title, is_quoted):
    client.raise_request_exception = False
    response = client.get(f"/fails/{status}/")
    page = response.content.decode()
    assert response.status_code == status
    assert title in page
    assert "积分和订单都不受影响" in page
    assert bool(re.search("找客服时请报编号[0-9a-f]{8}<", page)) == is_quoted
    assert page.count('class="button"') == 1
    assert page.count("<h1") == 1


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("error", [OperationalError(), OSError(errno.ENOSPC, "no space left")])
def test_while_the_database_is_away_or_the_disk_full_a_page_asks_to_come_back(client, monkeypatch, error):
    def refused(*_arguments):
        raise error

    monkeypatch.setattr("core.sessions.call", refused)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "a" * 32
    response = client.get("/page/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "商城正在恢复" in response.content.decode()


@override_settings(ROOT_URLCONF=__name__, SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
def test_the_page_for_our_own_fault_asks_no_database(monkeypatch):
    monkeypatch.setattr(connection, "connect", fails(AssertionError("the database was asked")))
    response = errors.server_error(RequestFactory().get("/products/?q=1"))
    page = response.content.decode()
    assert response.status_code == 500
    assert 'href="/products/?q=1"' in page
    assert "拾光" in page


@override_settings(ROOT_URLCONF=__name__)
def test_a_form_that_was_open_too_long_is_told_so():
    request = RequestFactory().post("/cart/")
    request.user = AnonymousUser()
    request.resolver_match = SimpleNamespace(app_name="", url_name="", view_name="")
    response = errors.csrf_failure(request, reason="token")
    assert response.status_code == 403
    assert "什么都没有改动" in response.content.decode()
