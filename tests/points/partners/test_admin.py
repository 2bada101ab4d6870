"""Staff set partners up: who may what, secrets shown once, deliveries sent again."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from core import clock
from core.models import Approval, AuditEvent
from points.partners.models import Event, Partner, PartnerKey, Scope, WebhookDelivery
from points.partners.services import setup, webhooks

pytestmark = pytest.mark.django_db

LIMITS = {"name": "小店", "calls_per_minute": 60, "daily_grant_points": 1000, "daily_deduct_points": 500}


@pytest.fixture
def staff(client):
    """A function that signs a new staff person in with permissions."""

    def sign_in(*codenames):
        person = User.objects.create(username=f"staff{len(codenames)}", is_staff=True, date_joined=clock.now())
        person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(person)
        return client

    return sign_in


def page(partner, act="change"):
    return f"/admin/points/partner/{partner.pk}/{act}/"


def test_a_partner_is_made_and_changed(staff):
    client = staff("manage_partner")
    client.post("/admin/points/partner/add/", {"code": "shop", **LIMITS})
    partner, approval = Partner.objects.get(), Approval.objects.get()
    assert (partner.code, partner.is_active, partner.book.last_seq) == ("shop", False, 0)
    assert approval.data["after"] == {"is_active": True, "daily_grant_points": 1000, "daily_deduct_points": 500}
    again = client.post("/admin/points/partner/add/", {"code": "shop", **LIMITS})
    assert again.status_code == 200  # refused on the page
    assert client.post("/admin/points/partner/add/", {"code": "Shop!", **LIMITS}).status_code == 200
    closed = {"daily_grant_points": 0, "daily_deduct_points": 0}
    client.post(page(partner, "edit"), {**LIMITS, **closed, "calls_per_minute": 5})
    partner.refresh_from_db()
    assert (partner.calls_per_minute, partner.is_active) == (5, False)
    assert set(AuditEvent.objects.values_list("event", flat=True)) == {
        "partner.created", "partner.changed", "approval.asked",
    }  # fmt: skip
    assert client.get(page(partner)).status_code == 200


def test_whoever_decides_reads_what_would_open(staff, client):
    requester = staff("manage_partner", "manage_partner_keys")
    requester.post("/admin/points/partner/add/", {"code": "shop", **LIMITS})
    partner = Partner.objects.get()
    answer = requester.post(page(partner, "key"), {"scopes": [Scope.GRANTS, Scope.ENTRIES]})
    of_partner, of_key = Approval.objects.order_by("pk")
    assert f"#{of_key.pk}" in answer.text
    second = staff("approve_parametervalue")
    said = second.get(f"/admin/core/approval/{of_partner.pk}/change/").text
    assert ("否 → 是" in said, "0 → 1,000" in said, "0 → 500" in said) == (True, True, True)
    assert "发放积分" in second.get(f"/admin/core/approval/{of_key.pk}/change/").text
    for approval in (of_partner, of_key):
        second.post(f"/admin/core/approval/{approval.pk}/approve/", {})
    partner.refresh_from_db()
    assert (partner.is_active, partner.daily_grant_points) == (True, 1000)
    assert PartnerKey.objects.get().opened_at


def test_a_secret_is_shown_once_and_kept_nowhere_else(staff, shop):
    client = staff("manage_partner_keys")
    answer = client.post(page(shop, "key"), {"scopes": [Scope.GRANTS, Scope.ENTRIES]})
    key = PartnerKey.objects.get()
    assert key.secret in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert key.scopes == ["grants", "entries"]
    for path in (page(shop), f"/admin/points/partnerkey/{key.pk}/change/", "/admin/points/partnerkey/"):
        response = client.get(path)
        assert response.status_code == 200
        assert key.secret not in response.text
    assert key.secret not in str(list(AuditEvent.objects.values())) + str(dict(client.session))
    client.post(page(shop, "key"), {"scopes": [Scope.GRANTS]})
    third = client.post(page(shop, "key"), {"scopes": [Scope.GRANTS]})
    assert (third.status_code, PartnerKey.objects.count()) == (200, 2)


def test_a_key_is_revoked(staff, shop):
    key, _secret = setup.make_key(partner=shop, scopes=[], by="staff:1", at=clock.now())
    client = staff("manage_partner_keys")
    assert client.get(f"/admin/points/partnerkey/{key.pk}/revoke/").status_code == 200
    client.post(f"/admin/points/partnerkey/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at
    assert client.post(f"/admin/points/partnerkey/{key.pk}/revoke/").status_code == 403


def test_a_webhook_is_set_and_its_secret_shown_once(staff, shop, settings):
    client = staff("manage_partner")
    answer = client.post(page(shop, "webhook"), {"url": "https://p.example.com/h", "events": [Event.EARNED]})
    shop.refresh_from_db()
    assert shop.webhook_secret
    assert shop.webhook_secret in answer.text
    assert client.post(page(shop, "webhook"), {"url": shop.webhook_url, "events": [Event.TIER]}).status_code == 302
    settings.PRODUCTION = True
    answer = client.post(page(shop, "webhook"), {"url": "http://10.0.0.1/", "events": [Event.TIER]})
    assert answer.status_code == 200
    before = shop.webhook_secret
    shop.refresh_from_db()
    assert (shop.webhook_url, shop.webhook_events) == ("https://p.example.com/h", ["member.tier_changed"])
    client.post(page(shop, "webhook"), {"url": shop.webhook_url, "events": [], "new_secret": "on"})
    shop.refresh_from_db()
    assert shop.webhook_secret != before
    client.post(page(shop, "webhook"), {"url": "", "events": [Event.TIER]})
    shop.refresh_from_db()
    assert (shop.webhook_url, shop.webhook_events) == ("", [])


@pytest.mark.parametrize("act", ["edit", "key", "webhook"])
def test_who_may_only_look_changes_nothing(staff, shop, act):
    client = staff("view_partner")
    assert client.get(page(shop)).status_code == 200
    assert client.get(page(shop, act)).status_code == 403
    assert client.post(page(shop, act), {"scopes": ["grants"], "url": "", **LIMITS}).status_code == 403
    assert client.get("/admin/points/partner/add/").status_code == 403
    assert not PartnerKey.objects.exists()


def test_lists_open(staff, shop, member):
    setup.set_webhook(
        partner=shop, url="http://127.0.0.1:9/", events=Event.values, new_secret=False, by="x", at=clock.now()
    )
    webhooks.take(partner_id=shop.pk, event=Event.EARNED, event_id="e-1", data={}, happened_at="", at=clock.now())
    names = ["partner", "partnerkey", "deduction", "partnerentry", "partnercall", "webhookdelivery"]
    client = staff(*(f"view_{name}" for name in names))
    for name in names:
        assert client.get(f"/admin/points/{name}/").status_code == 200, name


def test_a_delivery_is_sent_again_by_those_who_may(staff, shop, django_capture_on_commit_callbacks):
    setup.set_webhook(
        partner=shop, url="http://127.0.0.1:9/", events=Event.values, new_secret=False, by="x", at=clock.now()
    )
    delivery = webhooks.take(
        partner_id=shop.pk, event=Event.EARNED, event_id="e-1", data={}, happened_at="", at=clock.now()
    )
    WebhookDelivery.objects.update(state="dead", tries=8)
    form = {"action": "replay", "_selected_action": [delivery.pk]}
    client = staff("view_webhookdelivery")
    client.post("/admin/points/webhookdelivery/", form)
    delivery.refresh_from_db()
    assert delivery.state == "dead"
    client = staff("view_webhookdelivery", "replay_webhookdelivery")
    client.post("/admin/points/webhookdelivery/", form)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 0)
    assert AuditEvent.objects.filter(event="webhook.replayed").count() == 1


def test_the_page_of_the_api_loads_nothing_from_elsewhere(client):
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    assert "//" not in answer.text.replace("<!DOCTYPE", "")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Points mall: partner API"
