"""Whatever people type is cleaned the same way everywhere."""

import re
from pathlib import Path

from django.conf import settings

APPS = ("accounts", "points", "catalog", "orders", "activities", "analytics", "pointsmall")


def test_numbers_are_taken_as_people_paste_them():
    """``core.forms`` has the fields for numbers; Django's own refuse ``1,234.50`` and ``￥88``."""
    own = re.compile(r"\bforms\.(Integer|Decimal|Float)Field\(")
    found = [
        str(path.relative_to(settings.BASE_DIR))
        for app in APPS
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        if own.search(path.read_text())
    ]
    assert found == []
