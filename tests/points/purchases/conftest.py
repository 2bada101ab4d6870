"""A member who buys, and the import of a history."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from accounts.models import User
from tests.points.earning.conftest import caps, member, rules  # noqa: F401 - fixtures
from tests.points.purchases.history import HEADER, PHONE


@pytest.fixture
def buyer(db):
    return User.objects.create(phone=f"+86{PHONE}", date_joined=datetime(2025, 1, 1, tzinfo=UTC)).pk


@pytest.fixture
def run(tmp_path, capsys):
    """Import lines; returns ``(exit code, the JSON that was printed)``."""

    def run(*lines, header=HEADER, encoding="utf-8", content=None, **options):
        path = tmp_path / "purchases"
        path.write_bytes(content or (header + "".join(f"{line}\n" for line in lines)).encode(encoding))
        code = 0
        try:
            call_command("import_purchases", path, json=True, **options)
        except SystemExit as end:
            code = end.code
        return code, json.loads(capsys.readouterr().out)

    return run
