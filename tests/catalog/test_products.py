"""Products are written whole by their service; the database keeps what Python promises (E1, E2)."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from catalog.models import SKU, Category, Product, ProductImage
from catalog.queries import stock_breaks
from catalog.services import products
from core import actors, clock
from core.errors import InvalidInput
from core.models import AuditEvent

STAFF = actors.staff(1)

pytestmark = pytest.mark.django_db
COLOURS = [{"name": "颜色", "values": ["奶白", "松绿"]}, {"name": "容量", "values": ["350 mL", "500 mL"]}]


def both(code, colour="奶白", size="350 mL", **fields):
    return {"code": code, "options": {"颜色": colour, "容量": size}, "points_price": 900, **fields}


def test_a_product_whole(make_product, django_capture_on_commit_callbacks, picture):
    at = clock.now()
    product = make_product(
        name="保温杯",
        options=COLOURS,
        parameters=[["材质", "316 不锈钢"]],
        skus=[
            both("CUP-1", stock=7, mixed_points=300, mixed_fen=2000),
            both("CUP-2", "松绿", points_price=None, mixed_points=200, mixed_fen=9000),
        ],
        images=[(picture(), "正面"), picture(image_format="JPEG")],
        at=at,
    )
    product.refresh_from_db()
    assert (product.is_listed, product.listed_at) == (True, at)
    assert (product.lowest_points, product.lowest_mixed_points, product.lowest_mixed_fen) == (900, 200, 9000)
    assert [(sku.code, sku.stock, sku.position) for sku in product.skus.all()] == [("CUP-1", 7, 0), ("CUP-2", 0, 1)]
    assert [(image.alt, image.position) for image in product.images.all()] == [("正面", 0), ("", 1)]
    assert product.skus.first().movements.get().reason == "opening"
    assert stock_breaks() == []
    events = AuditEvent.objects.filter(subject=f"product:{product.pk}").values_list("event", flat=True)
    assert list(events) == ["product.created", "product.listed"]


@pytest.mark.parametrize(
    "options",
    [
        {"颜色": ["a"]},
        [{"name": "颜色"}],
        [{"name": "", "values": ["a"]}],
        [{"name": "颜色", "values": []}],
        [{"name": "颜色", "values": ["a", "a"]}],
        [{"name": "颜色", "values": ["a", " "]}],
        [{"name": "颜色", "values": "ab"}],
        [{"name": "颜色", "values": [1]}],
        [{"name": "颜色", "values": ["a"]}, {"name": "颜色", "values": ["b"]}],
        [{"name": str(n), "values": ["a"]} for n in range(4)],
        "颜色",
    ],
)
def test_options_that_are_none(make_product, options):
    with pytest.raises(InvalidInput):
        make_product(options=options, skus=[{"code": "A", "points_price": 1}])
    assert not Product.objects.exists()


@pytest.mark.parametrize("parameters", ["材质", [["材质"]], [["", "钢"]], [["材质", 3]], [["a", "b"]] * 41])
def test_parameters_that_are_none(make_product, parameters):
    with pytest.raises(InvalidInput):
        make_product(parameters=parameters)


@pytest.mark.parametrize(
    "chosen", [{}, {"颜色": "奶白"}, {"颜色": "红", "容量": "350 mL"}, {"色": "奶白", "容量": "350 mL"}]
)
def test_a_sku_is_one_of_the_combinations(make_product, chosen):
    with pytest.raises(products.WrongCombination):
        make_product(options=COLOURS, skus=[{"code": "A", "points_price": 1, "options": chosen}])
    assert not Product.objects.exists()


def test_options_cannot_leave_their_skus_behind(make_product):
    product = make_product(options=COLOURS, skus=[both("A")])
    product.options = COLOURS[:1]
    with pytest.raises(products.WrongCombination):
        products.save_product(product=product, by=STAFF, at=clock.now())
    product.refresh_from_db()
    assert product.options == COLOURS


@pytest.mark.parametrize(
    "prices",
    [
        {},
        {"points_price": 0},
        {"points_price": -1},
        {"mixed_points": 10},
        {"mixed_fen": 10},
        {"mixed_points": 0, "mixed_fen": 10},
        {"mixed_points": 10, "mixed_fen": 0},
        {"points_price": 10, "mixed_fen": 5},
    ],
)
def test_prices_that_are_none(make_product, prices):
    with pytest.raises(InvalidInput):
        make_product(skus=[{"code": "A", **prices}])
    sku = make_product().skus.get()
    empty = {"points_price": None, "mixed_points": None, "mixed_fen": None}
    with pytest.raises(IntegrityError), transaction.atomic():
        SKU.objects.filter(pk=sku.pk).update(**{**empty, **prices})


def test_two_skus_of_one_choice_or_one_code(make_product):
    with pytest.raises(InvalidInput):
        make_product(options=COLOURS, skus=[both("A"), both("B")])
    make_product(skus=[{"code": "C", "points_price": 1}])
    with pytest.raises(InvalidInput):
        make_product(skus=[{"code": "C", "points_price": 1}])
    assert Product.objects.count() == 1


def test_listing_needs_a_price(make_product):
    product = products.create_product(category=make_product().category, name="空", skus=[], by=STAFF, at=clock.now())
    with pytest.raises(products.NothingToRedeem):
        products.list_product(product=product, by=STAFF, at=clock.now())
    with pytest.raises(IntegrityError, match="product_listed_has_a_price"), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(is_listed=True, listed_at=clock.now())


def test_listing_twice_keeps_the_first_date(make_product):
    first = clock.now()
    product = make_product(at=first)
    assert products.list_product(product=product, by=STAFF, at=clock.now()) is False
    assert product.listed_at == first
    assert products.unlist_product(product=product, by=STAFF, at=clock.now()) is True
    assert products.unlist_product(product=product, by=STAFF, at=clock.now()) is False


def test_saving_a_stale_product_sets_nothing_back(make_product):
    product = make_product(skus=[{"code": "A", "points_price": 5, "stock": 4}])
    stale, stale_sku = Product.objects.get(pk=product.pk), product.skus.get()
    products.count_redeemed(lines=[(stale_sku.pk, 3)])
    products.unlist_product(product=product, by=STAFF, at=clock.now())
    from catalog.services import stock

    stock.give_back(lines=[(stale_sku.pk, 6)], key="k", source="", by=STAFF, at=clock.now())
    stale.name, stale_sku.points_price = "新名字", 7
    products.save_product(product=stale, skus=[stale_sku], by=STAFF, at=clock.now())
    product.refresh_from_db()
    assert (product.name, product.redeemed_count, product.is_listed, product.lowest_points) == ("新名字", 3, False, 7)
    assert product.skus.get().stock == 10


@pytest.mark.parametrize("counts", [(3, -1, -2, 5), (-2, 5, -1, 3), (-1, -2, 3, 5)])
def test_counting_is_the_same_in_any_order(make_product, counts):
    product = make_product()
    sku = product.skus.get()
    for count in counts:
        products.count_redeemed(lines=[(sku.pk, count)])
        product.refresh_from_db()
        assert product.redeemed >= 0
    assert product.redeemed == 5


def test_pictures_can_change_places(make_product, picture):
    product = make_product(images=[(picture(), "a"), (picture(), "b"), (picture(), "c")])
    first, second, third = product.images.all()
    first.position, second.position = 1, 0
    products.save_product(product=product, images=[first, second], removed_images=[third], by=STAFF, at=clock.now())
    assert list(product.images.values_list("alt", "position")) == [("b", 0), ("a", 1)]


def test_a_product_has_at_most_12_pictures(make_product, picture):
    with pytest.raises(products.TooManyPictures, match="12"):
        make_product(images=[picture((160, 160)) for _n in range(13)])
    assert not ProductImage.objects.exists()


def test_categories_have_two_levels(make_category):
    top = make_category()
    child = make_category(parent=top)
    with pytest.raises(InvalidInput):
        make_category(parent=child)
    top.parent = make_category()
    with pytest.raises(InvalidInput):
        products.save_category(category=top, by=STAFF, at=clock.now())
    top.parent = top
    with pytest.raises(InvalidInput):
        products.save_category(category=top, by=STAFF, at=clock.now())


def test_only_an_empty_category_is_deleted(make_category, make_product):
    top = make_category()
    child = make_category(parent=top)
    make_product(category=child)
    for used in (top, child):
        with pytest.raises(products.CategoryInUse):
            products.delete_category(category=used, by=STAFF, at=clock.now())
    assert Category.objects.count() == 2


@pytest.mark.parametrize("code", ["", "Big", "a b", "鲜果", "a/b"])
def test_category_codes_stand_in_addresses(make_category, code):
    with pytest.raises(InvalidInput):
        make_category(code=code)


def test_names_are_unique_within_a_parent(make_category):
    make_category(name="鲜果")
    with pytest.raises(InvalidInput):
        make_category(name="鲜果")


def test_what_was_sold_stays(make_product):
    product = make_product()
    for thing in (product.skus.get(), product, product.category):
        with pytest.raises((ProtectedError, IntegrityError)), transaction.atomic():
            thing.delete()
    assert Category.objects.exists()


def test_titles_follow_the_language(make_product, settings):
    from django.utils import translation

    product = make_product(name="保温杯", name_en="Flask")
    other = make_product(name="茶杯")
    with translation.override("en"):
        assert (product.title, other.title) == ("Flask", "茶杯")
    with translation.override("zh-hans"):
        assert product.title == "保温杯"
