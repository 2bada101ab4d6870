import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from core import clock
from points import ledger
from points.ledger import audit, queries
from points.ledger.services import expiry

DAY = timedelta(days=1)


@pytest.fixture
def over(own):
    """A member with 30 points that ended an hour ago, and 7 that did not."""
    now = clock.now()
    own.earn(10, at=now - DAY, expires_at=now - timedelta(hours=2))
    own.earn(20, at=now - DAY, expires_at=now - timedelta(hours=1))
    own.earn(7, at=now - DAY, expires_at=now + 3 * DAY)
    return own


def command(*arguments):
    out = StringIO()
    call_command("expire_points", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_what_it_did(over):
    assert json.loads(command("--json")) == {"accounts": 1, "lots": 2, "points": 30, "left": 0, "failed": 0}
    assert json.loads(command("--json"))["lots"] == 0
    assert queries.balance(over.member, at=clock.now()).total == 7
    assert audit.run().breaks == []


def test_a_dry_run_counts_and_writes_nothing(over):
    wanted = {"accounts": 1, "lots": 2, "points": 30, "dry_run": True}
    assert json.loads(command("--dry-run", "--json")) == wanted
    assert json.loads(command("--dry-run", "--json")) == wanted
    assert "Dry run" in command("--dry-run")


def test_in_words(over):
    assert command("--batch", "1") == "Booked out 2 lots of 1 accounts, 30 points.\n"


@pytest.mark.parametrize("arguments", [["--batch", "0"], ["--batch", "10001"], ["--dry-run", "--warn-only"]])
def test_wrong_arguments_are_refused(over, arguments):
    with pytest.raises(CommandError) as refusal:
        command(*arguments)
    assert refusal.value.returncode == 2
    assert queries.ended(at=clock.now()).lots == 2


@pytest.mark.parametrize("why", ["busy", "failed"])
def test_what_is_left_is_said(over, monkeypatch, why):
    monkeypatch.setattr(expiry, "expire_points", lambda **_: iter([ledger.Expired(0, 0, 0, **{why: (over.member,)})]))
    with pytest.raises(SystemExit) as end:
        command()
    assert end.value.code == 1


def test_warnings_alone(over):
    User.objects.filter(pk=over.member).update(email="a@example.com")
    assert json.loads(command("--warn-only", "--json")) == {"warned": 1}
    assert json.loads(command("--warn-only", "--json")) == {"warned": 0}
    assert queries.ended(at=clock.now()).lots == 2
