"""Numbers and times as people and spreadsheets write them."""

from datetime import UTC, datetime

import pytest

from core import tables


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("12", 12), ("1,200", 1200), ("1,234,567", 1234567), ("12.00", 12), ("12.5", None), ("1,20", None),
        ("12,00", None), ("1e3", None), ("", None), ("-5", None), ("1.000", None), ("999.000", None), ("1.00", 1),
        ("1000.000", 1000), ("1,200.000", 1200), ("٣", None), ("9" * 19, None), ("5个", None),
    ],
)  # fmt: skip
def test_whole_numbers(text, number):
    assert tables.whole(text) == number


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("88", 8800), ("88.5", 8850), ("88.50", 8850), ("88.500", None), ("¥1.500", None), ("1.000元", None),
        ("0.500", 50), ("88.5000", 8850), ("1234.500", 123450), ("1,234.500", 123450), ("0.01", 1),
        ("1,234.50", 123450), ("¥88", 8800), ("88元", 8800), ("88.123", None), ("88,50", None), ("1,23", None),
        ("-5", None), ("1e3", None), ("", None), ("٣", None), ("$5", None), ("99999999999", 9999999999900),
        ("999999999999", None),
    ],
)  # fmt: skip
def test_yuan(text, fen):
    assert tables.fen(text) == fen


TEN = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)  # ten in the shop


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T10:00:00", TEN),
        ("2026-11-30T10:00:00+08:00", TEN),
        ("2026-11-30T02:00:00Z", TEN),
        ("2026-11-30 10:00", TEN),
        ("2026/11/30 10:00", TEN),
        ("2026/11/30 10:00:00", TEN),
        ("2026/11/30  10:00", TEN),
        ("2026.11.30 10:00", TEN),
        ("2026年11月30日 10:00", TEN),
        ("2026年11月30日10时00分00秒", TEN),
        ("46356.4166666667", TEN),
        ("2026/1/5 9:05", datetime(2026, 1, 5, 1, 5, tzinfo=UTC)),
        ("2026/11/30", datetime(2026, 11, 29, 16, 0, tzinfo=UTC)),
        ("46356", datetime(2026, 11, 29, 16, 0, tzinfo=UTC)),
        ("11/30/2026", None),
        ("30/11/2026 10:00", None),
        ("2026/02/29", None),
        ("2026/11-30", None),
        ("2026/11/30 25:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(text, moment):
    assert tables.moment(text) == moment
