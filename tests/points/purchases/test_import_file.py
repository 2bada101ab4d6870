"""``import_purchases``: what files it reads, and how it says what it does not take."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Category
from points.ledger import queries
from points.ledger.models import PointsEntry
from points.purchases.models import Purchase, PurchaseLine
from tests.core.tables.conftest import xlsx
from tests.points.purchases.history import HEADER, PHONE, line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_encodings_and_chinese_headers_in_any_order(buyer, run, encoding):
    code, done = run(
        f"88,进口水果,{PHONE},A1,2026-11-01T10:00:00,",
        header="金额,分类,会员,订单号,付款时间,退款订单\n",
        encoding=encoding,
    )
    assert (code, done["purchases"]) == (0, 1)
    assert Purchase.objects.get().lines.get().category == "imported_fruit"
    assert PointsEntry.objects.get().points == 132


def test_columns_that_may_be_missing(buyer, run):
    code, done = run(f"88,A1,2026-11-01T10:00:00,{PHONE}", header="amount,order_number,paid_at,member\n")
    assert (code, done["purchases"]) == (0, 1)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (line(amount="-5"), "-5"),
        (line(amount="1.234"), "1.234"),
        (line(amount="1e3"), "1e3"),
        (line(amount="٣"), "٣"),
        (line(amount=""), ""),
        (line(paid_at="yesterday"), "yesterday"),
        (line(paid_at="2026-02-29T10:00:00"), "2026-02-29"),
        (line(paid_at="2099-01-01T10:00:00"), ""),
        (line(paid_at="1999-01-01T10:00:00"), "及以后付款"),
        (line(number=""), ""),
        (line(member=""), ""),
        (line(number="x" * 65), "xxx"),
        (line(amount="0"), ""),
        (line(refund_of="A0"), "A0"),
        (line(refund_of="A0", amount="0"), ""),
        ("too,few", ""),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_others_are_booked(buyer, run, bad, why):
    code, done = run(line("good"), bad, line("good2"))
    assert (code, done["purchases"], done["refused_lines"]) == (1, 2, 1)
    assert done["refused"][0]["line"] == 3
    assert why in done["refused"][0]["problem"]


def test_one_bad_line_takes_its_order_along(buyer, run):
    code, done = run(line(category="a"), line(category="b", amount="x"), line("A2"))
    assert (code, done["purchases"]) == (1, 1)
    assert [refused["line"] for refused in done["refused"]] == [2, 3]


@pytest.mark.parametrize("other", [{"member": "13900139000"}, {"paid_at": "2026-11-01T10:00:01"}])
def test_one_order_is_of_one_member_and_one_time(buyer, run, other):
    code, done = run(line(), line(**other))
    assert (code, done["purchases"], done["refused_lines"]) == (1, 0, 2)


@pytest.mark.parametrize("number", ["2.02611E+15", "2026112012345670"])
def test_a_number_that_excel_damaged_is_refused(buyer, run, number, tmp_path):
    """Two orders would become one. The report given again is refused again."""
    path = tmp_path / "refused.csv"
    lines = [line(number), line(number, amount="5"), line("R1", refund_of=number), line("A1", member=number)]
    for content in (None, path):
        code, done = run(*lines, content=content and content.read_bytes(), report=path)
        assert (code, done["purchases"], Purchase.objects.count()) == (1, 0, 0)
        assert ["Excel" in refused["problem"] for refused in done["refused"]] == [True] * 4


def test_a_number_that_is_right_can_be_marked_so(buyer, run):
    assert run(line("'2026112012345670"))[1]["purchases"] == 1
    assert Purchase.objects.get().number == "2026112012345670"


def test_a_workbook_is_imported(buyer, run, tmp_path):
    head = HEADER.strip().split(",")
    day = datetime(2026, 11, 1, 10)
    content = xlsx(
        head, [int(PHONE), "A1", day, "tea", 88.5, None], [int(PHONE), "A2", 46327.4166666667, "tea", "1,200"]
    )
    code, done = run(content=content)
    assert (code, done["purchases"], done["refused"]) == (0, 2, [])
    assert set(Purchase.objects.values_list("number", "paid_at", "amount_fen")) == {
        ("A1", datetime(2026, 11, 1, 2, 0, tzinfo=UTC), 8850),
        ("A2", datetime(2026, 11, 1, 2, 0, tzinfo=UTC), 120000),
    }


@pytest.mark.parametrize("heading", ["colour", "交易类型", "币种", "状态", "折扣"])
def test_a_column_that_nobody_knows_is_asked_about(buyer, run, heading):
    """It may say that the line is a refund, in other money, or never was paid."""
    header = f"{HEADER.strip()},{heading}\n"
    with pytest.raises(CommandError, match=f"{heading}.*--leave-out"):
        run(line() + ",x", header=header)
    assert not Purchase.objects.exists()
    code, done = run(line() + ",x", header=header, leave_out=[heading])
    assert (code, done["purchases"]) == (0, 1)
    assert heading in done["note"]


@pytest.mark.parametrize("heading", ["原订单号", "退款订单号", "Original Order"])
def test_a_refund_by_another_heading_is_a_refund(buyer, run, heading):
    header = HEADER.replace("refund_of", heading)
    code, done = run(line(), line("R1", "2026-11-03T10:00:00", amount="8", refund_of="A1"), header=header)
    assert (code, done["purchases"], done["refunds"]) == (0, 1, 1)
    assert queries.balance(buyer, at=datetime(2026, 11, 20, tzinfo=UTC)).total == 80


def test_a_refund_whose_order_is_a_formula_is_no_purchase(buyer, run):
    head = HEADER.strip().split(",")
    day = datetime(2026, 11, 1, 10)
    with pytest.raises(CommandError):
        run(content=xlsx(head, [PHONE, "A1", day, "", 88, None], [PHONE, "R1", day, "", 8, "=B2"]))
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("name", ["imported_fruit", "Imported_Fruit", "ＩＭＰＯＲＴＥＤ fruit", " 进口水果 "])
def test_a_category_is_told_by_code_or_name(buyer, run, name):
    code, done = run(line(category=name, amount="100"), line("R", "2026-11-03", name, "50", "A1"))
    assert (code, done["points"], done["points_back"], done["unknown_categories"]) == (0, 150, 75, {})
    assert Purchase.objects.get().lines.get().category == "imported_fruit"


def test_categories_that_nobody_knows_are_told_once(buyer, run, tmp_path, capsys):
    Category.objects.create(code="tea", name="茶叶", position=1)
    lines = [line("A1", category="坚果"), line("A2", category="茶叶"), line("A3", category="坚果"), line("A4")]
    for options in ({"dry_run": True}, {}):
        code, done = run(*lines, **options)
        assert (code, done["purchases"], done["unknown_categories"]) == (0, 4, {"坚果": 2})
    assert set(PurchaseLine.objects.values_list("category", flat=True)) == {"坚果", "tea", ""}
    path = tmp_path / "purchases"
    path.write_text(f"{HEADER}{line('A5', category='坚果')}\n")
    call_command("import_purchases", path)
    assert "坚果 (1 lines)" in capsys.readouterr().out


@pytest.mark.parametrize("sign", [",", "."])
def test_yuan_as_others_write_them_are_asked_about(buyer, run, sign):
    code, done = run(f"{PHONE};A1;2026-11-01;1{sign}500", header="member;order_number;paid_at;amount\n")
    assert (code, done["purchases"], done["refused_lines"]) == (1, 0, 1)


def test_no_report_holds_a_formula(buyer, run, tmp_path):
    path = tmp_path / "refused.csv"
    run(line('"=1+1"', amount="@x", category="-5"), report=path)
    (row,) = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    assert (row["order_number"], row["amount"], row["category"]) == ("'=1+1", "'@x", "'-5")
    again = run(path.read_text("utf-8-sig").splitlines()[1], header=path.read_text("utf-8-sig").splitlines()[0] + "\n")
    assert again[1]["refused"][0]["order_number"] == "=1+1"


def test_a_report_that_cannot_be_written_is_said(buyer, run, tmp_path):
    from django.core.management.base import CommandError

    with pytest.raises(CommandError):
        run(line(amount="x"), report=tmp_path / "nowhere" / "refused.csv")


def test_the_report_can_be_corrected_and_given_again(buyer, run, tmp_path):
    path = tmp_path / "refused.csv"
    run(line(amount="x"), report=path)
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert (rows[0]["line"], rows[0]["amount"]) == ("2", "x")
    header, row = path.read_text("utf-8-sig").splitlines()
    code, done = run(row.replace(",x,", ",88,"), header=f"{header}\n")
    assert (code, done["purchases"]) == (0, 1)


@pytest.mark.parametrize("header", ["member,paid_at,amount\n", "member,order_number,paid_at,amount,refund\n", ""])
def test_a_file_that_cannot_be_read(buyer, run, header):
    from django.core.management.base import CommandError

    with pytest.raises(CommandError):
        run("1,2,3", header=header)
