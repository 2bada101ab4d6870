"""Documents name files of the project that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "accounts", "activities", "analytics", "bench", "catalog", "core", "docs", "locale", "orders", "points",
    "pointsmall", "static", "templates", "tests",
)  # fmt: skip
NAMED = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:)([\w./-]+)\)")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document):
    text = document.read_text()
    missing = [name for name in NAMED.findall(text) if not (ROOT / name).exists()]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert missing == []


def test_what_counts_as_a_name():
    text = "see `orders/states.py`, [how](docs/x.md) and `orders/<room>/` in [a page](https://example.com/y)"
    assert (NAMED.findall(text), LINK.findall(text)) == (["orders/states.py"], ["docs/x.md"])
