"""What partners are told, over real HTTP to a receiver that fails as real ones do."""

import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import cache
from django.db import transaction

from core import clock, outbox
from core.models import OutboxMessage
from points.partners.models import Deduction, Event, WebhookDelivery
from points.partners.services import grants, sending, setup, sweeping, webhooks
from tests.points.partners.conftest import PHONE

pytestmark = pytest.mark.django_db
commits = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


class Receiver(ThreadingHTTPServer):
    """A partner's endpoint. ``answers`` are statuses to give in turn, then 200; None hangs up without an answer."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received, self.answers = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status is None:
            self.connection.close()
            return
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(b"thanks " * 1000)

    do_GET = do_POST

    def log_message(self, *arguments):
        """Nothing: tests look at ``received``."""


@pytest.fixture
def receiver():
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def secret(shop, receiver):
    """The webhook secret of ``shop``, which is told of everything."""
    return setup.set_webhook(partner=shop, url=receiver.url, events=Event.values, new_secret=False, by="staff:1", at=AT)


def grant(shop, reference="G-1", at=AT):
    grants.grant(partner=shop, reference=reference, member=PHONE, points=50, at=at)


def queued(shop, reference="G-1"):
    """A delivery that nobody tried to send yet."""
    data = {"reference": reference}
    return webhooks.take(
        partner_id=shop.pk, event=Event.EARNED, event_id=reference, data=data, happened_at=AT.isoformat(), at=AT
    )


@commits
def test_a_webhook_is_signed_and_says_what_happened(shop, secret, member, receiver):
    grant(shop)
    ((path, headers, body),) = receiver.received
    assert path == "/hook?a=1"
    signed = hmac.new(secret.encode(), f"{headers['X-Mall-Timestamp']}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Mall-Signature"] == signed
    assert (headers["X-Mall-Event"], headers["X-Mall-Event-Id"]) == ("points.earned", "shop-1")
    assert json.loads(body) == {
        "id": "shop-1",
        "event": "points.earned",
        "at": "2026-11-20T04:00:00+00:00",
        "data": {"entry": 1, "reference": "G-1", "member_id": member, "points": 50},
    }
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.attempts[0]["status"]) == ("delivered", 1, 200)
    assert len(delivery.attempts[0]["answer"]) <= sending.EXCERPT


@commits
def test_deductions_are_told(shop, secret, till, member, receiver, deduction):
    first, second = deduction(reference="A-1"), deduction(reference="A-2")
    deduction(reference="A-3", hold_minutes=1)
    till.post(f"/deductions/{first['id']}/confirm")
    till.post(f"/deductions/{second['id']}/cancel")
    till.post(f"/deductions/{first['id']}/refunds", {"refund_number": "R", "points": 1})
    Deduction.objects.filter(state="held").update(deadline=clock.now())
    sweeping.expire_deductions(at=clock.now())
    told = [json.loads(body)["event"] for _path, _headers, body in receiver.received]
    assert told == ["deduction.confirmed", "deduction.cancelled", "deduction.refunded", "deduction.expired"]
    assert json.loads(receiver.received[0][2])["data"]["deduction"] == first["id"]


@commits
def test_nothing_is_told_of_what_was_rolled_back(shop, secret, member, receiver):
    with pytest.raises(RuntimeError), transaction.atomic():
        grant(shop)
        raise RuntimeError
    assert (receiver.received, OutboxMessage.objects.count(), WebhookDelivery.objects.count()) == ([], 0, 0)


@commits
def test_a_partner_is_told_what_it_asked_for(shop, secret, member, receiver):
    setup.set_webhook(partner=shop, url=receiver.url, events=[Event.REFUNDED], new_secret=False, by="staff:1", at=AT)
    grant(shop)
    assert receiver.received == []


@commits
def test_a_message_handled_twice_is_one_delivery(shop, secret, member, receiver):
    grant(shop)
    OutboxMessage.objects.update(handled_at=None)
    outbox.drain(at=clock.now())
    assert (WebhookDelivery.objects.count(), len(receiver.received)) == (1, 1)


@commits
def test_a_new_tier_is_told_to_who_knows_the_member(shop, secret, other, member, receiver):
    from points.purchases.services import linking as members

    members.link(source=shop.source, external_id="crm-7", member_id=member, by="x", at=AT)
    with transaction.atomic():
        outbox.publish(
            "member.tier_changed", key="tier_changed:1", at=AT, change_id=1, member_id=member, before="normal",
            after="silver", happened_at=AT.isoformat(),
        )  # fmt: skip
    ((_path, _headers, body),) = receiver.received
    assert json.loads(body)["data"] == {
        "member_id": member, "external_id": "crm-7", "before": "normal", "after": "silver"
    }  # fmt: skip


@pytest.mark.parametrize("answer", [500, 404, 302, 199 + 300, None])
def test_it_is_tried_for_a_day_and_then_given_up(shop, secret, receiver, answer):
    delivery = queued(shop)
    receiver.answers = [answer] * 20
    at, waits = AT, []
    while True:
        cache.clear()
        webhooks.deliver(delivery_id=delivery.pk, at=at)
        delivery.refresh_from_db()
        if delivery.state != "waiting":
            break
        assert webhooks.deliver(delivery_id=delivery.pk, at=delivery.next_try_at - timedelta(seconds=1)) is None
        waits.append(delivery.next_try_at - at)
        at = delivery.next_try_at
    minutes, hours = (lambda n: timedelta(minutes=n)), (lambda n: timedelta(hours=n))
    assert waits == [minutes(2), minutes(10), minutes(10), hours(1), hours(2), hours(6), hours(15)]
    assert (delivery.state, delivery.tries, len(receiver.received)) == ("dead", 8, 8)
    assert all(path == "/hook?a=1" for path, _headers, _body in receiver.received)  # no redirect was followed


def test_a_receiver_that_comes_back(shop, secret, receiver):
    delivery = queued(shop)
    receiver.answers = [500, 503]
    for at in (AT, AT + timedelta(minutes=2), AT + timedelta(minutes=12)):
        assert sweeping.send_webhooks(at=at) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("delivered", 3)
    assert len({body for _path, _headers, body in receiver.received}) == 1
    assert sweeping.send_webhooks(at=AT + timedelta(days=1)) == 0


def test_a_silent_partner_keeps_no_other_waiting(shop, secret, other, receiver):
    free = Receiver()
    free.server_close()  # nobody listens at this address any more
    setup.set_webhook(partner=other, url=free.url, events=Event.values, new_secret=False, by="staff:1", at=AT)
    for n in range(3):
        queued(other, f"O-{n}")
    queued(shop)
    assert sweeping.send_webhooks(at=AT) == 2
    tries = WebhookDelivery.objects.filter(partner=other).values_list("tries", flat=True)
    assert sorted(tries) == [0, 0, 1]
    assert "ConnectError" in WebhookDelivery.objects.get(partner=other, tries=1).attempts[0]["error"]
    assert len(receiver.received) == 1


def test_a_worker_that_died_has_used_one_try(shop, secret, receiver, monkeypatch):
    delivery = queued(shop)

    def die(**request):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(sending, "send", die)
        with pytest.raises(SystemExit):
            webhooks.deliver(delivery_id=delivery.pk, at=AT)
    assert webhooks.deliver(delivery_id=delivery.pk, at=AT) is None
    assert webhooks.deliver(delivery_id=delivery.pk, at=AT + timedelta(minutes=2)).is_good
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("delivered", 2)


def test_a_worker_that_died_at_the_last_try(shop, secret, receiver):
    delivery = queued(shop)
    WebhookDelivery.objects.update(tries=webhooks.LAST_TRY, next_try_at=AT)
    assert webhooks.deliver(delivery_id=delivery.pk, at=AT) is None
    delivery.refresh_from_db()
    assert delivery.state == "dead"


def test_staff_send_again(shop, secret, receiver):
    delivery = queued(shop)
    WebhookDelivery.objects.update(state="dead", tries=8)
    assert [found.pk for found in webhooks.replay([delivery.pk], by="staff:1", at=AT)] == [delivery.pk]
    assert webhooks.deliver(delivery_id=delivery.pk, at=AT).is_good


def test_a_try_on_its_way_says_nothing_about_a_round_that_staff_began(shop, secret, receiver, monkeypatch):
    delivery = queued(shop)
    send = sending.send

    def meanwhile(**request):
        webhooks.replay([delivery.pk], by="staff:1", at=AT)
        return send(**request)

    monkeypatch.setattr(sending, "send", meanwhile)
    webhooks.deliver(delivery_id=delivery.pk, at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 0)


def test_old_deliveries_are_forgotten(shop, secret, receiver):
    queued(shop, "old")
    webhooks.deliver(delivery_id=WebhookDelivery.objects.get().pk, at=AT)
    queued(shop, "waiting")
    assert sweeping.prune(at=AT + timedelta(days=91)) == (0, 1)
    assert WebhookDelivery.objects.get().event_id == "waiting"


# Where a webhook may go


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://partner.example.com/hook", True),
        ("https://partner.example.com:8443/hook", True),
        ("https://8.8.8.8/hook", True),
        ("http://partner.example.com/hook", False),
        ("https://partner.example.com:22/hook", False),
        ("https://user:pass@partner.example.com/", False),
        ("https://localhost/", False),
        ("https://mall.internal/", False),
        ("https://10.0.0.1/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/", False),
        ("https://[::ffff:10.0.0.1]/", False),
        ("https://[64:ff9b::7f00:1]/", False),
        ("https://127.1/", False),
        ("https://mall.internal./", False),
        ("ftp://partner.example.com/", False),
        ("https://partner.example.com:x/", False),
        ("//partner.example.com", False),
        ("", False),
    ],
)
def test_where_a_webhook_may_go_in_production(url, allowed):
    assert setup.is_allowed(url, strict=True) is allowed


def test_a_name_that_leads_into_our_network_is_not_called(shop, secret, receiver, settings, monkeypatch):
    settings.PRODUCTION = True
    monkeypatch.setattr(shop, "webhook_url", "https://evil.example.com/hook")
    shop.save()
    for addresses in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], []):
        found = [(2, 1, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr("socket.getaddrinfo", lambda *arguments, found=found, **more: found)
        outcome = sending.send(
            url="https://evil.example.com/hook", secret="s", event="e", event_id="1", body="{}", at=AT
        )
        assert (outcome.status, outcome.error[:11]) == (0, "not allowed")
    assert receiver.received == []


def test_the_address_that_was_judged_is_the_one_that_is_called(settings, monkeypatch):
    settings.PRODUCTION = True
    monkeypatch.setattr("socket.getaddrinfo", lambda *arguments, **more: [(2, 1, 6, "", ("8.8.8.8", 443))])
    target, host, extensions = sending._target("https://partner.example.com:8443/hook?a=1")
    assert target == "https://8.8.8.8:8443/hook?a=1"
    assert (host, extensions) == ("partner.example.com:8443", {"sni_hostname": "partner.example.com"})


def test_the_resolver_knows_which_address_can_be_reached(settings, monkeypatch):
    settings.PRODUCTION = True
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (10, 1, 6, "", ("2001:4860:4860::8888", 443, 0, 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *arguments, **more: found)
    target, _host, _extensions = sending._target("https://partner.example.com/hook")
    assert target == "https://8.8.8.8/hook"
