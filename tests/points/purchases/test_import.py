"""``import_purchases``: a history in a file, line by line, in order of time, once."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from catalog.models import Category
from core import clock, outbox
from core.models import OutboxMessage
from points.ledger import audit, queries
from points.ledger.models import PointsEntry
from points.management.commands.import_purchases import Command as ImportPurchases
from points.purchases.models import ExternalMember, Purchase
from points.purchases.services import purchase_import
from points.tiers.models import TierChange
from tests.points.purchases.history import HEADER, line


def test_a_purchase_is_booked_as_of_its_time(buyer, run):
    code, done = run(line())
    assert (code, done["purchases"], done["points"], done["refused"]) == (0, 1, 88, [])
    entry = PointsEntry.objects.get(account_id=buyer)
    assert entry.at == datetime(2026, 11, 1, 2, 0, tzinfo=UTC)  # ten in the shop
    assert (entry.kind, entry.key, entry.by) == ("purchase", "purchase:file:A1", "system:import")


@pytest.mark.parametrize(
    ("paid_at", "expected"),
    [
        ("2026-11-01T10:00:00+08:00", datetime(2026, 11, 1, 2, tzinfo=UTC)),
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01 10:00", datetime(2026, 11, 1, 2, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 10, 31, 16, tzinfo=UTC)),
        ("2024-02-29T23:59:59", datetime(2024, 2, 29, 15, 59, 59, tzinfo=UTC)),
    ],
)
def test_times(buyer, run, paid_at, expected):
    assert run(line(paid_at=paid_at))[0] == 0
    assert Purchase.objects.get().paid_at == expected


def test_the_same_file_again_changes_nothing(buyer, run):
    lines = [line(), line("A2", "2026-11-02T10:00:00"), line("R1", "2026-11-03T10:00:00", amount="8", refund_of="A1")]
    run(*lines)
    before = PointsEntry.objects.count(), Purchase.objects.count()
    code, done = run(*lines)
    assert (code, done["purchases"], done["repeated"]) == (0, 0, 2)
    assert (done["refunds"], done["refunds_repeated"]) == (0, 1)
    assert (PointsEntry.objects.count(), Purchase.objects.count()) == before


def test_lines_of_one_order_are_one_purchase(buyer, run):
    run(line(category="imported_fruit", amount="100"), line("B"), line(category="tea", amount="100"))
    purchase = Purchase.objects.get(number="A1")
    assert [(one.category, one.points) for one in purchase.lines.order_by("pk")] == [
        ("imported_fruit", 150),
        ("tea", 100),
    ]
    assert PointsEntry.objects.get(key="purchase:file:A1").points == 250


def test_the_file_is_worked_in_order_of_time(buyer, run):
    """600, 600, then silver: 720; whatever the order of the lines."""
    code, _done = run(
        line("C", "2026-11-03T10:00:00", amount="600"),
        line("A", "2026-11-01T10:00:00", amount="600"),
        line("B", "2026-11-02T10:00:00", amount="600"),
    )
    assert code == 0
    assert [entry.points for entry in PointsEntry.objects.order_by("seq")] == [600, 600, 720]
    assert [entry.key[-1] for entry in PointsEntry.objects.order_by("seq")] == ["A", "B", "C"]
    assert TierChange.objects.get().at == datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def test_refunds_stand_in_the_same_order(buyer, run):
    run(
        line("R1", "2026-11-02T10:00:00", amount="44", refund_of="A1"),
        line("R2", "2026-11-03T10:00:00", amount="44", refund_of="A1"),
        line(),
    )
    assert [entry.points for entry in PointsEntry.objects.order_by("seq")] == [88, -44, -44]
    assert queries.balance(buyer, at=datetime(2026, 11, 20, tzinfo=UTC)).total == 0


def test_members_are_made_where_asked_for(db, run):
    code, done = run(
        line(), line("A2", member="C-1001"), line("A3", member="C-1001"), line("A4", member="+86 138-0013-8000")
    )
    assert (code, done["purchases"], done["refused_lines"]) == (1, 0, 4)
    assert "C-1001" in done["refused"][1]["problem"]
    code, done = run(
        line(), line("A2", member="C-1001"), line("A3", member="C-1001"), line("A4", member="+86 138-0013-8000"),
        create_members=True,
    )  # fmt: skip
    assert (code, done["purchases"], done["refused_lines"]) == (0, 4, 0)
    member = ExternalMember.objects.get(source="file", external_id="C-1001").member
    assert member.nickname == "C-1001"
    assert User.objects.count() == 2
    assert OutboxMessage.objects.filter(topic="member.signed_up").count() == 2


@pytest.mark.parametrize(("welcome", "points"), [(False, 88), (True, 88 + 200)])
def test_made_members_are_welcomed_only_where_asked_for(db, run, welcome, points):
    _code, done = run(line(member="C-1001"), create_members=True, welcome=welcome)
    assert (done["members_created"], done["welcome_points"]) == (1, 200 if welcome else 0)
    outbox.drain(at=clock.now())
    (member,) = User.objects.values_list("pk", flat=True)
    assert queries.balance(member, at=clock.now()).total == points
    outbox.drain(at=clock.now())
    assert run(line(member="C-1001"), create_members=True, welcome=True)[1]["members_created"] == 0
    outbox.drain(at=clock.now())
    assert queries.balance(member, at=clock.now()).total == points


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dry_run": True}, "New members would get no welcome points."),
        ({"dry_run": True, "welcome": True}, "New members would get 200 welcome points each, 400 in all."),
        ({}, "New members get no welcome points."),
        ({"welcome": True}, "New members get 200 welcome points each, 400 in all."),
    ],
)
def test_it_says_what_made_members_get(db, tmp_path, capsys, options, says):
    path = tmp_path / "purchases"
    path.write_text(f"{HEADER}{line('A1', member='C-1')}\n{line('A2', member='C-2')}\n")
    call_command("import_purchases", path, create_members=True, **options)
    assert says in capsys.readouterr().out


def test_the_help_says_it_too_and_a_lonely_option_is_refused(db, tmp_path, capsys):
    with pytest.raises(SystemExit):
        ImportPurchases().create_parser("manage.py", "import_purchases").parse_args(["--help"])
    assert "welcome points" in " ".join(capsys.readouterr().out.split())
    path = tmp_path / "purchases"
    path.write_text(f"{HEADER}{line()}\n")
    with pytest.raises(CommandError, match="--create-members"):
        call_command("import_purchases", path, welcome=True)


@pytest.mark.parametrize(
    ("paid_at", "is_taken"),
    [("1971-01-01", False), ("2006-11-19T23:59:59", False), ("2006-11-20T00:00:00", True), ("2026-11-20", True)],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_purchases_of_long_ago_are_refused(buyer, run, parameters, monkeypatch, paid_at, is_taken, dry_run):
    parameters["points.oldest_purchase"] = 240
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    code, done = run(line("A1"), line("A2", paid_at), dry_run=dry_run)
    assert (code, done["purchases"]) == ((0, 2) if is_taken else (1, 1))
    if not is_taken:
        assert "2006-11-20" in done["refused"][0]["problem"]


def test_points_that_have_ended_already_are_counted(buyer, run, tmp_path, capsys):
    lines = [line("A1", "2024-01-10"), line("A2", f"{clock.shop_date(clock.now())}")]
    done = run(*lines)[1]
    assert (done["points"], done["ended"]) == (176, 88)
    assert queries.balance(buyer, at=clock.now()).pending == 88
    path = tmp_path / "purchases"
    path.write_text(f"{HEADER}{line('A3', '2024-01-11')}\n")
    call_command("import_purchases", path)
    assert "88 of them had ended by now" in capsys.readouterr().out


def test_a_dry_run_writes_nothing_and_says_what_would_be(buyer, run):
    run(line())
    lines = [
        line(),
        line("A2"),
        line("A3", member="13900139000"),
        line("R1", "2026-11-03T10:00:00", amount="8", refund_of="A1"),
        line("R2", "2026-11-03T10:00:00", amount="88.01", refund_of="A2"),
        line("R3", "2026-11-03T10:00:00", amount="1", refund_of="A9"),
    ]
    code, done = run(*lines, dry_run=True, create_members=True)
    assert (code, done["purchases"], done["repeated"], done["refunds"]) == (1, 2, 1, 1)
    assert [refused["line"] for refused in done["refused"]] == [6, 7]
    assert done["members_created"] == 1
    assert (Purchase.objects.count(), User.objects.count()) == (1, 1)
    done = run(*lines, create_members=True)[1]
    assert (done["purchases"], done["repeated"], done["refunds"]) == (2, 1, 1)
    assert [refused["line"] for refused in done["refused"]] == [6, 7]


@pytest.mark.parametrize("other", [{"amount": "89"}, {"category": "tea"}, {"paid_at": "2026-11-02T10:00:00"}])
def test_the_same_number_with_other_content_is_refused(buyer, run, other):
    run(line())
    code, done = run(line(**other))
    assert (code, done["purchases"], done["refused_lines"]) == (1, 0, 1)


def test_refunds_that_cannot_be(buyer, run):
    User.objects.create(phone="+8613900139000", date_joined=datetime(2025, 1, 1, tzinfo=UTC))
    code, done = run(
        line(),
        line("R1", "2026-11-02T10:00:00", amount="88.01", refund_of="A1"),
        line("R2", "2026-10-02T10:00:00", amount="1", refund_of="A1"),
        line("R3", "2026-11-02T10:00:00", amount="1", refund_of="A1", member="13900139000"),
        line("R4", "2026-11-02T10:00:00", amount="1", refund_of="nothing"),
    )
    assert (code, done["refunds"], [refused["line"] for refused in done["refused"]]) == (1, 0, [3, 4, 5, 6])


def test_a_refund_of_what_was_booked_when_nobody_knew_its_category(buyer, run):
    run(line(category="坚果"))
    Category.objects.create(code="nuts", name="坚果", position=1)
    code, done = run(line("R1", "2026-11-03T10:00:00", "坚果", "8", "A1"))
    assert (code, done["refunds"], done["points_back"]) == (0, 1, 8)


def test_an_import_that_was_killed_goes_on(buyer, run, monkeypatch):
    monkeypatch.setattr(purchase_import, "BATCH", 2)
    lines = [line(f"A{n}", f"2026-11-01T10:00:0{n}", amount="10") for n in range(6)]
    real, calls = purchase_import.purchases.record_many, []

    def dies(*args, **kwargs):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(purchase_import.purchases, "record_many", dies)
    with pytest.raises(KeyboardInterrupt):
        run(*lines)
    assert Purchase.objects.count() == 4
    monkeypatch.setattr(purchase_import.purchases, "record_many", real)
    done = run(*lines)[1]
    assert (done["purchases"], done["repeated"], Purchase.objects.count()) == (2, 4, 6)
    assert audit.run().breaks == []
