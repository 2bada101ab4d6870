"""Who may see what: every address of the mall stands in one of these lists, or this test fails."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.services import create_member
from core import clock

# What a stranger may open, and nothing else. Names, or whole namespaces.
PUBLIC = {
    "home", "healthz", "readyz", "metrics", "set_language",
    "catalog:list", "catalog:detail", "points:rules", "activities:home",
    "account_login", "account_signup", "account_logout", "accounts:phone_entry", "accounts:code",
    "accounts:email_sign_in",
}  # fmt: skip
# Pages of allauth guard themselves: by a pending code, a signed key, or a signed-in user.
GUARDED_BY_ALLAUTH = ("account_", "mfa_", "usersessions_")
# Signed callbacks of machines: no session, no CSRF token, a signature instead.
SIGNED = {"orders:payment_callback", "orders:tracking_push"}
# The partners' API: every operation of it answers only to a signature (a test below); what it is, anybody may read.
API = "api/v1/"
API_PUBLIC = {"api:openapi-json", "api:openapi-view"}
ARGUMENTS = {"pk": 1, "number": "2026112012345678", "provider": "sandbox", "token": "x" * 32, "code": "110105"}


def addresses(resolver=None, prefix="", namespace=""):
    """Every (qualified name, pattern, route) of the mall, staff pages aside."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if entry.namespace == "admin":
                continue
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from addresses(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}" if entry.name else "", entry, route


def path_of(entry, route):
    """The route with an example for each of its arguments."""
    path = "/" + route.replace("^", "").replace("$", "")
    for name, converter in entry.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        value = ARGUMENTS.get(name, 1 if kind == "int" else "x")
        path = path.replace(f"<{kind}:{name}>", str(value)).replace(f"<{name}>", str(value))
    return path


def members_only():
    for name, entry, route in addresses():
        is_elsewhere = name in PUBLIC | SIGNED or name.startswith(GUARDED_BY_ALLAUTH)
        is_development = route.startswith(("dev/", "sandbox/"))
        if not (is_elsewhere or is_development or route.startswith(API)):
            yield pytest.param(path_of(entry, route), id=name or route)


@pytest.mark.django_db
@pytest.mark.parametrize("path", list(members_only()))
def test_a_stranger_is_sent_to_sign_in(client, path):
    for method in (client.get, client.post):
        response = method(path)
        if response.status_code == 405:
            continue
        assert response.status_code == 302, f"{method.__name__} {path} answers a stranger with {response.status_code}"
        assert response.url.startswith("/accounts/login/?next=")


@pytest.mark.django_db
def test_the_partners_api_answers_only_to_a_signature(client):
    statuses = {}
    for name, entry, route in addresses():
        if route.startswith(API) and name not in API_PUBLIC:
            responses = [method(path_of(entry, route)) for method in (client.get, client.post)]
            statuses[name] = {response.status_code for response in responses} - {405}
    assert {name for name, found in statuses.items() if found != {401}} == {"api:api-root", "api:nothing"}
    assert statuses["api:api-root"] == statuses["api:nothing"] == {404}
    assert len(statuses) > 10


def staff_pages():
    resolver = next(entry for entry in get_resolver().url_patterns if getattr(entry, "namespace", "") == "admin")
    open_to_all = {"login", "logout", "jsi18n"}
    for entry in resolver.url_patterns:
        inner = entry.url_patterns if isinstance(entry, URLResolver) else [entry]
        for pattern in inner:
            if isinstance(pattern, URLPattern) and pattern.name not in open_to_all:
                route = f"admin/{entry.pattern if isinstance(entry, URLResolver) else ''}{pattern.pattern}"
                yield pytest.param(path_of(pattern, route), id=pattern.name or route)


@pytest.mark.django_db
def test_a_member_sees_no_staff_page(client):
    member = create_member(phone="+8613900000001", by="system:test", at=clock.now())
    client.force_login(member)
    for parameter in staff_pages():
        (path,) = parameter.values
        response = client.get(path)
        assert response.status_code in {302, 403, 404}, f"{path} answers a member with {response.status_code}"
        assert response.status_code != 302 or "login" in response.url or response.url.startswith("/admin/"), path


@pytest.mark.django_db
def test_a_form_without_a_token_is_refused():
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(create_member(phone="+8613900000001", by="system:test", at=clock.now()))
    for name, entry, route in addresses():
        if name in SIGNED or name == "set_language" or route.startswith(("media/", API)):
            continue
        response = client.post(path_of(entry, route))
        assert response.status_code in {403, 404, 405, 301, 302}, f"{route} takes a post without a token"
        if response.status_code == 302:  # a redirect that comes before the form is looked at
            assert "login" in response.url or name.startswith(GUARDED_BY_ALLAUTH), route
