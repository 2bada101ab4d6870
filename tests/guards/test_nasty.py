"""No request breaks the mall: whatever an address, a query or a form holds, the answer is not a server error."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from accounts.services import create_member
from core import clock
from tests.guards.test_urls import ARGUMENTS

NASTY = ["abc", "\0", "９９", "9" * 40, "9999-12"]
IN_PATHS = ["abc", "\0", "9" * 40, "%ED%A0%80"]
IN_LISTS = ["abc", "9" * 40]
OFTEN = {"next", "page", "month", "before", "q", "sku", "quantity", "way", "sort", "category", "form_key", "kind"}
OF_LISTS = {"q", "p", "o", "all", "e", "state__exact", "id__exact", "pk__in", "_facets", "at__gte", "member", "before"}
NAMES = re.compile(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"')
ELSEWHERE = ("media/", "dev/", "sandbox/")  # only while somebody develops


def patterns(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern) and not route.startswith(ELSEWHERE):
            yield "/" + route.replace("^", "").replace("$", ""), entry.pattern.converters


def filled(route, converters, **odd):
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        value = odd.get(name, ARGUMENTS.get(name, 1 if kind == "int" else "x"))
        route = route.replace(f"<{kind}:{name}>", str(value)).replace(f"<{name}>", str(value))
    return route


def paths(staff):
    """``[(an ordinary path, [the same with odd arguments])]``"""
    return [
        (
            filled(route, converters),
            [filled(route, converters, **{name: odd}) for name in converters for odd in IN_PATHS],
        )
        for route, converters in patterns()
        if route.startswith("/admin/") == staff
    ]


@pytest.fixture
def sign_in(client, db):
    """``sign_in(who)``: the client belongs to that person; what a view raises is an answer of 500."""
    client.raise_request_exception = False

    def sign_in(who):
        if who == "member":
            client.force_login(create_member(phone="+8613900000001", by="system:test", at=clock.now()))
        if who == "staff":
            client.force_login(User.objects.create_superuser(username="boss", date_joined=clock.now()))

    return sign_in


@pytest.mark.parametrize("who", ["stranger", "member"])
def test_no_request_of_a_visitor_breaks_the_mall(client, sign_in, who):
    sign_in(who)
    broken = []
    for path, odd_paths in paths(staff=False):
        answers = [(odd, client.get(odd)) for odd in [path, *odd_paths]]
        html = answers[0][1]
        names = OFTEN | set(NAMES.findall("" if html.streaming else html.content.decode(errors="replace")))
        for odd in NASTY if "logout" not in path else []:
            sent = dict.fromkeys(names - {"csrfmiddlewaretoken"}, odd)
            answers += [((odd, path), client.get(path, sent)), ((odd, "POST", path), client.post(path, sent))]
        broken += [(request, answer.status_code) for request, answer in answers if answer.status_code >= 500]
    assert broken == [], "\n".join(map(str, broken))


def test_no_address_of_a_staff_page_breaks_the_mall(client, sign_in):
    sign_in("staff")
    broken = []
    for path, odd_paths in paths(staff=True):
        if "logout" in path:
            continue
        answers = [(odd, client.get(odd)) for odd in [path, *odd_paths]]
        if path.count("/") == 4:  # a list
            answers += [((odd, path), client.get(path, dict.fromkeys(OF_LISTS, odd))) for odd in IN_LISTS]
            answers += [((name, path), client.get(path, {name: "abc"})) for name in ("state__exact", "pk__in", "month")]
        broken += [(request, answer.status_code) for request, answer in answers if answer.status_code >= 500]
    assert broken == [], "\n".join(map(str, broken))
