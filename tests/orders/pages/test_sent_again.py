"""What happens between the checkout page and its form: back, twice, sold out, signed out (F2, F3)."""

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.utils import translation

from catalog.models import SKU
from orders.models import Order
from tests.orders.pages.conftest import form_of, hidden


def test_back_and_another_address_is_no_silent_first_order(signed_in, cup, member, at):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    sent = form_of(signed_in.get(url))
    first = Order.objects.get(number=signed_in.post(url, sent).url.split("/")[2])
    refused = signed_in.post(url, sent | {"note": "放门口"})
    assert refused.status_code == 409
    assert first.get_absolute_url() in refused.content.decode()
    assert refused.context["note"] == "放门口"
    assert Order.objects.count() == 1
    onwards = form_of(refused, note="放门口", known=hidden(refused.content.decode(), "known"))
    assert onwards["form_key"] != sent["form_key"]
    assert signed_in.post(url, onwards).status_code == 302
    assert Order.objects.count() == 2


def test_back_to_a_cart_that_was_ordered_leads_to_the_order(signed_in, cup, fill):
    fill((cup, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    first = signed_in.post("/checkout/", sent)
    assert signed_in.post("/checkout/", sent).url == first.url
    refused = signed_in.post("/checkout/", sent | {"note": "放门口"}, follow=True)
    assert refused.redirect_chain[-1][0] == first.url
    assert Order.objects.get().number in next(str(each) for each in refused.context["messages"])


def test_tapping_redeem_again_asks_first(signed_in, cup, fill):
    """Back gives a new form with a new key."""
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    first = signed_in.post(url, form_of(signed_in.get(url))).url
    fill((cup, "points", 2))
    for again in (url, "/checkout/"):
        asked = signed_in.post(again, form_of(signed_in.get(again)))
        assert asked.status_code == 409
        assert first in asked.content.decode()
        assert Order.objects.count() == 1
    known = hidden(asked.content.decode(), "known")
    assert signed_in.post("/checkout/", form_of(asked, known=known)).status_code == 302
    assert Order.objects.count() == 2


# What happens between the page and its form


def last_of(cup, *, stock):
    SKU.objects.filter(pk=cup.pk).update(stock=stock)
    return f"/checkout/?sku={cup.pk}&way=points&quantity=2"


def test_the_last_piece_twice_by_one_form_leads_to_its_order(signed_in, cup):
    url = last_of(cup, stock=2)
    sent = form_of(signed_in.get(url))
    first = signed_in.post(url, sent)
    assert signed_in.post(url, sent).url == first.url
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("stock", "left"), [(0, 2), (1, 1)])
def test_sold_out_on_submit_keeps_what_was_typed(signed_in, cup, stock, left):
    url = last_of(cup, stock=2)
    sent = form_of(signed_in.get(url), note="放门口")
    last_of(cup, stock=stock)
    gone = signed_in.post(url, sent)
    html = gone.content.decode()
    assert gone.status_code == 409
    assert gone.context["line"].problem in html
    assert hidden(html, "note") == "放门口"
    assert f"quantity={left}" in gone.context["again"]
    last_of(cup, stock=1)
    cache.clear()  # the shelf's refusal is remembered for some seconds
    again = signed_in.post(
        gone.context["again"].replace("quantity=2", "quantity=1"),
        {"form_key": hidden(html, "form_key"), "note": hidden(html, "note"), "quote": "-", "update": "1"},
    )
    assert again.context["note"] == "放门口"
    assert not Order.objects.exists()


def test_a_look_at_what_is_sold_out_has_kept_nothing(signed_in, cup):
    gone = signed_in.get(last_of(cup, stock=0))
    html = gone.content.decode()
    assert gone.status_code == 409
    assert "没有扣除任何积分或现金。" in html
    assert "填写的内容还在" not in html


def test_a_way_that_was_never_offered_is_no_choice(signed_in, cup):
    """Whoever sent a form for it is told that it is not offered any more, and keeps what was typed."""
    sent = form_of(signed_in.get(f"/checkout/?sku={cup.pk}&way=points&quantity=1"), note="放门口")
    url = f"/checkout/?sku={cup.pk}&way=cash&quantity=1"
    looked = signed_in.get(url)
    assert looked.url == "/cart/"
    assert "没有这个选项" in str(next(iter(get_messages(looked.wsgi_request))))
    kept = signed_in.post(url, sent)
    assert kept.status_code == 409
    assert "填写的内容还在" in kept.content.decode()


def test_a_change_of_wishes_sent_at_once_says_so(signed_in, make_sku, make_member, member):
    lamp = make_sku("LAMP", cash_fen=5000)
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    page = signed_in.get(url)
    sent = form_of(page, shown=hidden(page.content.decode(), "shown"))
    with translation.override("en"):
        changed = signed_in.post(url, sent | {"deduct": "1000"}, headers={"accept-language": "en"})
    assert changed.status_code == 409
    assert "chosen" in str(changed.context["error"]) or "所选" in str(changed.context["error"])
    assert changed.context["changes"]
    assert not Order.objects.exists()


def test_a_form_that_came_without_a_session_waits_for_its_member(client, member, make_member, cup):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    client.force_login(member)
    page = client.get(url)
    sent = form_of(page, note="放门口", shown=hidden(page.content.decode(), "shown"))
    client.logout()
    asked = client.post(url, sent)
    assert asked.url.startswith("/accounts/login/?next=/checkout/")
    assert not Order.objects.exists()
    client.force_login(member)
    back = client.get(url)
    assert back.context["note"] == "放门口"
    assert str(back.context["form_key"]) == sent["form_key"]
    assert len(list(back.context["messages"])) == 1
    assert client.get(url).context["note"] == ""
    assert client.post(url, form_of(back, note="放门口")).status_code == 302


def test_a_kept_form_is_no_other_members(client, member, make_member, cup):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    client.force_login(member)
    page = client.get(url)
    sent = form_of(page, note="放门口", shown=hidden(page.content.decode(), "shown"))
    client.logout()
    client.post(url, sent)
    client.force_login(make_member())
    assert client.get(url).context["note"] == ""
    assert client.post(url, {"note": "x", "shown": "forged"}).status_code == 409
