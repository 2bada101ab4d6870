"""Every page of members and staff in a browser: people who hear it or see it badly can use it, it fits its window, and
the browser has nothing to complain about (H3, A1)."""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from orders.models import AfterSale
from pointsmall.demo import loading
from tests import scenes, staff_pages
from tests.guards import test_staff_words as words
from tests.guards.test_urls import addresses
from tests.journeys.walking import Walk

PHONE_AND_DESK = (390, 1280)
# What browsers are not led to by a link, or what is no page; then steps of a flow that is not begun here.
NO_PAGE = {
    "healthz", "readyz", "metrics", "set_language", "orders:sandbox:refund", "orders:cart_add", "activities:sign_in",
    "accounts:phone_entry", "accounts:email_sign_in", "mfa_download_recovery_codes",
    "accounts:phone_code", "accounts:prove_code", "accounts:email_code", "account_email_verification_sent",
    "account_confirm_password_reset_code", "account_complete_password_reset", "orders:pay_code", "mfa_authenticate",
    "mfa_reauthenticate", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes",
    "account_set_password",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), scenes.demo(tmp_path_factory.mktemp("files")) as found:
        yield found


@pytest.fixture(autouse=True)
def files(demo, settings):
    """Each test has a folder of its own, and this one looks at the demo's."""
    for name, value in demo.files.items():
        setattr(settings, name, value)


def stranger():
    """Somebody who has asked for a code, and waits for it."""
    client = Client()
    client.post(reverse("accounts:phone_entry"), {"phone": "13900000077"})
    return client


def signed_in(member):
    """The member, who has just proved it once more: ways in can be added."""
    client = Client()
    client.force_login(member)
    proven = client.post(reverse("account_reauthenticate"), {"password": loading.MEMBER_PASSWORD})
    assert proven.status_code == 302, proven.content.decode()
    return client


def pages_of(member):
    """``(name, path)`` of every page that a browser can open, with the rows of ``member``."""
    products = Product.objects.filter(is_listed=True)[:3]
    orders = [[order.number] for order in {order.state: order for order in member.orders.all()}.values()]
    address, request = [member.addresses.first().pk], [AfterSale.objects.filter(order__member=member).first().number]
    rows = {
        "catalog:detail": [[product.pk] for product in products],
        "accounts:address_edit": [address],
        "accounts:address_delete": [address],
        "orders:detail": orders,
        "orders:after_sale_ask": orders,
        "orders:pay_ways": orders,
        "orders:pay_code": orders,
        "orders:returned": orders,
        "orders:after_sale": [request],
    }
    for name, entry, _route in addresses():
        if name and not name.startswith("api:") and name not in NO_PAGE:
            for args in rows.get(name, []) if entry.pattern.converters else [[]]:
                yield name, reverse(name, args=args)
    sku = products[0].skus.first()
    yield "orders:checkout", f"/checkout/?sku={sku.pk}&way={sku.ways[0]}&quantity=1"
    yield from (("catalog:list", f"/products/?q={quote(words)}") for words in ("杯", "没有这样的东西"))
    yield "account_login", "/accounts/login/?with=password"


@pytest.mark.django_db
def test_pages_of_members(browser, demo):
    faults, names, seen = {}, set(), set()
    for client in (stranger(), signed_in(demo.member)):
        walk = Walk(browser, client, widths=PHONE_AND_DESK, schemes=("light", "dark"))
        for name, path in pages_of(demo.member):
            names.add(name)
            if (found := walk.look(path)) is not None:
                seen.add(name)
                faults |= {path: found} if found else {}
        walk.close()
    assert not faults, _lines(faults)
    assert names - seen == set()


@pytest.mark.django_db
def test_pages_of_staff(browser, demo):
    client, faults = Client(), {}
    client.force_login(demo.boss)
    walk, named = Walk(browser, client, widths=(1280,)), words.names()
    for _name, path, answer in staff_pages.all_pages(client):
        if answer:
            found = walk.look(path, answer) + sorted(words.said_by(path, walk.page.content(), named))
            faults |= {path: found} if found else {}
    walk.close()
    assert not faults, _lines(faults)


def _lines(faults):
    return "\n".join(f"{path}: {fault}" for path, found in faults.items() for fault in found)
