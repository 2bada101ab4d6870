"""What is written is read back, and no spreadsheet takes a text for anything else."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import tables

HEADINGS = ["one", "two", "three"]
SIGNS = "=+-@'\"\t\r\n,; 0123456789E.#＝中a"
TEXTS = st.one_of(
    st.text(SIGNS, max_size=8), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
)
TABLES = st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=6)
OUT_OF_PLACE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\N{REPLACEMENT CHARACTER}")


def csv_of(rows, headings=HEADINGS):
    return tables.download("x", headings, rows).content


def read(content):
    lines = [cells for _number, cells in tables.rows(content, most_bytes=1 << 20)]
    return [cells + [""] * (3 - len(cells)) for cells in lines][1:]


@given(TABLES)
@example([["'", "''", "'=x"], ['="1"', "0123", "123456789012"], [" ", "", "-"]])
def test_any_text_comes_back_from_csv(rows):
    assert read(csv_of(rows)) == rows


@given(TABLES)
@example([["'", "''", "'=x"], ['="1"', "0123", "1234567890123450"], [" a ", "", "-"]])
def test_any_text_comes_back_from_a_workbook(rows):
    """But for signs that a workbook cannot hold, and for the kind of a line break."""
    rows = [[cell.translate(OUT_OF_PLACE).replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
    found = read(tables.workbook(HEADINGS, rows))
    while rows and not any(rows[-1]):
        rows.pop()
    assert found[: len(rows)] == rows


@given(TABLES, st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_any_text_comes_back_through_every_encoding_and_delimiter(rows, delimiter, encoding):
    """As if a spreadsheet had opened the file and saved it as another kind."""
    file = io.StringIO(newline="")
    saved = csv.reader(io.StringIO(csv_of(rows).decode("utf-8-sig"), newline=""))
    csv.writer(file, delimiter=delimiter).writerows(saved)
    assert read(file.getvalue().encode(encoding)) == rows


@given(TABLES)
def test_no_text_is_a_formula(rows):
    cells = [cell for row in csv.reader(io.StringIO(csv_of(rows).decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@")]
    assert not [cell for cell in cells if cell[:1] in set("\t\r\n")]


@pytest.mark.parametrize("text", ["2026112012345678", "73100012345678", "0123"])
def test_digits_stay_text(text):
    assert f"'{text}" in csv_of([[text, "", ""]]).decode("utf-8-sig")


def test_digits_that_look_damaged_are_not_vouched_for():
    rows = [["2026112012345670", "2026112012345678", "=1"]]
    report = tables.download("x", HEADINGS, rows, as_typed=True).content.decode("utf-8-sig")
    assert report.splitlines()[1] == "2026112012345670,'2026112012345678,'=1"
    assert "'2026112012345670," in csv_of(rows).decode("utf-8-sig")


def test_numbers_and_nothing_are_written_bare():
    assert csv_of([[-5, None, 1.5], [13800000000001, "13800000001", ""]]).decode("utf-8-sig").splitlines()[1:] == [
        "-5,,1.5",
        "13800000000001,13800000001,",
    ]


def test_what_no_file_can_hold_is_replaced():
    assert read(csv_of([["a\0b", "\ud83d", ""]])) == [["a�b", "�", ""]]


def test_a_file_on_disk(tmp_path):
    path = Path(tmp_path, "report.csv")
    tables.write_csv(path, HEADINGS, iter([["=1+1", "", ""]]))
    assert path.read_bytes() == "\ufeffone,two,three\r\n'=1+1,,\r\n".encode()


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_a_download(kind, begins):
    response = tables.download("待发货", HEADINGS, [], kind)
    assert response.content.startswith(begins)
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%BE%85")
    assert response["Content-Disposition"].endswith(f".{kind}")
