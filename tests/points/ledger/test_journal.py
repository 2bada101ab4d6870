"""bean-check accepts the exported journal (B13)."""

import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from points import ledger
from points.ledger import journal
from points.ledger.models import EARNED, SPENT, Kind
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db

BEAN_CHECK = Path(sys.executable).parent / "bean-check"


def bean_check(path):
    """What bean-check says: nothing when the books are right."""
    done = subprocess.run([BEAN_CHECK, path], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture
def busy(own):
    """Every kind of entry that the ledger can make by itself, over three months, on several accounts."""
    own.earn(200, kind="sign_up", key="welcome")
    own.earn(100, kind="purchase", key='a "quoted" \\ key', source="order:1")
    own.earn(30, kind="sign_in", at=AT + timedelta(days=1))
    own.earn(50, kind="campaign", active_from=AT + timedelta(days=9))
    own.earn(20, kind="adjust", reason="好意")
    own.spend(120, key="s", at=AT + timedelta(days=30))
    own.hold(40, key="h")
    own.capture("h", key="c", at=AT + timedelta(days=31))
    own.refund("s", 50, at=AT + timedelta(days=40))
    own.spend(10, kind="adjust", at=AT + timedelta(days=41))
    own.spend(5, kind="clawback", at=AT + timedelta(days=42))
    own.spend(7, kind="expire", at=AT + timedelta(days=60))
    for n in range(20):
        other = User.objects.create(username=f"other{n}", date_joined=AT).pk
        ledger.earn(account=other, points=n + 1, kind="campaign", key="k", by="x", at=AT + timedelta(days=n))
    return own


def exported(tmp_path, *arguments):
    path = tmp_path / "journal.beancount"
    call_command("export_journal", *arguments, "--output", str(path))
    return path


def test_bean_check_accepts_a_busy_ledger(busy, tmp_path):
    path = exported(tmp_path)
    text = path.read_text()
    assert bean_check(path) == ""
    assert text.count(" balance Liabilities:Members:") == 21
    assert f"Liabilities:Members:M{busy.member}  -268 POINT" in text
    assert "Expenses:Points:Purchase  100 POINT" in text
    assert "Income:Points:Expired  -7 POINT" in text


def test_bean_check_finds_a_wrong_journal(busy, tmp_path):
    """The check can fail."""
    path = exported(tmp_path)
    path.write_text(path.read_text().replace("Income:Points:Expired  -7 POINT", "Income:Points:Expired  -8 POINT"))
    assert bean_check(path) != ""
    path = exported(tmp_path)
    path.write_text(path.read_text().replace(f"M{busy.member}  -268 POINT", f"M{busy.member}  -269 POINT"))
    assert "Balance failed" in bean_check(path)


@pytest.mark.parametrize(
    ("days", "entries"),
    [
        (("--from", "2026-12-20"), 6),
        (("--to", "2026-11-20"), 5),
        (("--from", "2026-11-21", "--to", "2026-12-20"), 21),
        (("--from", "2030-01-01"), 0),
        (("--to", "2020-01-01"), 0),
    ],
)
def test_a_part_of_the_time_stands_by_itself(busy, tmp_path, days, entries):
    path = exported(tmp_path, *days)
    assert bean_check(path) == ""
    assert path.read_text().count("  entry: ") == entries


def test_an_empty_ledger(db, tmp_path):
    assert bean_check(exported(tmp_path)) == ""


def test_it_goes_to_stdout_without_a_file(busy):
    out = io.StringIO()
    call_command("export_journal", stdout=out)
    assert out.getvalue().count("commodity POINT") == 1


def test_every_kind_has_an_account():
    assert set(journal.GIVEN) >= {*EARNED, Kind.REFUND}
    assert set(journal.TAKEN) >= {*SPENT}


def test_it_is_a_stream(busy, monkeypatch):
    """Lines come before everything is read."""
    monkeypatch.setattr(journal, "FETCH", 5)
    seen = []
    lines = journal.lines(progress=seen.append)
    for line in lines:
        if line.endswith("POINT") and seen:
            break
    assert 0 < len(seen) < 10
    lines.close()


@pytest.mark.parametrize(
    "arguments", [("--from", "yesterday"), ("--from", "2026-02-30"), ("--from", "2026-11-02", "--to", "2026-11-01")]
)
def test_wrong_dates_are_refused(db, arguments):
    with pytest.raises(CommandError):
        call_command("export_journal", *arguments)


def test_a_file_that_cannot_be_written(db, tmp_path):
    with pytest.raises(CommandError):
        call_command("export_journal", "--output", str(tmp_path / "no" / "folder"))
