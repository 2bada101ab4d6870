"""Points to many members from a file: all lines judged first (B11)."""

import pytest
from openpyxl import Workbook

from core import tables
from points.grants.services import grant_file
from tests.core.tables.conftest import saved, xlsx
from tests.points.grants.conftest import check, csv_of, grant_all, points_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threshold")]


def test_members_are_named_in_four_ways(people):
    checked = check("13800000101,1", "BO@example.com,3", "Cy,4", f"{people[3].pk},5")
    assert checked.refused == []
    assert {(line.account, line.points) for line in checked.good} == {
        (people[0].pk, 1),
        (people[1].pk, 3),
        (people[2].pk, 4),
        (people[3].pk, 5),
    }


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("cy,0", "0"),
        ("cy,-5", "-5"),
        ("cy,1.5", "1.5"),
        ("cy,1e3", "1e3"),
        ("cy,", ""),
        ("2.02611E+15,5", "Excel"),
        ("cy,1000001", "1000001"),
        ("cy," + "9" * 400, "9" * 20),
        ("nobody,5", "nobody"),
        ("13900000999,5", "13900000999"),
        ("99999999999999999999999,5", "99999"),
        (",5", ""),
        ("cy", ""),
        ("cy,5,6", ""),
    ],
)
def test_a_bad_line_is_named_with_its_value(people, line, word):
    checked = check("di,1", line)
    assert [good.number for good in checked.good] == [2]
    (refused,) = checked.refused
    assert refused.number == 3
    assert word in refused.problem


def test_reason_and_key_are_judged(people):
    header = "member,points,reason,key"
    checked = check(
        "cy,5,event,a", "cy,5,,b", "cy,5,because,c", "cy,5,event,a", "cy,5,,", f"di,5,,{'k' * 65}", header=header
    )
    assert [(line.number, line.reason, line.key) for line in checked.good] == [
        (2, "event", "grant:key:a"),
        (3, "goodwill", "grant:key:b"),
        (6, "goodwill", checked.good[2].key),
    ]
    assert [refused.number for refused in checked.refused] == [4, 5, 7]
    assert "because" in checked.refused[0].problem


@pytest.mark.parametrize("name", ["+8613800000101", "+86 138 0000 0101", "008613800000101", "138-0000-0101"])
def test_a_phone_is_typed_in_many_ways(people, name):
    assert [line.account for line in check(f"{name},1").good] == [people[0].pk]


def test_a_member_stands_once_without_keys(people):
    checked = check("cy,5", "CY,5", f"{people[2].pk},7")
    assert [line.number for line in checked.good] == [2]
    assert ["2" in refused.problem for refused in checked.refused] == [True, True]


def test_nobody_gives_points_to_themselves(people):
    checked = check("cy,5", "di,5", own=people[2].pk)
    assert [line.number for line in checked.good] == [3]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", tables.ColumnMissing),
        (b"\n\n", tables.ColumnMissing),
        (b"member,points\n", tables.FileEmpty),
        (b"member\ncy\n", tables.ColumnMissing),
        (b"points\n5\n", tables.ColumnMissing),
        (b"member,points,points\ncy,5,6\n", tables.ColumnTwice),
        (b"member,points,keys\ncy,5,a\n", tables.ColumnUnclear),
        (b"member,points\nc\0y,5\n", tables.NotText),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", tables.WorkbookBroken),
        (b'member,points\n"cy,5\n', tables.CsvBroken),
        (b"x" * (grant_file.MOST_BYTES + 1), tables.FileTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value[:20]),
)
def test_a_file_that_cannot_be_read(people, content, error):
    with pytest.raises(error) as caught:
        grant_file.check(content, reason="goodwill")
    assert "%" not in str(caught.value)


def test_too_many_lines(people, monkeypatch):
    monkeypatch.setattr(grant_file, "MOST_LINES", 2)
    with pytest.raises(tables.TooManyLines):
        check("cy,1", "di,1", "bo@example.com,1")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_what_a_spreadsheet_writes_is_read(people, encoding):
    content = "会员\t积分\t备注\r\n'cy\t１,２００\t\r\n\r\n\t\t\r\n".encode(encoding)
    checked = grant_file.check(content, reason="goodwill")
    assert [(line.account, line.points) for line in checked.good] == [(people[2].pk, 1200)]
    assert (checked.refused, checked.note) == ([], "")


def test_a_workbook_is_granted(people):
    content = xlsx(["会员", "积分"], [13800000101, 5], ["di", 6.0], [1.38e10, "x"])
    grant = grant_all(content, skip_refused=True, name="a.xlsx")
    assert [points_of(person) for person in people] == [5, 0, 0, 6]
    assert [line[0] for line in grant.refused] == [4]


@pytest.mark.parametrize("heading", ["colour", "类型", "扣减"])
def test_a_column_that_may_turn_the_meaning_stops_the_file(people, heading):
    """Points to take away would be given."""
    grant = grant_all(f"member,points,{heading}\ncy,5,red\n".encode())
    assert (grant.state, grant.granted) == ("broken", 0)
    assert heading in grant.problem
    assert [points_of(person) for person in people] == [0, 0, 0, 0]


def test_numbers_as_others_write_them_are_asked_about(people):
    checked = grant_file.check(b"member;points\ncy;1.500\ndi;1,500\n13800000101;1500\n", reason="goodwill")
    assert [line.points for line in checked.good] == [1500]
    assert [line.number for line in checked.refused] == [2, 3]


def test_what_was_not_read_is_said(people):
    book = Workbook()
    book.active.append(["member", "points"])
    book.active.append(["cy", 5])
    book.create_sheet("more")
    grant = grant_all(saved(book), name="a.xlsx")
    assert (grant.state, grant.granted) == ("done", 1)
    assert "Sheet" in grant.problem


def test_the_report_can_be_corrected_and_given_again(people, tmp_path):
    path = tmp_path / "refused.csv"
    content = csv_of("'=cy,x,goodwill,'-1", header="member,points,reason,key")
    refused = grant_file.check(content, reason="goodwill").refused
    tables.write_csv(path, grant_file.REPORT, [line.as_list() for line in refused])
    again = grant_file.check(path.read_bytes(), reason="goodwill").refused
    assert [line.as_list()[1:5] for line in again] == [["=cy", "x", "goodwill", "-1"]]
