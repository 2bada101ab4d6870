"""One reader for every file that somebody hands in."""

import pytest

from core import tables
from tests.core.tables.conftest import COLUMNS

HEAD = "order_number,amount,refund_of\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "sep=;", "sep=|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_and_delimiter(lines, encoding, delimiter, end):
    sign = delimiter[-1]
    rows = [["订单号", "金额", "退款订单"], ["甲1", '"1;2,3\t4"', ""], ["乙2", '"说""好"""', "甲1"]]
    text = end.join(["sep=" + sign] * delimiter.startswith("sep=") + [sign.join(row) for row in rows]) + end
    first = 3 if delimiter.startswith("sep=") else 2
    assert lines(text.encode(encoding)) == [
        (first, ("甲1", "1;2,3 4", ""), None),
        (first + 1, ("乙2", '说"好"', "甲1"), None),
    ]


def test_utf_16_with_the_other_byte_order(lines):
    assert lines(b"\xfe\xff" + (HEAD + "A1,5,\n").encode("utf-16-be")) == [(2, ("A1", "5", ""), None)]


def test_headings_are_known_however_they_are_written(lines):
    assert lines(" Order Number *,金额：,REFUND-OF\nA1,5,A0\n") == [(2, ("A1", "5", "A0"), None)]


def test_columns_in_any_order_and_those_that_may_be_missing(lines):
    assert lines("amount,单号\n5,A1\n") == [(2, ("A1", "5", ""), None)]


def test_empty_lines_and_empty_ends_say_nothing(lines):
    text = "\n,,\norder_number,amount,refund_of,,\n\nA1,5,,,\n ,\u3000,\nA2\nA3,5\n"
    assert lines(text) == [
        (5, ("A1", "5", ""), None),
        (7, ("A2", "", ""), None),
        (8, ("A3", "5", ""), None),
    ]


def test_columns_that_are_not_known_are_passed_over_with_a_word(table, lines):
    text = "order_number,colour,amount,problem\nA1,red,5,bad\n"
    assert lines(text) == [(2, ("A1", "5", ""), None)]
    assert "colour" in table(text).note
    assert "problem" not in table(text).note
    assert table(HEAD + "A1,5,\n").note == ""


@pytest.mark.parametrize("heading", ["退款", "退款单号", "refund", "Refund of order"])
def test_a_column_that_may_be_one_of_ours_is_asked_about(table, heading):
    with pytest.raises(tables.ColumnUnclear) as refused:
        table(f"order_number,amount,{heading}\nA1,5,A0\n")
    assert heading in str(refused.value)


def test_what_resembles_a_column_that_is_there_is_not_asked_about(table):
    assert "订单号2" in table("订单号,订单号2,金额\nA1,x,5\n").note


@pytest.mark.parametrize("line", ["A1,5,,x", "A1,5,,,x", "A1,5,,x,"])
def test_what_stands_under_no_heading_is_refused(lines, line):
    ((_number, values, problem),) = lines("order_number,amount,refund_of,\n" + line + "\n")
    assert values == ("A1", "5", "")
    assert "x" in problem


def test_an_empty_cell_that_must_be_filled(lines):
    ((number, _values, problem),) = lines(HEAD + ",5,\n")
    assert number == 2
    assert "order_number" in problem


def test_a_column_is_called_as_the_file_calls_it(lines):
    ((_number, _values, problem),) = lines("金额,单号\n5,1.38E+10\n")
    assert "“单号”" in problem


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", tables.ColumnMissing),
        ("\n \n", tables.ColumnMissing),
        ("order_number\nA1\n", tables.ColumnMissing),
        ("order_number,amount,order_number\nA1,5,A1\n", tables.ColumnTwice),
        ("order_number,amount,订单号\nA1,5,A1\n", tables.ColumnTwice),
        (HEAD, tables.FileEmpty),
        (HEAD + "\n,,\n", tables.FileEmpty),
        (HEAD + '"A1,5,\n', tables.CsvBroken),
        (HEAD + 'A1,"5"x,\n', tables.CsvBroken),
        (HEAD.encode() + b"\xff\xff\xff", tables.NotText),
        (HEAD.encode() + b"A\x001,5,\n", tables.NotText),
        ((HEAD + "A1,5,\n").encode("utf-16")[:-1], tables.NotText),
        ((HEAD + "A1,5,\n").encode("utf-32"), tables.NotText),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", tables.NotText),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", tables.OldWorkbook),
        (HEAD + "x" * 2000, tables.FileTooLarge),
        (HEAD + "A,5,\n" * 11, tables.TooManyLines),
        (",".join(f"c{n}" for n in range(101)), tables.TooManyColumns),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value[:20]),
)
def test_files_that_cannot_be_read(lines, content, error):
    with pytest.raises(error) as refused:
        lines(content, most_bytes=1500, most_lines=10)
    assert "%" not in str(refused.value)


def test_a_broken_line_is_named(lines):
    with pytest.raises(tables.CsvBroken) as refused:
        lines("sep=,\n" + HEAD + 'A1,5,\nA2,"5"x,\n')
    assert refused.value.details == {"line": 4}


# Cells


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  A1 ", "A1"),
        ("\u3000A1\xa0", "A1"),
        ("'A1", "A1"),
        ("'=A1", "=A1"),
        ('="123"', "123"),
        ('="2026112012345670"', "2026112012345670"),
        ("'2026112012345670", "2026112012345670"),
        ("'1E+10", "1E+10"),
        ("２０２６Ａ－１", "2026A-1"),
        ("\u202aA1\u202c\u200b\ufeff", "A1"),
        ("订单（１）", "订单(1)"),
        ("1E5", "1E5"),
        ("#12", "#12"),
        ("123456789012345", "123456789012345"),
        ("1234567890123450123", "1234567890123450123"),
    ],
)
def test_a_cell_is_what_is_meant(lines, typed, meant):
    quoted = '"' + typed.replace('"', '""') + '"'
    assert lines(f"{HEAD}{quoted},5,\n") == [(2, (meant, "5", ""), None)]


@pytest.mark.parametrize(
    "typed",
    [
        "2.02611E+15", "2.02611e+15", "1.38E+10", "2,02611E+15", "2.02611E15", "2E+15", "２.０２６１１Ｅ＋１５",
        "2026112012345670", "123456789012345000", "#N/A", "######", "x" * 33,
    ],
)  # fmt: skip
def test_a_damaged_cell_is_refused_with_its_column(lines, typed):
    ((_number, _values, problem),) = lines(f'{HEAD}"{typed}",5,\n')
    assert "order_number" in problem
    assert lines(f'{HEAD}A1,5,"{typed}"\n')[0][2] or typed.startswith("x")


def test_a_number_in_a_column_of_numbers_is_not_looked_at_for_damage(lines):
    assert [problem for *_line, problem in lines(HEAD + "A1,1.5E+10,\nA2,2026112012345670,\n")] == [None, None]


def test_each_long_number_is_judged_by_itself(lines):
    """One that is right says nothing about the others: each order has a line of its own."""
    numbers = ["2026112012345670", "2026112012345678", "'2026112012345680", '="2026112012345690"']
    found = lines(HEAD + "".join(f"{number},5,\n" for number in numbers))
    assert [bool(problem) for *_line, problem in found] == [True, False, False, False]


@pytest.mark.parametrize(
    "typed",
    [
        "+2.02611E+15", "2.02611×10^15", "2.02611×10¹⁵", "2.02611 x 10^15", "2.02611*10^15", "20.2611e+14",
        "2,026,112,012,345,678", "2.026.112.012.345.678", "1,234", "1001.0", "1001.10", "TRUE", "FALSE", "2026-11-30",
        "2026/11/3 10:00", "2026年11月30日", "11月30日", "30/11/2026", "1-Sep", "1-Sep-26", "Sep-01", "10:30",
        "10:30:00 AM", "+2026112012345670",
    ],
)  # fmt: skip
def test_a_name_that_excel_took_for_something_else(lines, typed):
    ((_number, _values, problem),) = lines(f'{HEAD}"{typed}",5,\n')
    assert "Excel" in problem
    assert lines(f'{HEAD}"\'{typed}",5,\n')[0][2] is None


@pytest.mark.parametrize(
    "typed",
    ["138-0013-8000", "+8613800138000", "2026-11-30-001", "20261130-1", "1E5", "3x105", "SEP-01", "1.2.3", "W-1/2"],
)
def test_names_that_no_spreadsheet_touches(lines, typed):
    assert lines(f"{HEAD}{typed},5,\n") == [(2, (typed, "5", ""), None)]


def test_numbers_with_commas_in_a_file_with_semicolons(lines):
    """Where semicolons separate, commas are of decimals mostly: 1,200 may be 1.2."""
    text = "A1;1,200\nA2;1200\nA3;1.20\nA4;\n"
    for first in ("", "sep=;\n"):
        found = lines(f"{first}order_number;amount\n{text}")
        assert [bool(problem) for *_line, problem in found] == [True, False, False, False]
    (others,) = lines('order_number,amount\nA1,"1,200"\n')
    assert others[2] is None


def test_columns_that_are_not_known_where_they_may_turn_the_meaning(table):
    strict = tables.Columns(*COLUMNS.all, is_strict=True)
    text = "order_number,amount,币种,Kind Of Line,problem\nA1,5,USD,refund,\n"
    with pytest.raises(tables.ColumnsUnknown) as refused:
        table(text, strict)
    assert "币种, Kind Of Line" in str(refused.value)
    with pytest.raises(tables.ColumnsUnknown):
        table(text, strict, leave_out=["币种"])
    found = table(text, strict, leave_out=["币种", "kind_of_line"])
    assert [row.values["order_number"] for row in found] == ["A1"]
    assert "币种" in found.note


def test_a_column_that_looks_like_ours_may_be_left_out_by_who_says_so(table):
    assert list(table("order_number,amount,退款\nA1,5,0\n", leave_out=["退款"]))


def test_a_line_break_in_a_cell_is_a_space_and_the_last_line_counts(lines):
    assert lines(HEAD + '"A\n1",5,\nA2,6,\n') == [(3, ("A 1", "5", ""), None), (4, ("A2", "6", ""), None)]


def test_a_table_is_read_again_from_its_beginning(table):
    again = table(HEAD + "A1,5,\nA2,6,\n")
    assert list(again) == list(again)


def test_rows_to_the_letter():
    text = " a ,'=b,'c\n\n１,,\n"
    found = list(tables.rows(text.encode(), most_bytes=100))
    assert found == [(1, [" a ", "=b", "c"]), (2, []), (3, ["１", "", ""])]


def test_a_column_of_names():
    column = tables.Column("member", "会员", is_code=True)

    def names(text):
        return tables.first_column(text.encode(), column, most_bytes=100, most_lines=3)

    assert names("会员 ,x\n\nanna,y\n' bo\n") == ["anna", "bo"]
    assert names("anna\nmember\n") == ["anna", "member"]
    with pytest.raises(tables.LineWrong) as wrong:
        names("anna\n\n1.38E+10\n")
    assert wrong.value.details["line"] == 3
    with pytest.raises(tables.TooManyLines):
        names("a\nb\nc\nd\n")
