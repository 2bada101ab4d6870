"""The address book: one default, own addresses only, encrypted at rest (A5, H6)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import translation

from accounts import queries, services
from accounts.models import Address
from core.errors import InvalidInput
from tests.accounts.conftest import AT

HANGZHOU, CHAOYANG = "330106", "110105"
FORM = {"name": "林晓雯", "phone": "13812340001", "detail": "文三路1号", "label": ""}
pytestmark = pytest.mark.django_db


@pytest.fixture
def member(create):
    return create(phone="+8613800000001")


def save(member, **changes):
    fields = {"name": "林晓雯", "phone": "+8613812340001", "region_code": HANGZHOU, "detail": "文三路1号"} | changes
    return services.save_address(member=member, by="member:1", at=AT, **fields)


def test_the_first_is_the_default_and_a_later_one_takes_over_only_when_asked(member):
    first = save(member)
    second = save(member)
    assert queries.default_address(member) == first

    third = save(member, is_default=True)
    assert queries.default_address(member) == third
    assert list(queries.addresses_of(member)) == [third, second, first]


def test_the_default_stays_one_when_edited(member):
    first = save(member)
    save(member, address=first, detail="文三路2号", is_default=False)

    assert queries.default_address(member).detail == "文三路2号"


def test_make_default_and_delete_hand_the_default_on(member):
    first, second = save(member), save(member)
    services.make_default(member=member, address=second, by="member:1", at=AT)
    assert queries.default_address(member) == second

    services.delete_address(member=member, address=second, by="member:1", at=AT)
    assert queries.default_address(member) == first
    services.delete_address(member=member, address=first, by="member:1", at=AT)
    assert queries.default_address(member) is None


def test_two_defaults_cannot_be_stored(member):
    save(member)
    other = save(member)
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.filter(pk=other.pk).update(is_default=True)


def test_twenty_at_most(member):
    for _number in range(services.MOST_ADDRESSES):
        save(member)
    with pytest.raises(services.TooManyAddresses):
        save(member)
    assert member.addresses.count() == services.MOST_ADDRESSES


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u3164"])
def test_nothing_invisible_is_kept(client, member, hidden):
    with pytest.raises(InvalidInput):
        save(member, name=hidden)
    assert save(member, name=f"林{hidden}晓雯", detail=f"文三路{hidden}１号").name == "林晓雯"

    client.force_login(member)
    form = {**FORM, "province": "330000", "city": "330100", "district": HANGZHOU}
    page = client.post(reverse("accounts:address_add"), {**form, "name": hidden})
    assert page.context["form"].errors["name"]
    client.post(reverse("accounts:address_add"), {**form, "name": f"王{hidden}小明"})
    assert member.addresses.latest("pk").name == "王小明"


def test_an_unknown_region_is_refused(member):
    with pytest.raises(services.AddressNotValid):
        save(member, region_code="330100")


def test_services_refuse_another_members_address(member, create):
    address = save(create(phone="+8613800000002"))
    with pytest.raises(InvalidInput):
        save(member, address=address)
    with pytest.raises(InvalidInput):
        services.make_default(member=member, address=address, by="member:1", at=AT)
    services.delete_address(member=member, address=address, by="member:1", at=AT)
    assert Address.objects.filter(pk=address.pk).exists()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (HANGZHOU, "浙江省杭州市西湖区文三路1号"),
        (CHAOYANG, "北京市朝阳区文三路1号"),
        ("429004", "湖北省仙桃市文三路1号"),
        ("810000", "香港特别行政区文三路1号"),
    ],
)
def test_full_text_names_a_municipality_once(member, code, text):
    assert save(member, region_code=code).full_text == text


def test_who_and_where_are_encrypted_in_the_table(member):
    save(member)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(accounts_address)::text FROM accounts_address")
        row = cursor.fetchone()[0]
    for clear in ("林晓雯", "13812340001", "文三路"):
        assert clear not in row
    assert Address.objects.get().masked_phone == "138 **** 0001"


# Pages


@pytest.fixture
def browser(client, member):
    client.force_login(member)
    return client


def test_added_by_the_form(browser, member):
    chosen = {"province": "330000", "city": "330100", "district": HANGZHOU}
    response = browser.post(reverse("accounts:address_add"), FORM | chosen)

    assert response.url == reverse("accounts:addresses")
    address = member.addresses.get()
    assert (address.phone, address.full_text) == ("+8613812340001", "浙江省杭州市西湖区文三路1号")
    assert "138 **** 0001" in browser.get(response.url).content.decode()


def test_the_picker_goes_step_by_step_without_script_and_keeps_what_was_typed(browser, member):
    url = reverse("accounts:address_add")
    assert 'name="city"' not in browser.get(url).content.decode()

    page = browser.post(url, FORM | {"province": "330000", "choose": "1"}).content.decode()
    assert "杭州市" in page
    assert "林晓雯" in page
    assert 'name="district"' not in page

    page = browser.post(url, FORM | {"province": "330000", "city": "330100", "choose": "1"}).content.decode()
    assert "西湖区" in page
    assert not member.addresses.exists()


def test_a_municipality_has_no_city_list(browser, member):
    url = reverse("accounts:address_add")
    page = browser.post(url, FORM | {"province": "110000", "choose": "1"}).content.decode()
    assert "朝阳区" in page
    assert 'name="city"' not in page

    browser.post(url, FORM | {"province": "110000", "district": CHAOYANG})
    assert member.addresses.get().region_text == "北京市朝阳区"


def test_another_province_empties_city_and_district(browser):
    data = FORM | {"province": "320000", "city": "330100", "district": HANGZHOU, "choose": "1"}
    page = browser.post(reverse("accounts:address_add"), data).content.decode()
    assert "南京市" in page
    assert "杭州市" not in page
    assert "西湖区" not in page


def test_htmx_gets_the_lists_alone(browser):
    data = FORM | {"province": "330000", "choose": "1"}
    page = browser.post(reverse("accounts:address_add"), data, headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="region"')


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phone": "1380000001"}, "only 10"),
        ({"province": ""}, "Choose a province"),
        ({"city": "", "district": ""}, "Choose a city"),
        ({"district": ""}, "Choose a district"),
        ({"province": "320000"}, "not one of the available choices"),
        ({"detail": ""}, "courier"),
        ({"name": ""}, "who receives the parcel"),
    ],
)
def test_refused_input_names_the_field_and_saves_nothing(browser, member, changes, words):
    browser.cookies["django_language"] = "en"
    chosen = {"province": "330000", "city": "330100", "district": HANGZHOU}
    response = browser.post(reverse("accounts:address_add"), FORM | chosen | changes)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not member.addresses.exists()


def test_a_short_phone_in_the_words_of_the_look(browser):
    with translation.override("en"):
        browser.cookies["django_language"] = "en"
        page = browser.post(reverse("accounts:address_add"), FORM | {"phone": "1380000001"}).content.decode()
    assert "A mobile number has 11 digits, this one has only 10." in page


@pytest.mark.parametrize("page", ["address_edit", "address_default", "address_delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_members_address_is_not_found(browser, create, page, method):
    address = save(create(phone="+8613800000002"))
    response = getattr(browser, method)(reverse(f"accounts:{page}", args=[address.pk]))
    assert response.status_code == (405 if (page, method) == ("address_default", "get") else 404)
    assert Address.objects.filter(pk=address.pk).exists()


def test_edit_default_and_delete_by_the_pages(browser, member):
    first, second = save(member), save(member, region_code=CHAOYANG)
    page = browser.get(reverse("accounts:address_edit", args=[second.pk])).content.decode()
    assert "13812340001" in page
    assert f'value="{CHAOYANG}" selected' in page

    browser.post(reverse("accounts:address_default", args=[second.pk]))
    assert queries.default_address(member) == second
    browser.post(reverse("accounts:address_delete", args=[second.pk]))
    assert list(queries.addresses_of(member)) == [first]


@pytest.mark.parametrize(
    ("following", "arrives"),
    [("/checkout/?way=points", "/checkout/?way=points"), ("https://evil.example/", None), ("//evil.example", None)],
)
def test_next_is_followed_within_the_mall_only(browser, following, arrives):
    chosen = {"province": "330000", "city": "330100", "district": HANGZHOU, "next": following}
    response = browser.post(reverse("accounts:address_add"), FORM | chosen)
    assert response.url == (arrives or reverse("accounts:addresses"))


def test_the_full_book_says_so(browser, member):
    for _number in range(services.MOST_ADDRESSES):
        save(member)
    chosen = {"province": "330000", "city": "330100", "district": HANGZHOU}
    response = browser.post(reverse("accounts:address_add"), FORM | chosen)
    assert response.status_code == 200
    assert reverse("accounts:address_add") not in browser.get(reverse("accounts:addresses")).content.decode()


def test_a_stranger_is_sent_to_sign_in(client):
    response = client.get(reverse("accounts:address_add"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))
