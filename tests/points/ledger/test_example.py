"""``docs/ledger.md`` is true: its calls leave the rows that it shows."""

import contextlib
import re
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from points import ledger
from points.ledger import audit

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ledger.md"
PART = re.compile(
    r"```python\n(?P<calls>.*?)```|^`(?P<table>points_\w+)`\n\n(?P<rows>(?:\|[^\n]*\n)+)", re.DOTALL | re.MULTILINE
)
ORDER = {"points_account": "account_id", "points_allocation": "taker, position"}


def moment(text):
    return timezone.make_aware(datetime.fromisoformat(text))


@contextlib.contextmanager
def refused(error):
    with pytest.raises(error), transaction.atomic():
        yield


def cell(value):
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def test_the_example_is_true(db):
    mei = User.objects.create(id=7, username="mei", date_joined=moment("2026-01-01 00:00")).pk
    names = {name: getattr(ledger, name) for name in ledger.__all__} | {
        "mei": mei,
        "moment": moment,
        "refused": refused,
    }
    compared = []
    for part in PART.finditer(PAGE.read_text()):
        if part["calls"]:
            exec(part["calls"], names)  # noqa: S102 - the page's own calls
            continue
        shown = [[text.strip() for text in line.strip().strip("|").split("|")] for line in part["rows"].splitlines()]
        columns, rows = shown[0], shown[2:]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(columns)} FROM {part['table']} WHERE account_id = %s"  # noqa: S608 - the page's own
                f" ORDER BY {ORDER.get(part['table'], 'seq')}",
                [mei],
            )
            assert [[cell(value) for value in row] for row in cursor.fetchall()] == rows, part["table"]
        compared.append(part["table"])
    assert set(compared) == {"points_account", "points_entry", "points_hold", "points_lot", "points_allocation"}
    assert audit.run().breaks == []
