"""Workbooks: what spreadsheets save, and what is made to harm."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from zlib import crc32

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from core import tables
from core.tables import book
from tests.core.tables.conftest import HEADINGS, saved, xlsx


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("A1", "A1"), ("１２", "12"), (12, "12"), (12.0, "12"), (13800000101, "13800000101"),
        ("2026112012345670", "2026112012345670"), (123456789012345, "123456789012345"),
        ("2026-11-30", "2026-11-30"), ("1-Sep", "1-Sep"), ("1001.10", "1001.10"), ("TRUE", "TRUE"), ("'1.5", "1.5"),
        ("２０２６１１２０１２３４５６７０", "2026112012345670"),
    ],
)  # fmt: skip
def test_what_stands_in_a_cell_is_a_name(lines, cell, text):
    assert lines(xlsx(HEADINGS, (cell, 5))) == [(2, (text, "5", ""), None)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (88.5, "88.5"), (0.1 + 0.2, "0.3"), (True, "TRUE"), (datetime(2026, 11, 30, 10, 0), "2026-11-30 10:00:00"),
        (datetime(2026, 11, 30, 9, 59, 59, 999000), "2026-11-30 10:00:00"), (date(2026, 11, 30), "2026-11-30 00:00:00"),
        (time(10, 5), "10:05:00"), (timedelta(hours=30, seconds=5), "30:00:05"), (2026112012345678, "2.02611E+15"),
        (2.02611201234567e15, "2.02611E+15"), (2.02611e20, "2.02611E+20"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_a_value_and_no_name(lines, cell, text):
    """An order number in such a cell is what a spreadsheet made of one."""
    of_value, of_name = lines(xlsx(HEADINGS, ("A1", cell), (cell, 5)))
    assert of_value == (2, ("A1", text, ""), None)
    assert "Excel" in of_name[2]


@pytest.mark.parametrize("cell", ["2.02611E+15", "+2.02611E+15", "2.02611×10^15", "2.02611×10¹⁵", "#N/A"])
def test_a_text_that_a_spreadsheet_damaged_before_it_was_one(lines, cell):
    ((_number, _values, problem),) = lines(xlsx(HEADINGS, (cell, 5)))
    assert problem


def test_each_number_is_judged_by_itself(lines):
    """Texts beside numbers that were cut short may have been numbers themselves: those that end in zeros are asked
    about, too."""
    rows = [("2026112012345678", 5, "2026112012345670"), (2026112012345670, 5), ("2026112012345680", 5)]
    found = lines(xlsx(HEADINGS, *rows))
    assert [bool(problem) for *_line, problem in found] == [False, True, True]


def test_empty_rows_and_columns(lines):
    content = xlsx((None,), (None, *HEADINGS), (), (None, "A1", 5), (None, "A2", None, "A1"))
    assert lines(content) == [(4, ("A1", "5", ""), None), (5, ("A2", "", "A1"), None)]


def test_the_first_visible_sheet_is_read_and_that_is_said(table):
    made = Workbook()
    made.active.sheet_state = "hidden"
    for title in ("to ship", "notes"):
        sheet = made.create_sheet(title)
        sheet.append(HEADINGS)
        sheet.append([title, 5])
    found = table(saved(made))
    assert [row.values["order_number"] for row in found] == ["to ship"]
    assert "to ship" in found.note


@pytest.mark.parametrize("row", [("=1+1", 5), ("A1", 5, '="A"&"0"'), ("A1", 5, None, "=B3")])
def test_a_formula_that_nobody_has_computed_stops_the_file(lines, row):
    """Its cell is empty: a refund would be read as a purchase."""
    content = replaced(xlsx(HEADINGS, ("A0", 5), row), b'fullCalcOnLoad="1"', b"")
    with pytest.raises(tables.FormulaNotComputed) as refused:
        lines(content)
    assert refused.value.details == {"cell": f"{'ABCD'[len(row) - 1 if len(row) > 2 else 0]}3"}


def test_a_nought_in_place_of_what_a_formula_comes_to(lines):
    """Some programs write it there, and ask to compute all when the workbook is opened."""
    content = replaced(xlsx(HEADINGS, ("A1", 5, "=X")), b"<f>X</f><v />", b"<f>X</f><v>0</v>")
    with pytest.raises(tables.FormulaNotComputed):
        lines(content)
    assert lines(replaced(content, b'fullCalcOnLoad="1"', b""))[0][1] == ("A1", "5", "0")


@pytest.mark.parametrize(
    ("kind", "came_to", "text"), [("str", "A0", "A0"), ("str", "", ""), ("n", "12", "12"), ("b", "1", "TRUE")]
)
@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_a_formula_counts_by_what_it_came_to(lines, kind, came_to, text, prefix):
    computed = f'<c r="C2" t="{kind}"><f>IF(1,2,3)</f><v>{came_to}</v></c>'.encode()
    content = replaced(xlsx(HEADINGS, ("A1", 5, "=X")), b'<c r="C2"><f>X</f><v /></c>', computed)
    content = replaced(content, b'fullCalcOnLoad="1"', b"")
    if prefix:
        content = repacked(content, lambda name, part: prefixed(part, prefix) if "sheet1" in name else part)
    assert [values[2] for _number, values, _problem in lines(content)] == [text]


def prefixed(part, prefix):
    """The same sheet with a name for its namespace, as some programs write it."""
    part = re.sub(rb"<(/?)(?=\w)", rb"<\1" + prefix, part)
    return part.replace(b" xmlns=", b" xmlns:x=")


def test_dates_of_the_other_calendar_are_refused(table):
    made = Workbook()
    made.epoch = CALENDAR_MAC_1904
    made.active.append(HEADINGS)
    with pytest.raises(tables.FileNotReadable):
        table(saved(made))


def repacked(content, change, method=zipfile.ZIP_DEFLATED):
    """The workbook with ``change(name, bytes)`` of every part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_a_bomb_is_refused_before_it_is_read(table, monkeypatch):
    monkeypatch.setattr(book, "load_workbook", lambda *args, **kwargs: pytest.fail("it was opened"))
    content = repacked(
        xlsx(HEADINGS, ("A1", 5)), lambda name, part: part + b" " * (40 << 20) if "sheet1" in name else part
    )
    assert len(content) < 100_000
    with pytest.raises(tables.WorkbookBroken):
        table(content)


def test_a_bomb_that_hides_its_size_is_refused(table, monkeypatch):
    """The size that a part names is what ``zipfile`` believes."""
    monkeypatch.setattr(book, "load_workbook", lambda *args, **kwargs: pytest.fail("it was opened"))
    part = b"<x/>" + b" " * 5_000_000
    content = bytearray(repacked(xlsx(HEADINGS), lambda name, old: part if "styles" in name else old))
    true, told = len(part).to_bytes(4, "little"), (4).to_bytes(4, "little")
    assert content.count(true) == 2
    content = content.replace(true, told)
    content = content.replace(crc32(part).to_bytes(4, "little"), crc32(part[:4]).to_bytes(4, "little"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("xl/styles.xml") == b"<x/>"  # after unpacking all of it
    with pytest.raises(tables.WorkbookBroken):
        table(bytes(content))


def test_texts_that_are_shared_are_kept_and_may_be_less(table, monkeypatch):
    monkeypatch.setattr(book, "LEAST_UNPACKED", 3_000_000)
    for name, is_read in (("xl/sharedStrings.xml", False), ("xl/media/picture.xml", True)):
        content = io.BytesIO(xlsx(HEADINGS, ("A1", 5)))
        with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, b"<x/>" + b" " * 1_500_000)
        if is_read:
            assert table(content.getvalue(), most_bytes=100_000)
        else:
            with pytest.raises(tables.WorkbookBroken):
                table(content.getvalue(), most_bytes=100_000)


def replaced(content, old, new):
    return repacked(content, lambda _name, part: part.replace(old, new))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda content: repacked(content, lambda _name, part: part, zipfile.ZIP_LZMA),
        lambda content: repacked(content, lambda name, part: b"" if "sheet1" in name else part),
        lambda content: repacked(content, lambda name, part: part[:-40] if "sheet1" in name else part),
        lambda content: replaced(content, b"<v>5<", b"<v>5x<"),
        lambda content: replaced(content, b"<v>5<", b"<v>" + b"9" * 5000 + b"<"),
        lambda content: replaced(content, b't="inlineStr"><is><t>A1</t></is>', b't="s"><v>77</v>'),
        lambda content: replaced(content, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "5">]><worksheet'),
    ],
)
def test_workbooks_that_are_broken(table, spoil):
    content = spoil(xlsx(HEADINGS, ("A1", 5)))
    with pytest.raises(tables.WorkbookBroken):
        list(table(content))


@pytest.mark.parametrize("place", [b'r="XFD2"', b'r="A99999999"'])
def test_a_cell_far_away_costs_nothing(lines, place):
    content = replaced(xlsx(HEADINGS, ("A1", 5)), b'r="B2"', place)
    assert len(lines(content)) == 1


def test_a_row_far_away_is_not_waited_for(lines):
    content = replaced(xlsx(HEADINGS, ("A1", 5)), b'r="2"', b'r="999999999"')
    with pytest.raises(tables.FileEmpty):
        lines(content)


def test_what_is_written_opens_as_texts():
    content = tables.workbook(["订单号", "数量"], [["2026112012345678", 3], ["=1+1", None]])
    sheet = load_workbook(io.BytesIO(content)).active
    kinds = [[(cell.value, cell.data_type, cell.number_format) for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert kinds == [
        [("2026112012345678", "s", "@"), (3, "n", "General")],
        [("'=1+1", "s", "@"), (None, "n", "@")],
    ]
