"""What people type and paste, without what nobody can see (A1, A5)."""

from decimal import Decimal

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from core import texts
from core.forms import DecimalField, IntegerField, PlainField

INVISIBLE = ["\u200b", "\u202e", "\u202d", "\u2060", "\u2066", "\u3164", "\uffa0", "\u115f", "\u00ad", "\ufeff", "\x00"]


@pytest.mark.parametrize("hidden", INVISIBLE, ids=ascii)
def test_nothing_invisible_stays(hidden):
    assert texts.plain(f"{hidden}王{hidden}小明{hidden}") == "王小明"
    assert texts.plain(hidden) == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  林　晓雯 ", "林 晓雯"),
        ("一号楼\n二单元", "一号楼 二单元"),
        ("ＡＢＣ１２", "ABC12"),
        ("O'Neill-Žižek", "O'Neill-Žižek"),
        ("𠮷野家😀", "𠮷野家😀"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
    ],
)
def test_what_can_be_seen_stays(typed, kept):
    assert texts.plain(typed) == kept


@given(st.text(max_size=60))
def test_cleaning_again_changes_nothing_and_can_be_stored(text):
    once = texts.plain(text)
    assert texts.plain(once) == once
    once.encode()
    assert "\x00" not in once


@pytest.mark.parametrize(
    "typed", ["123456", " 123 456 ", "１２３４５６", "123-456", "１２３　４５６", "\u202d123456\u202c", "١٢٣٤٥٦"]
)
def test_codes(typed):
    assert texts.code(typed) == "123456"


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("1，234.50", "1234.50"),
        ("￥88", "88"),
        ("¥ 1,000,000", "1000000"),
        ("88元", "88"),
        ("１２．５", "12.5"),
        ("12。5", "12.5"),
        ("−5", "-5"),
        ("-￥5", "-5"),
        ("1,5", "1,5"),  # a decimal comma, or a slip: refused below
        ("12,34", "12,34"),
        ("", ""),
    ],
)
def test_numbers(typed, amount):
    assert texts.number(typed) == amount


class AmountForm(forms.Form):
    yuan = DecimalField(min_value=0, max_value=10**6, decimal_places=2)
    points = IntegerField(min_value=0, required=False)
    change = IntegerField(required=False)
    name = PlainField(max_length=8)


def test_fields_take_what_is_pasted():
    form = AmountForm({"yuan": "￥1,234.50", "points": "１，０００", "change": "–5", "name": "林\u200b晓雯"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"yuan": Decimal("1234.50"), "points": 1000, "change": -5, "name": "林晓雯"}


@pytest.mark.parametrize("typed", ["1,5", "a", "1.234", "٫", "--5", "9" * 5000, "NaN", "1e999999"])
def test_fields_refuse_what_is_no_amount(typed):
    form = AmountForm({"yuan": typed, "name": "\u3164"})
    assert set(form.errors) == {"yuan", "name"}


def test_browsers_let_people_type_signs():
    page = AmountForm().as_p()
    assert 'type="number"' not in page
    assert [word in page for word in ('inputmode="decimal"', 'inputmode="numeric"', 'inputmode="text"')] == [True] * 3
