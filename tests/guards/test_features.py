"""Every feature code that the source names, such as (C10), is explained in docs/features.md."""

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "features.md"
FOLDERS = [
    "pointsmall", "core", "accounts", "points", "catalog", "orders", "activities", "analytics",
    "templates", "static", "tests", "bench", "docs",
]  # fmt: skip
SUFFIXES = {".py", ".sql", ".html", ".md", ".js", ".css"}
CODE = r"[A-H]\d{1,2}"
NAMED = re.compile(rf"\((?:[^()]*,\s)?({CODE}(?:(?:,\s+|-){CODE})*)\)")  # at the end of what stands in brackets
RANGE = re.compile(rf"({CODE})-({CODE})")
ROW = re.compile(rf"^\| ({CODE}) \| \S", re.MULTILINE)


def codes_in(text):
    """The codes that ``text`` names; ``F4-F6`` is three of them."""
    found = set()
    for named in NAMED.findall(text):
        found |= set(re.findall(CODE, named))
        for first, last in RANGE.findall(named):
            found |= {f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1)}
    return found


def sources():
    files = chain.from_iterable((ROOT / folder).rglob("*") for folder in FOLDERS)
    return [path for path in files if path.suffix in SUFFIXES and path not in (DOCUMENT, Path(__file__))]


def test_each_code_is_explained():
    explained = set(ROW.findall(DOCUMENT.read_text()))
    missing = {path.name: codes - explained for path in sources() if (codes := codes_in(path.read_text())) - explained}
    assert missing == {}, "say in docs/features.md what they mean"


def test_each_code_is_explained_once():
    rows = ROW.findall(DOCUMENT.read_text())
    assert rows == sorted(set(rows), key=lambda code: (code[0], int(code[1:])))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('"""Daily caps (C10)."""', {"C10"}),
        ("set aside until somebody looked (C10,\n    A12).", {"C10", "A12"}),
        ("Payments (F4-F6)", {"F4", "F5", "F6"}),
        ("real purchases (the replay, C15) help", {"C15"}),
        ('line("A1", 5)', set()),
        ("one order a sheet (A4 or A5)", set()),
    ],
)
def test_what_counts_as_a_code(text, codes):
    assert codes_in(text) == codes
