"""The built-in tags: numbers, prices, dates and fields, in both languages."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import translation

from core import formats
from core.templatetags import mall

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # noon in the shop


def render(source, **context):
    return Template(source).render(Context(context))


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (1000, "1,000"), (-1000, "−1,000"), (None, "")])
def test_points_have_thousands_and_a_real_minus(number, text):
    assert formats.grouped(number) == text


@pytest.mark.parametrize(("number", "text"), [(150, "+150"), (-1000, "−1,000"), (0, "0"), (12480, "+12,480")])
def test_signed_points(number, text):
    assert formats.signed(number) == text


@pytest.mark.parametrize(
    ("fen", "as_price", "as_sum"),
    [
        (0, "¥0", "¥0.00"),
        (1, "¥0.01", "¥0.01"),
        (99, "¥0.99", "¥0.99"),
        (100, "¥1", "¥1.00"),
        (990, "¥9.90", "¥9.90"),
        (3200, "¥32", "¥32.00"),
        (123450, "¥1,234.50", "¥1,234.50"),
        (-500, "−¥5", "−¥5.00"),
    ],
)
def test_money_drops_fen_in_prices_and_keeps_them_in_sums(fen, as_price, as_sum):
    assert (formats.yuan(fen), formats.yuan_sum(fen)) == (as_price, as_sum)


@pytest.mark.parametrize(
    ("points", "fen", "shown", "spoken"),
    [
        (1000, 0, "1,000积分", "1,000积分"),
        (1000, 3200, "1,000积分 + ¥32", "1,000积分加32元"),
        (0, 5900, "¥59", "59元"),
        (0, 0, "0积分", "0积分"),
    ],
)
def test_price_is_drawn_for_the_eye_and_said_in_one_sentence(points, fen, shown, spoken):
    html = mall.price(points, fen)
    said, drawn = html.split('<span aria-hidden="true"')
    assert f">{spoken}<" in said
    assert text_of('<span aria-hidden="true"' + drawn) == shown
    assert formats.price_text(points, fen) == shown


def text_of(html):
    text, inside = "", False
    for letter in html:
        if letter in "<>":
            inside = letter == "<"
        elif not inside:
            text += letter
    return text


def test_price_breaks_only_before_the_plus():
    assert "</span> <span>" in mall.price(900, 5000)
    assert mall.price(900, 5000).count("> ") == 2  # before and after "+"


def test_old_price_is_a_bare_number_for_points_and_whole_with_cash():
    assert "<s>2,600</s>" in mall.price(1880, old_points=2600)
    assert '<s class="old">1,000积分 + ¥50</s>' in mall.price(900, 5000, old_points=1000, old_fen=5000)
    assert "1,880积分，原价2,600积分" in mall.price(1880, old_points=2600)


def test_price_in_english():
    with translation.override("en"):
        assert formats.price_text(1000, 3200) == "1,000 points + ¥32"
        assert "1,000 points plus 32 yuan" in mall.price(1000, 3200)


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (date(2026, 12, 31), "12月31日", "31 Dec"),
        (date(2027, 1, 1), "2027年1月1日", "1 Jan 2027"),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "2027年1月1日", "1 Jan 2027"),  # midnight in the shop
        (None, "", ""),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_days_name_the_year_only_when_it_is_another(at, chinese, english):
    assert formats.shop_day(at) == chinese
    with translation.override("en"):
        assert formats.shop_day(at) == english


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (datetime(2026, 11, 21, 1, 12, tzinfo=UTC), "今天09:12", "Today 09:12"),
        (datetime(2026, 11, 20, 15, 59, tzinfo=UTC), "昨天23:59", "Yesterday 23:59"),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "今天00:00", "Today 00:00"),
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), "明天00:00", "Tomorrow 00:00"),
        (datetime(2026, 11, 19, 0, 3, tzinfo=UTC), "11月19日08:03", "19 Nov 08:03"),
        (datetime(2025, 3, 1, 0, 3, tzinfo=UTC), "2025年3月1日08:03", "1 Mar 2025 08:03"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_times_say_today_and_yesterday(at, chinese, english):
    assert formats.shop_time(at) == chinese
    with translation.override("en"):
        assert formats.shop_time(at) == english


@time_machine.travel(NOW, tick=False)
def test_days_until_counts_days_of_the_shop():
    assert formats.days_until(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == 40
    assert formats.days_until(date(2026, 11, 21)) == 0


@pytest.mark.parametrize(
    ("at", "day", "days"),
    [
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "12月31日", 40),  # midnight in the shop: the day before
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), "12月31日", 40),
        (datetime(2026, 12, 31, 16, 1, tzinfo=UTC), "2027年1月1日", 41),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_what_ends_at_midnight_still_counts_on_the_day_before(at, day, days):
    assert (formats.last_day(at), formats.days_until(at)) == (day, days)


def test_icons_are_hidden_from_screen_readers_and_unknown_ones_fail():
    assert render('{% icon "truck" 18 %}').startswith('<svg class="icon" width="18" height="18"')
    assert 'aria-hidden="true"' in mall.icon("truck")
    with pytest.raises(Exception, match="no-such-icon"):
        mall.icon("no-such-icon")


def test_avatar_escapes_the_name():
    assert ">晓</span>" in mall.avatar(SimpleNamespace(display_name="晓雯"))
    assert "<b>" not in mall.avatar(SimpleNamespace(display_name="<b>"))


class AddressForm(forms.Form):
    name = forms.CharField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label="Phone", help_text="For the courier", widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    note = forms.CharField(label="Note", required=False)
    home = forms.BooleanField(label="At home", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput)


def test_field_keeps_the_attributes_of_its_widget_and_marks_what_is_optional():
    form = AddressForm()
    assert 'autocomplete="name"' in mall.field(form["name"])
    assert "选填" not in mall.field(form["name"])
    assert "选填" in mall.field(form["note"])
    assert 'inputmode="tel"' in mall.field(form["phone"])
    assert 'aria-describedby="id_phone_helptext"' in mall.field(form["phone"])
    assert 'id="id_phone_helptext"' in mall.field(form["phone"])
    assert mall.field(form["token"]).startswith('<input type="hidden"')


def test_field_ties_its_error_to_the_control_and_keeps_what_was_typed():
    form = AddressForm({"name": "<林>", "phone": ""})
    html = mall.field(form["phone"])
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in html
    assert 'id="id_phone_error"' in html
    assert html.count("aria-describedby") == 1
    assert 'value="&lt;林&gt;"' in mall.field(form["name"])


def test_choices_are_a_fieldset_and_a_checkbox_has_its_label_around_it():
    form = AddressForm()
    assert mall.field(form["kind"]).startswith('<fieldset class="field field__choices"')
    assert '<label class="check"><input type="checkbox"' in mall.field(form["home"])


def test_summary_counts_and_links_the_fields():
    form = AddressForm({"token": "x", "kind": "a"})
    html = mall.form_errors(form)
    assert "还有2处要改" in html
    assert '<a href="#id_name">Name</a>' in html
    assert '<a href="#id_phone">Phone</a>' in html
    assert mall.form_errors(AddressForm()) == ""


def test_summary_shows_errors_of_the_whole_form():
    form = AddressForm({"name": "a", "phone": "b", "kind": "a", "token": "x"})
    form.is_valid()
    form.add_error(None, "Two of <them> do not agree")
    html = mall.form_errors(form)
    assert "Two of &lt;them&gt; do not agree" in html
