"""Tables that people hand in or out go through ``core.tables``: one reader, one writer, no formula."""

import re
from pathlib import Path

from django.conf import settings

APPS = ("core", "accounts", "points", "catalog", "orders", "activities", "analytics", "pointsmall")
OTHERS = {"pointsmall/demo/products.py"}  # the demo's own list of goods


def test_nobody_else_reads_or_writes_tables():
    imports = re.compile(r"^\s*(?:import|from) (?:csv|openpyxl)\b", re.MULTILINE)
    found = set()
    for app in APPS:
        for path in Path(settings.BASE_DIR, app).rglob("*.py"):
            if imports.search(path.read_text()):
                found.add(str(path.relative_to(settings.BASE_DIR)))
    assert {name for name in found if not name.startswith("core/tables/")} == OTHERS
