from io import BytesIO
from itertools import count

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from catalog.models import Category
from catalog.services import products
from core import actors, clock

STAFF = actors.staff(1)


def draw(size=(800, 800), image_format="WEBP", mode="RGB", name="picture", **options):
    """An upload: a plain picture in the format asked for."""
    content = BytesIO()
    Image.new(mode, size, "#607060").save(content, image_format, **options)
    return ContentFile(content.getvalue(), name=name)


@pytest.fixture
def picture():
    """``picture(size, image_format, mode, name)`` makes an upload."""
    return draw


@pytest.fixture
def make_category(db):
    numbers = count(1)

    def make(**fields):
        number = next(numbers)
        fields = {"code": f"category-{number}", "name": f"分类{number}", **fields}
        return products.create_category(**fields, by=STAFF, at=clock.now())

    return make


@pytest.fixture
def make_product(make_category):
    """Create a listed product by the service; one SKU for 1,000 points with stock 10 unless told otherwise."""
    numbers = count(1)

    def make(**fields):
        number = next(numbers)
        at = fields.pop("at", None) or clock.now()
        category = fields.pop("category", None) or Category.objects.first() or make_category()
        skus = fields.pop("skus", None) or [{"code": f"SKU-{number}", "points_price": 1000, "stock": 10}]
        fields = {"name": f"商品{number}", "listed": True, **fields}
        return products.create_product(category=category, skus=skus, by=STAFF, at=at, **fields)

    return make
