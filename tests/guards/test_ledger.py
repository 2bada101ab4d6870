"""Points change through ``points.ledger`` alone: nothing else names the ledger's functions, or writes or locks its
tables."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from points.ledger import sql
from tests.guards.test_models import OURS

ROOT = Path(__file__).resolve().parents[2]
TABLES = "|".join(("points_account", "points_entry", "points_lot", "points_hold", "points_allocation"))
MODELS = {model.__name__ for model in apps.get_app_config("points").get_models() if model._meta.db_table in TABLES}
# The ledger itself, and what its tables are made of.
# The calls of the ledger, what they are made of, and migrations; the rest of the ledger's room goes through the calls.
CALLS = "__init__ batches checks earnings postings results"
OWN = (
    *(f"points/ledger/{name}.py" for name in CALLS.split()),
    "points/ledger/sql/",
    "points/ledger/models/ledger.py",
    "points/migrations/",
)

CALL = re.compile(rf"\b(?:{'|'.join(path.stem for path in sql.files())})\s*\(")
WRITE = re.compile(
    rf"\b(?:(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|COPY)\s+(?:ONLY\s+)?|TRUNCATE\s[^;]*?)(?:{TABLES})\b",
    re.IGNORECASE,
)
LOCK = re.compile(
    rf"\b(?:{TABLES})\b.*\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|(?:KEY\s+)?SHARE)\b", re.IGNORECASE | re.DOTALL
)
ORM_WRITES = {
    "abulk_create", "acreate", "adelete", "asave", "aupdate", "bulk_create", "bulk_update", "create", "delete",
    "get_or_create", "save", "select_for_update", "update", "update_or_create",
}  # fmt: skip


def names_in(node):
    """Every name and attribute in a chain of calls: ``PointsLot.objects.filter(...).update`` has four."""
    while True:
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            if isinstance(node, ast.Name):
                yield node.id
            return


def findings(source):
    """Lines of Python that pass the ledger by."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if any(pattern.search(node.value) for pattern in (CALL, WRITE, LOCK)):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ORM_WRITES:
            if MODELS & set(names_in(node.func)) or "points_account" in set(names_in(node.func)):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MODELS:
            yield node.lineno  # a row made in Python is made to be saved


def test_nothing_passes_the_ledger_by():
    found = []
    for package in sorted(OURS | {"pointsmall"}):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(OWN):
                found += [f"{name}:{line}" for line in findings(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "cursor.execute('SELECT * FROM ledger_earn(%s)')",
        "call('SELECT points_expire (%s)')",
        "cursor.execute('UPDATE points_lot SET points = 1')",
        "cursor.execute('WITH x AS (INSERT INTO points_entry (a) VALUES (1)) SELECT 1')",
        "cursor.execute('TRUNCATE points_tier, points_hold')",
        "cursor.execute('SELECT FROM points_account WHERE account_id = 1 FOR UPDATE')",
        "PointsLot.objects.filter(seq=1).update(points=1)",
        "models.PointsEntry.objects.create(points=1)",
        "PointsAccount.objects.select_for_update().get(pk=1)",
        "PointsEntry(points=1).save()",
        "member.points_account.save()",
    ],
)
def test_the_guard_sees(source):
    assert set(findings(source)) == {1}


@pytest.mark.parametrize(
    "source",
    [
        "PointsLot.objects.filter(seq=1).count()",
        "cursor.execute('SELECT sum(points) FROM points_entry WHERE key = ledger_key')",
        "queries.update(points=1)",
        "cursor.execute('INSERT INTO points_expiry_warning SELECT account_id FROM points_lot')",
    ],
)
def test_the_guard_lets_reading_pass(source):
    assert list(findings(source)) == []
