"""Partners at once: one idempotency key, one budget, one deduction, one log."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import User
from core import clock
from core.errors import DomainError
from points import ledger
from points.ledger import audit, queries
from points.partners.models import PartnerBook, PartnerCall, PartnerEntry, Scope
from points.partners.queries import entries_since
from points.partners.services import deductions, grants, setup
from points.partners.services.book import BudgetUsed
from tests.points.partners.client import PartnerClient
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
WORKERS = 16
PHONE = "+8613900000001"
LIMITS = {"daily_grant_points": 1000, "daily_deduct_points": 100_000}

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop():
    return setup.create_partner(code="shop", name="小店", is_active=True, by="staff:1", at=AT, **LIMITS)


@pytest.fixture
def member():
    member_id = User.objects.create(phone=PHONE, date_joined=AT).pk
    ledger.earn(account=member_id, points=1000, kind="campaign", key="start", by="system:test", at=AT)
    return member_id


def test_one_idempotency_key_from_everywhere_has_one_effect_and_one_answer(live_server, shop, member):
    key, secret = setup.make_key(partner=shop, scopes=Scope.values, by="staff:1", at=clock.now())
    setup.open_key(key=key, by="staff:1", at=clock.now())
    start = threading.Barrier(WORKERS)

    def act(n):
        client = PartnerClient(live_server.url, key.name, secret)
        start.wait(timeout=30)
        try:
            return client.post("/grants", {"member": PHONE, "points": 7, "reference": "G"}, idempotency_key="k")
        finally:
            client.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(act, range(WORKERS)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert queries.balance(member, at=clock.now()).available == 1007
    assert (PartnerCall.objects.count(), PartnerEntry.objects.count()) == (1, 1)


def test_one_reference_under_many_idempotency_keys_deducts_once(shop, member):
    results = all_at_once(
        lambda n: deductions.deduct(partner=shop, reference="A", member=PHONE, points=100, minutes=5, at=AT), WORKERS
    )
    assert len({result.pk for result in results}) == 1
    assert queries.balance(member, at=AT).held == 100


def test_a_budget_is_never_passed(shop, member):
    results = all_at_once(
        lambda n: grants.grant(partner=shop, reference=f"G-{n}", member=PHONE, points=150, at=AT), WORKERS
    )
    refused = [result for result in results if isinstance(result, BudgetUsed)]
    assert len(results) - len(refused) == 1000 // 150
    assert {type(result) for result in results} == {tuple, BudgetUsed}
    assert queries.balance(member, at=AT).available == 1000 + 900
    assert PartnerBook.objects.get().given_points == 900
    assert audit.run().breaks == []


def test_confirmed_cancelled_and_expired_at_once_ends_in_one_way(shop, member):
    for n in range(5):
        made = deductions.deduct(partner=shop, reference=f"A-{n}", member=PHONE, points=100, minutes=1, at=AT)

        def act(worker, made=made):
            if worker % 3 == 0:
                return deductions.confirm(partner=shop, number=made.pk, at=AT)
            if worker % 3 == 1:
                return deductions.cancel(partner=shop, number=made.pk, at=AT)
            return deductions.expire(number=made.pk, at=made.deadline)

        results = all_at_once(act, WORKERS)
        assert all(isinstance(result, DomainError | bool | type(made)) for result in results)
    entries = PartnerEntry.objects.values_list("reference", "points")
    assert len(entries) == len({reference for reference, _points in entries}) == 5
    balance = queries.balance(member, at=AT)
    assert (balance.available, balance.held) == (1000 + sum(points for _reference, points in entries), 0)
    assert audit.run().breaks == []


def test_two_live_keys_and_no_third_however_many_ask(shop):
    results = all_at_once(lambda n: setup.make_key(partner=shop, scopes=[], by="staff:1", at=AT), WORKERS)
    assert sum(isinstance(result, tuple) for result in results) == 2
    assert {type(result) for result in results} == {tuple, setup.TwoKeysAlready}


def test_a_reader_of_the_log_never_misses_an_entry_that_is_committed_late(shop, member):
    """A booking that is slow to commit keeps its number; whoever comes later waits and gets a higher one."""
    began, may_end = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                grants.grant(partner=shop, reference="slow", member=PHONE, points=1, at=AT)
                began.set()
                may_end.wait(timeout=10)
        finally:
            connection.close()

    def quick():
        try:
            grants.grant(partner=shop, reference="quick", member=PHONE, points=1, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow)
        began.wait(timeout=10)
        second = pool.submit(quick)
        seen = entries_since(shop, 0)
        assert (seen.entries, seen.next) == ([], 0)
        may_end.set()
        first.result(timeout=10)
        second.result(timeout=10)
    page = entries_since(shop, seen.next)
    assert [(entry.seq, entry.reference) for entry in page.entries] == [(1, "slow"), (2, "quick")]


def test_a_reader_beside_many_writers_sees_every_entry_in_order(shop, member):
    stop, read = threading.Event(), []

    def reader():
        cursor = 0
        try:
            while True:
                is_last = stop.is_set()
                page = entries_since(shop, cursor, limit=3)
                read.extend(entry.seq for entry in page.entries)
                cursor = page.next
                if is_last and not page.entries:
                    return
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader)
        all_at_once(
            lambda n: [
                grants.grant(partner=shop, reference=f"{n}-{i}-{uuid4().hex[:4]}", member=PHONE, points=1, at=AT)
                for i in range(5)
            ],
            8,
        )
        stop.set()
        reading.result(timeout=30)
    assert read == list(range(1, PartnerEntry.objects.count() + 1))
    assert len(read) >= 30


def test_one_reference_for_many_members_at_once_is_one_grant(shop):
    members = [User.objects.create(phone=f"+861390000010{n}", date_joined=AT).phone for n in range(8)]
    results = all_at_once(
        lambda n: grants.grant(partner=shop, reference="G", member=members[n], points=7, at=AT), workers=len(members)
    )
    refused = [result for result in results if isinstance(result, DomainError)]
    assert {refusal.code for refusal in refused} <= {"reference_used", "busy"}
    assert len(refused) == len(members) - 1
    assert PartnerEntry.objects.count() == 1
    assert PartnerBook.objects.get().given_points == 7
    assert audit.run().breaks == []
