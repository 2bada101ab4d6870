"""Staff read the audit trail and the outbox, however long they have grown."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core import actors, audit, clock, outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    at = clock.now()
    client.force_login(User.objects.create_superuser("boss", "x", date_joined=at))
    audit.record("order.shipped", by=actors.staff(3), subject="order:1", at=at)
    audit.record("product.listed", by=actors.staff(4), subject="product:7", at=at)
    outbox.publish("member.signed_up", key="signed_up:1", at=at, member_id=1)
    outbox.publish("order.placed", key="placed:1", at=at)
    return client


@pytest.mark.parametrize(
    ("page", "query", "found"),
    [
        ("auditevent", "", 2),
        ("auditevent", "order:1", 1),
        ("auditevent", "staff:4", 1),
        ("auditevent", "product.listed", 1),
        ("auditevent", "order", 0),
        ("outboxmessage", "", 2),
        ("outboxmessage", "signed_up:1", 1),
        ("outboxmessage", "order.placed", 1),
    ],
)
def test_rows_are_found_by_whole_words(staff, page, query, found):
    url = reverse(f"admin:core_{page}_changelist")
    with CaptureQueriesContext(connection) as captured:
        response = staff.get(url, {"q": query})
    assert response.context["cl"].result_count == found
    assert not [query["sql"] for query in captured if "DISTINCT" in query["sql"]]
