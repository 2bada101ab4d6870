"""Staff keep the catalogue; a member gets nowhere; stock moves only by its own act."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from catalog.forms import ProductForm, SKUForm
from catalog.models import Category, Product, StockMovement
from catalog.queries import stock_breaks
from catalog.services import products
from core import clock
from core.models import AuditEvent

pytestmark = pytest.mark.django_db
PAGES = ["product_changelist", "product_add", "category_changelist", "category_add", "stockmovement_changelist"]


@pytest.fixture
def staff(client):
    client.cookies["django_language"] = "en"
    user = User.objects.create_superuser("boss", "x", date_joined=clock.now())
    client.force_login(user)
    return user


def change_url(product, act="change"):
    return reverse(f"admin:catalog_product_{act}", args=[product.pk])


def form_of(client, url):
    """The values that the forms of a staff page would send as they stand."""
    response = client.get(url)
    assert response.status_code == 200
    data = {}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.field.prepare_value(bound.value())
            if value is not None and not hasattr(value, "url"):
                data[bound.html_name] = value
    return data


def test_pages_open_for_staff(client, staff, make_product, picture):
    product = make_product(images=[picture()])
    for name in PAGES:
        assert client.get(reverse(f"admin:catalog_{name}")).status_code == 200
    for url in (change_url(product), change_url(product, "restock")):
        assert client.get(url).status_code == 200
    page = client.get(reverse("admin:catalog_product_changelist")).content.decode()
    assert ".row.webp" in page


def test_pages_refuse_members(client, make_product):
    product = make_product()
    client.force_login(User.objects.create_user(username="lin", password="x", date_joined=clock.now()))
    urls = [reverse(f"admin:catalog_{name}") for name in PAGES]
    for url in [*urls, *(change_url(product, act) for act in ("change", "restock"))]:
        response = client.get(url)
        assert response.status_code == 302
        assert "login" in response["Location"]
    product.refresh_from_db()
    assert product.is_listed


def test_viewers_cannot_change(client, make_product):
    product = make_product()
    user = User.objects.create_user(username="viewer", password="x", is_staff=True, date_joined=clock.now())
    user.user_permissions.add(Permission.objects.get(codename="view_product"))
    client.force_login(user)
    assert client.get(change_url(product)).status_code == 200
    assert client.post(change_url(product, "restock")).status_code == 403
    assert client.post(change_url(product), {"name": "x", "catalog_product_unlist_now": "1"}).status_code == 403
    product.refresh_from_db()
    assert product.is_listed


def test_a_product_is_created_whole(client, staff, make_category, picture):
    category = make_category()
    data = form_of(client, reverse("admin:catalog_product_add")) | {
        "category": category.pk,
        "name": "保温杯",
        "options": "颜色：奶白、松绿\n容量: 350 mL",
        "parameters": "材质：316 不锈钢：内胆",
        "market_price_fen": "59.90",
        "position": 0,
        "skus-0-code": "CUP-1",
        "skus-0-options": "松绿 · 350 mL",
        "skus-0-points_price": 3980,
        "skus-0-mixed_points": 1000,
        "skus-0-mixed_fen": "32.50",
        "skus-0-opening_stock": 7,
        "skus-0-low_stock_at": 2,
        "skus-0-position": 0,
        "images-TOTAL_FORMS": 1,
        "images-0-image": picture(name="cup.webp"),
        "images-0-alt": "松绿色保温杯",
        "images-0-position": 0,
    }
    response = client.post(reverse("admin:catalog_product_add"), data)
    assert response.status_code == 302, response.context["errors"]
    product = Product.objects.get()
    sku = product.skus.get()
    assert product.options == [{"name": "颜色", "values": ["奶白", "松绿"]}, {"name": "容量", "values": ["350 mL"]}]
    assert product.parameters == [["材质", "316 不锈钢：内胆"]]
    assert (product.market_price_fen, product.lowest_mixed_fen, product.is_listed) == (5990, 3250, False)
    assert (sku.options, sku.stock) == ({"颜色": "松绿", "容量": "350 mL"}, 7)
    assert sku.movements.get().by == f"staff:{staff.pk}"
    assert product.images.get().alt == "松绿色保温杯"
    assert stock_breaks() == []


def test_a_product_is_changed_and_its_stock_is_not(client, staff, make_product, picture):
    product = make_product(skus=[{"code": "A", "points_price": 5, "stock": 4}], images=[picture(), picture()])
    data = form_of(client, change_url(product))
    assert not any("stock" in name and "low_stock" not in name for name in data)
    kept = product.images.last()
    data |= {
        "name": "新名字",
        "skus-0-points_price": 9,
        "skus-0-stock": 99,
        "skus-0-opening_stock": 50,
        "images-0-DELETE": "on",
    }
    response = client.post(change_url(product), data)
    assert response.status_code == 302, response.context["errors"]
    product.refresh_from_db()
    assert (product.name, product.lowest_points, product.skus.get().stock) == ("新名字", 9, 4)
    assert list(product.images.values_list("pk", "position")) == [(kept.pk, 0)]


def test_options_are_written_as_the_language_does_and_read_in_any():
    options = [{"name": "颜色", "values": ["奶白", "松绿"]}]
    field = ProductForm.base_fields["options"]
    with translation.override("en"):
        assert field.prepare_value(options) == "颜色: 奶白, 松绿"
    wide = ("颜色：奶白\u3000松绿", "颜色：奶白，松绿，")
    for line in ("颜色: 奶白, 松绿", "颜色：奶白、松绿", "颜色:奶白|松绿", *wide, ""):
        assert field.clean(line) == (options if line else [])


@pytest.mark.parametrize(
    "typed",
    ["米白 · 350 mL", "颜色：米白，容量：350 mL", "颜色:米白 容量:350mL", "颜色 ： 米白；容量：３５０\u3000ｍＬ"],
)
def test_a_choice_is_read_with_the_names_of_its_options_and_in_full_width(typed):
    options = [{"name": "颜色", "values": ["米白", "松绿"]}, {"name": "容量", "values": ["350 mL"]}]
    form = SKUForm({"options": typed}, product=Product(options=options))
    form.is_valid()
    assert form.cleaned_data.get("options") == {"颜色": "米白", "容量": "350 mL"}, form.errors["options"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": "颜色"}, "One option a line"),
        ({"options": "颜色：红、红"}, "One option a line"),
        ({"parameters": "材质"}, "One parameter a line"),
        ({"options": "颜色：红", "skus-0-options": "蓝"}, "Give one value of each option"),
        ({"options": "颜色：红"}, "Give one value of each option"),
        ({"skus-0-options": "红"}, "Give one value of each option"),
        ({"skus-0-points_price": ""}, "Give at least one price"),
        ({"skus-0-points_price": "0"}, "greater than or equal to 1"),
        ({"skus-0-mixed_points": "5"}, "need both"),
        ({"skus-0-mixed_fen": "5"}, "need both"),
        ({"skus-0-mixed_points": "5", "skus-0-mixed_fen": "0"}, "greater than or equal to 0.01"),
        ({"market_price_fen": "1.234"}, "2 decimal places"),
        ({"name": ""}, "required"),
    ],
)
def test_errors_stand_at_the_field(client, staff, make_product, change, message):
    product = make_product(name="旧", skus=[{"code": "A", "points_price": 5, "stock": 4}])
    response = client.post(change_url(product), form_of(client, change_url(product)) | {"name": "新"} | change)
    assert response.status_code == 200
    assert message in response.content.decode()
    product.refresh_from_db()
    assert (product.name, product.lowest_points) == ("旧", 5)


def test_a_bad_upload_is_refused_at_the_field(client, staff, make_product):
    from django.core.files.uploadedfile import SimpleUploadedFile

    product = make_product()
    upload = SimpleUploadedFile("picture.png", b"<?php evil();", content_type="image/png")
    data = form_of(client, change_url(product)) | {"images-TOTAL_FORMS": 1, "images-0-image": upload}
    response = client.post(change_url(product), data | {"images-0-position": 0})
    assert response.status_code == 200
    assert "not a picture that can be read" in response.content.decode()
    assert not product.images.exists()


def test_a_form_that_comes_back_says_that_the_picture_is_to_be_chosen_again(client, staff, make_product, picture):
    product = make_product()
    data = form_of(client, change_url(product)) | {"images-TOTAL_FORMS": 1, "images-0-position": 0}
    assert "again" not in client.get(change_url(product)).content.decode()
    response = client.post(change_url(product), data | {"name": "", "images-0-image": picture(name="cup.webp")})
    assert "Please choose “cup.webp” again" in response.content.decode()


def test_what_the_service_refuses_keeps_what_was_typed(client, staff, make_product, picture, monkeypatch):
    monkeypatch.setattr(products, "MOST_PICTURES", 0)
    product = make_product(name="旧", skus=[{"code": "A", "points_price": 5, "stock": 4}])
    data = form_of(client, change_url(product)) | {
        "name": "新名字",
        "skus-0-points_price": 77,
        "images-TOTAL_FORMS": 1,
        "images-0-image": picture(name="cup.webp"),
        "images-0-alt": "正面",
        "images-0-position": 0,
    }
    response = client.post(change_url(product), data)
    assert response.status_code == 200
    assert "pictures" in " ".join(response.context["adminform"].form.non_field_errors())
    page = response.content.decode()
    assert all(f'value="{typed}"' in page for typed in ("新名字", "77", "正面"))
    product.refresh_from_db()
    assert (product.name, product.lowest_points, product.images.exists()) == ("旧", 5, False)


def test_restock(client, staff, make_product):
    product = make_product(skus=[{"code": "A", "points_price": 5, "stock": 4}])
    sku, url = product.skus.get(), change_url(product, "restock")
    data = {"sku": sku.pk, "delta": 20, "reason": "delivery", "note": "PO 7", "key": uuid.uuid4()}
    for _twice in range(2):
        assert client.post(url, data).status_code == 302
    sku.refresh_from_db()
    movement = sku.movements.first()
    assert (sku.stock, movement.note, movement.by) == (24, "PO 7", f"staff:{staff.pk}")
    for wrong, message in (
        ({"delta": -25}, "Only 24 are in stock"),
        ({"delta": 0}, "A change of 0"),
        ({"reason": "redeemed"}, "Select a valid choice"),
        ({"sku": make_product().skus.get().pk}, "Select a valid choice"),
        ({"key": "x"}, ""),
    ):
        response = client.post(url, {**data, "key": uuid.uuid4(), **wrong})
        assert response.status_code == 200
        assert message in response.content.decode()
    sku.refresh_from_db()
    assert sku.stock == 24


def test_list_and_unlist(client, staff, make_product, make_category):
    product, empty = make_product(), Product.objects.create(category=make_category(), name="empty")
    url = reverse("admin:catalog_product_changelist")
    chosen = {"_selected_action": [product.pk, empty.pk]}
    client.post(url, {"action": "unlist_selected", **chosen})
    product.refresh_from_db()
    assert not product.is_listed
    response = client.post(url, {"action": "list_selected", **chosen}, follow=True)
    product.refresh_from_db()
    assert product.is_listed
    assert "has no SKU with a price yet" in response.content.decode()
    for act, listed in (("catalog_product_unlist_now", False), ("catalog_product_list_now", True)):
        page = client.get(change_url(product)).content.decode()
        assert f'name="{act}"' in page
        assert client.post(change_url(product), form_of(client, change_url(product)) | {act: "1"}).status_code == 302
        product.refresh_from_db()
        assert product.is_listed is listed


def test_a_new_product_is_saved_and_listed_with_one_button(client, staff, make_category):
    url, act = reverse("admin:catalog_product_add"), "catalog_product_list_now"
    page = client.get(url).content.decode()
    assert f'name="{act}"' in page
    assert "unlist_now" not in page
    data = form_of(client, url) | {"category": make_category().pk, "name": "保温杯", "position": 0, act: "1"}
    data |= {"skus-0-code": "CUP-1", "skus-0-low_stock_at": 0, "skus-0-position": 0}
    assert client.post(url, data).status_code == 200  # without a price nothing is saved
    assert not Product.objects.exists()
    response = client.post(url, data | {"skus-0-points_price": 3980})
    assert response.status_code == 302, response.context["errors"]
    assert Product.objects.get().is_listed


@pytest.mark.parametrize(
    ("query", "found"),
    [("?q=CUP", 1), ("?q=sku-low", 1), ("?stock=low", 2), ("?stock=out", 1), ("?is_listed__exact=0", 0), ("?q=%25", 0)],
)
def test_the_list_is_searched_and_filtered(client, staff, make_product, query, found):
    make_product(name="cup", skus=[{"code": "SKU-LOW", "points_price": 5, "stock": 5}])
    make_product(name="lamp", skus=[{"code": "SKU-OUT", "points_price": 5, "stock": 0}])
    make_product(name="mat", skus=[{"code": "SKU-MANY", "points_price": 5, "stock": 50}])
    response = client.get(reverse("admin:catalog_product_changelist") + query)
    assert response.context["cl"].result_count == found


def test_categories_are_kept_by_the_service(client, staff, make_category):
    top = make_category()
    data = {"code": "berries", "name": "浆果", "parent": top.pk, "position": 1}
    assert client.post(reverse("admin:catalog_category_add"), data).status_code == 302
    child = Category.objects.get(code="berries")
    response = client.post(reverse("admin:catalog_category_add"), {**data, "code": "Bad Code"})
    assert "Only a–z" in response.content.decode()
    assert child.parent == top


def test_categories_are_deleted_by_the_service(client, staff, make_category, make_product):
    one, two, three, used = (make_category() for _n in range(4))
    make_product(category=used)
    assert client.post(reverse("admin:catalog_category_delete", args=[one.pk]), {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "post": "yes"}
    url = reverse("admin:catalog_category_changelist")
    client.post(url, chosen | {"_selected_action": [two.pk, three.pk]})
    client.post(url, chosen | {"_selected_action": [used.pk]})
    assert list(Category.objects.all()) == [used]
    events = AuditEvent.objects.filter(event="category.deleted", by=f"staff:{staff.pk}")
    assert {event.data["code"] for event in events} == {one.code, two.code, three.code}


def test_movements_are_looked_at_only(client, staff, make_product):
    make_product()
    movement = StockMovement.objects.get()
    url = reverse("admin:catalog_stockmovement_change", args=[movement.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"delta": 5}).status_code == 403
    assert client.post(reverse("admin:catalog_stockmovement_delete", args=[movement.pk])).status_code == 403
