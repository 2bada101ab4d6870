"""adjust_points and grant_points: what they print, what they leave behind, how they exit (B11)."""

import io
import json

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from accounts.models import User
from core import clock, progress
from points.grants.models import Adjustment, BulkGrant
from points.ledger import queries
from points.ledger.models import PointsEntry
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def threshold(parameters):
    parameters["points.adjust_approval_above"] = 500


@pytest.fixture
def cy(db):
    return User.objects.create(username="cy", phone="+8613800000101", date_joined=AT).pk


@pytest.fixture
def di(db):
    return User.objects.create(username="di", date_joined=AT).pk


def run(*arguments):
    """What a command printed and its exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command(*map(str, arguments), stdout=out)
    except SystemExit as left:
        code = left.code
    return out.getvalue(), code


def run_json(*arguments):
    out, code = run(*arguments, "--json")
    return json.loads(out), code


def available(member):
    return queries.balance(member, at=clock.now()).available


# adjust_points


@pytest.mark.parametrize("name", ["cy", "13800000101", "CY"])
def test_adjust(cy, name):
    result, code = run_json("adjust_points", name, 100, "--reason", "goodwill")
    assert (result["state"], result["available"], code) == ("done", 100, 0)
    result, code = run_json("adjust_points", name, -30, "--reason", "correction")
    assert (result["points"], result["available"], code) == (-30, 70, 0)
    text, code = run("adjust_points", name, 1, "--reason", "other")
    assert "71 available" in text


def test_adjust_with_a_key_is_done_once(cy):
    for _again in range(2):
        run_json("adjust_points", "cy", 100, "--reason", "goodwill", "--key", "may")
    assert available(cy) == 100
    with pytest.raises(CommandError):
        run("adjust_points", "cy", 99, "--reason", "goodwill", "--key", "may")


def test_adjust_above_the_threshold_waits(cy, di):
    result, code = run_json("adjust_points", "cy", 501, "--reason", "goodwill", "--by", "di")
    assert (result["state"], code) == ("pending", 3)
    assert Adjustment.objects.get().approval.by == f"staff:{di}"
    assert available(cy) == 0


@pytest.fixture
def boss(db):
    person = User.objects.create(username="boss", is_staff=True, date_joined=AT)
    person.user_permissions.add(Permission.objects.get(codename="approve_adjustment"))
    return person


def test_commands_without_a_name_are_one_author(cy, di):
    assert run("adjust_points", "cy", 300, "--reason", "goodwill")[1] == 0
    assert run("adjust_points", "di", 201, "--reason", "goodwill")[1] == 3
    assert (available(cy), available(di)) == (300, 0)


def test_adjust_with_a_second_person(cy, di, boss):
    adjust = ("adjust_points", "cy", 501, "--reason", "goodwill", "--by", "di", "--key", "may")
    for nobody in ("di", "nobody"):
        with pytest.raises(CommandError):
            run(*adjust, "--approved-by", nobody)
    assert run_json(*adjust)[1] == 3  # asked by itself it waits, and the same again with a name is approved
    result, code = run_json(*adjust, "--approved-by", "boss")
    assert (result["state"], result["available"], code) == ("approved", 501, 0)
    assert Adjustment.objects.get().approval.decided_by == f"staff:{boss.pk}"
    with pytest.raises(CommandError):  # nobody approves what they asked for themselves
        run("adjust_points", "cy", 501, "--reason", "goodwill", "--by", "boss", "--approved-by", "boss")


@pytest.mark.parametrize(("points", "state"), [(500, "done"), (501, "pending")])
def test_adjust_dry_run_writes_nothing(cy, points, state):
    result, code = run_json("adjust_points", "cy", points, "--reason", "goodwill", "--dry-run")
    assert (result["state"], code) == (state, 0)
    assert Adjustment.objects.count() == PointsEntry.objects.count() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "5", "--reason", "goodwill"),
        ("cy", "0", "--reason", "goodwill"),
        ("cy", "-1", "--reason", "goodwill"),
        ("cy", "1000001", "--reason", "goodwill"),
        ("cy", "1.5", "--reason", "goodwill"),
        ("cy", "5"),
        ("cy", "5", "--reason", "because"),
        ("cy", "5", "--reason", "goodwill", "--by", "nobody"),
        ("cy", "5", "--reason", "goodwill", "--by", "cy"),
    ],
)
def test_adjust_refuses(cy, arguments):
    for more in ((), ("--dry-run",)):
        if more and arguments[-1] == "cy":
            continue  # who may not is found when it is done
        with pytest.raises(CommandError):
            run("adjust_points", *arguments, *more)
    assert Adjustment.objects.count() == 0


# grant_points


@pytest.fixture
def file(tmp_path, cy, di):
    def write(*lines, header="member,points"):
        path = tmp_path / "points.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


def test_grant(file, cy, di):
    path = file("cy,5", "di,6")
    result, code = run_json("grant_points", path)
    assert (result["state"], result["granted"], result["points"], code) == ("done", 2, 11, 0)
    result, code = run_json("grant_points", path)
    assert (result["granted"], result["repeated"], code) == (0, 2, 0)
    assert (available(cy), available(di)) == (5, 6)


def test_grant_dry_run(file):
    path = file("cy,5", "nobody,6")
    result, code = run_json("grant_points", path, "--dry-run")
    assert (result["good"], result["refused_lines"], result["refused"][0]["line"], code) == (1, 1, 3, 1)
    assert PointsEntry.objects.count() == BulkGrant.objects.count() == 0
    text, code = run("grant_points", file("cy,5"), "--dry-run")
    assert ("nothing was written" in text, code) == (True, 0)


def test_grant_with_refused_lines(file, tmp_path, cy):
    path = file("cy,5", "nobody,6", "di,0")
    text, code = run("grant_points", path, "--report", tmp_path / "refused.csv")
    assert code == 1
    assert "line 3" in text
    assert available(cy) == 0
    report = (tmp_path / "refused.csv").read_text(encoding="utf-8-sig").splitlines()
    assert report[0] == "line,member,points,reason,key,problem"
    assert report[1].startswith("3,nobody,6,")
    result, code = run_json("grant_points", path, "--skip-refused")
    assert (result["granted"], result["refused_lines"], code) == (1, 2, 0)
    assert available(cy) == 5


def test_a_corrected_report_can_be_given(file, tmp_path, cy, di):
    run("grant_points", file("cy,5", "di,0"), "--skip-refused", "--report", tmp_path / "refused.csv")
    corrected = tmp_path / "refused.csv"
    corrected.write_text(corrected.read_text(encoding="utf-8-sig").replace("di,0", "di,8"))
    result, code = run_json("grant_points", corrected)
    assert (result["granted"], code) == (1, 0)
    assert (available(cy), available(di)) == (5, 8)


def test_a_large_grant_needs_a_second_person(file, cy, di, boss):
    path = file("cy,501")
    _result, code = run_json("grant_points", path, "--by", "di")
    assert code == 3
    for nobody in ("di", "cy", "nobody"):
        with pytest.raises(CommandError):
            run("grant_points", path, "--by", "di", "--approved-by", nobody)
    staff = User.objects.create(username="staff", is_staff=True, date_joined=AT)
    for may_not in (staff.username, di):
        with pytest.raises(CommandError):
            run("grant_points", path, "--by", "di", "--approved-by", may_not)
    result, code = run_json("grant_points", path, "--by", "di", "--approved-by", "boss")
    assert (result["state"], result["granted"], code) == ("done", 1, 0)
    assert available(cy) == 501


def test_a_file_that_is_not_there_or_not_readable(file, tmp_path):
    with pytest.raises(CommandError):
        run("grant_points", tmp_path / "none.csv")
    for more in ((), ("--dry-run",)):
        with pytest.raises(CommandError):
            run("grant_points", file("5", header="points"), *more)


# The bar


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_for_people_only():
    logged = io.StringIO()
    progress.Bar("Granting", 10, logged)(5)
    assert logged.getvalue() == ""
    shown = Screen()
    bar = progress.Bar("Granting", 1000, shown)
    for done in range(1001):
        bar(done)
    assert shown.getvalue().count("\r") == 101
    assert shown.getvalue().endswith("1,000 of 1,000\n")
