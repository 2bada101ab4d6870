"""Days beyond the calendar, and what is no day, in every address that takes one."""

from datetime import date

import pytest
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import User
from core import clock
from core.errors import InvalidInput
from core.forms import DateField, DateTimeField
from points import ledger
from points.ledger import queries
from points.ledger.services import expiry

MODELS = [admin for admin in site._registry.values() if admin.date_hierarchy]


@pytest.fixture
def staff(client, db):
    client.force_login(User.objects.create_superuser(username="chief", password="-"))
    return client


@pytest.mark.parametrize("admin", MODELS, ids=lambda admin: admin.model.__name__)
@pytest.mark.parametrize(
    "asked",
    [
        {"year": "9999", "month": "12"},
        {"year": "9999", "month": "12", "day": "31"},
        {"year": "9999"},
        {"year": "9" * 5000},
        {"year": "0"},
        {"year": "1", "month": "1", "day": "1"},
        {"year": "2026", "month": "13"},
        {"year": "x"},
        {"gte": "9999-12-31"},
        {"lt": "0001-01-01"},
    ],
    ids=lambda asked: str(asked)[:40],
)
def test_staff_lists_by_date(staff, admin, asked):
    options = admin.model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    parameters = {f"{admin.date_hierarchy}__{part}": value for part, value in asked.items()}
    assert staff.get(address, parameters).status_code in {200, 302, 400, 404}


@pytest.mark.parametrize("month", ["9999-12", "9000-01", "0001-01"])
def test_members_history(client, db, month):
    client.force_login(User.objects.create(username="li", date_joined=clock.now()))
    assert client.get(reverse("points:history"), {"month": month}).status_code == 404
    assert client.get(reverse("activities:home"), {"month": month}).status_code == 404


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13"])
def test_entries_of_an_account(staff, month):
    member = User.objects.create(username="li", date_joined=clock.now()).pk
    ledger.earn(account=member, points=1, kind="campaign", key="k", by="x", at=clock.now())
    assert staff.get(reverse("admin:points_pointsaccount_entries", args=[member]), {"month": month}).status_code == 200


@pytest.mark.parametrize("day", [date.max, date.min, date(9000, 1, 1)])
def test_reads_and_rules(db, day):
    with pytest.raises(InvalidInput):
        queries.month_bounds(day)
    with pytest.raises(InvalidInput):
        expiry.announce(kind="never", months=0, unit="", starts_on=day, by="staff:1", at=clock.now())


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("export_journal", ["--to", "9999-12-31"]),
        ("export_journal", ["--from", "0001-01-01"]),
        ("balance_at", ["li", "9999-12-31"]),
        ("balance_at", ["li", "9999-12-31T23:00"]),
        ("balance_at", ["li", "0001-01-01T00:00+23:00"]),
        ("reconcile_payments", ["9999-12-31"]),
    ],
)
def test_commands(db, command, arguments):
    User.objects.create(username="li", date_joined=clock.now())
    with pytest.raises(CommandError):
        call_command(command, *arguments)


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "1969-12-31"])
def test_forms(text):
    for field in (DateField(), DateTimeField()):
        with pytest.raises(ValidationError):
            field.clean(text)
