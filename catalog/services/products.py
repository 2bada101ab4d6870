"""Categories and products: the only writer of goods and their prices (E1, E2).

Prices that lists filter by are repeated on the product (``lowest_*``) and refreshed here after every change of a SKU.
"""

import uuid
from collections import Counter
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F, ProtectedError
from django.utils.translation import gettext_lazy as _

from catalog import rules
from catalog.models import SKU, Category, Product, ProductImage, StockMovement
from catalog.services import pictures, stock
from core import audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput

PRODUCT_FIELDS = (
    "category",
    "name",
    "name_en",
    "brand",
    "spec",
    "model_no",
    "description",
    "market_price_fen",
    "parameters",
    "options",
    "reserved_tier",
    "position",
)
SKU_FIELDS = (
    "code",
    "options",
    "points_price",
    "mixed_points",
    "mixed_fen",
    "cash_fen",
    "cost_fen",
    "weight_g",
    "low_stock_at",
    "position",
)
MOST_PICTURES = 12


class NothingToRedeem(DomainError):
    """A product needs a SKU before it can be listed."""

    code = "nothing_to_redeem"
    message = _("“%(name)s” has no SKU with a price yet, so it cannot be listed.")


class CategoryInUse(DomainError):
    """Products or categories belong to it."""

    code = "category_in_use"
    message = _("“%(name)s” still has products or categories below it, so it stays.")


class WrongCombination(DomainError):
    """A SKU's options are not one of the combinations that the product offers."""

    code = "wrong_combination"
    message = _("SKU %(sku)s does not match the options of the product.")


class TooManyPictures(DomainError):
    code = "too_many_pictures"
    message = _("A product has at most %(most)s pictures.")


def create_category(*, code, name, by, at, name_en="", parent=None, icon="", position=0):
    """Create a category. Returns the ``Category``."""
    category = Category(code=code, name=name, name_en=name_en, parent=parent, icon=icon, position=position)
    return save_category(category=category, by=by, at=at)


def save_category(*, category, by, at):
    """Write a new or changed category. Raises ``InvalidInput``."""
    event = "category.changed" if category.pk else "category.created"
    _validate(category)
    with transaction.atomic():
        category.save()
        audit.record(event, by=by, subject=f"category:{category.pk}", at=at, code=category.code)
    return category


def delete_category(*, category, by, at):
    """Delete an empty category. Raises ``CategoryInUse`` if products or categories belong to it."""
    pk = category.pk
    try:
        with transaction.atomic():
            category.delete()
            audit.record("category.deleted", by=by, subject=f"category:{pk}", at=at, code=category.code)
    except ProtectedError as error:
        raise CategoryInUse(name=category.title) from error


def create_product(*, category, name, skus, by, at, images=(), listed=False, **fields):
    """Create a product with its SKUs, their opening stock and its pictures, and list it if ``listed``.

    ``skus``: dicts with ``SKU_FIELDS`` (``code``, ``options``, ``points_price``, ...) and ``stock``. ``images``: paths
    or open files, or pairs of one and its ``alt``. ``fields``: further ``PRODUCT_FIELDS``. Raises ``InvalidInput``,
    ``WrongCombination``, ``BadPicture``.
    """
    product = Product(category=category, name=name, **fields)
    rows = [SKU(**{"position": n} | {k: v for k, v in row.items() if k != "stock"}) for n, row in enumerate(skus)]
    kept = []
    for position, entry in enumerate(images):
        source, alt = entry if isinstance(entry, tuple) else (entry, "")
        kept.append(ProductImage(image=_read(source), alt=alt, position=position))
    opening = {row.code: given.get("stock", 0) for row, given in zip(rows, skus, strict=True)}
    with transaction.atomic():
        save_product(product=product, skus=rows, images=kept, opening_stock=opening, by=by, at=at)
        if listed:
            list_product(product=product, by=by, at=at)
    return product


def save_product(*, product, by, at, skus=(), images=(), removed_images=(), opening_stock=None):
    """Save a product together with its new and changed SKUs and pictures.

    The instances carry the new values; new ones have no primary key yet. Only fields that staff edit are written, so
    that concurrent changes of stock, counters and listing are never overwritten. ``opening_stock``: pieces by SKU code,
    for new SKUs. New pictures must have come through ``pictures.prepare``. Returns the product. Raises ``Busy``.
    """
    opening_stock = opening_stock or {}
    is_new = product.pk is None
    _clean_product(product)
    with locking_transaction():
        _save(product, PRODUCT_FIELDS)
        for sku in sorted(skus, key=_lock_order):
            sku.product = product
            _save_sku(sku, opening_stock.get(sku.code, 0), by=by, at=at)
        for image in removed_images:
            _forget_files(image)
            image.delete()
        for image in images:
            _save_image(image, product)
        _refresh(product)
        event = "product.created" if is_new else "product.changed"
        audit.record(event, by=by, subject=f"product:{product.pk}", at=at)
    return product


def list_product(*, product, by, at):
    """List the product from now on. Raises ``NothingToRedeem``. Listing a listed product does nothing."""
    with transaction.atomic():
        _refresh(product)
        if product.lowest_points is None and product.lowest_mixed_points is None and product.lowest_cash_fen is None:
            raise NothingToRedeem(name=product.title)
        changed = Product.objects.filter(pk=product.pk, is_listed=False).update(is_listed=True, listed_at=at)
        if changed:
            audit.record("product.listed", by=by, subject=f"product:{product.pk}", at=at)
    product.refresh_from_db(fields=["is_listed", "listed_at"])
    return bool(changed)


def unlist_product(*, product, by, at):
    """Stop offering the product at once, in old carts too (E2): ``stock.take`` refuses it from now on."""
    with transaction.atomic():
        changed = Product.objects.filter(pk=product.pk, is_listed=True).update(is_listed=False)
        if changed:
            audit.record("product.unlisted", by=by, subject=f"product:{product.pk}", at=at)
    product.refresh_from_db(fields=["is_listed"])
    return bool(changed)


def count_redeemed(*, lines):
    """Add ``lines``, a list of ``(sku_id, quantity)``, to the popularity of their products.

    Call it after the order's transaction (from the outbox): counting must not delay orders. A quantity may be negative
    and may arrive before the one that it reverses: the sum is the same in any order.
    """
    quantities = Counter()
    product_of = dict(SKU.objects.filter(pk__in=[pk for pk, _n in lines]).values_list("pk", "product_id"))
    for sku_id, quantity in lines:
        quantities[product_of[sku_id]] += quantity
    with transaction.atomic():
        for pk in sorted(quantities):
            Product.objects.filter(pk=pk).update(redeemed_count=F("redeemed_count") + quantities[pk])


def _read(source):
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return pictures.prepare(File(file))
    return pictures.prepare(source)


def _lock_order(sku):
    """By primary key, the order in which orders lock SKUs; new ones last, because nobody else can lock them."""
    return (sku.pk is None, sku.pk or 0)


def _save_sku(sku, opening, *, by, at):
    is_new = sku.pk is None
    try:
        sku.options = rules.combination_of(sku.product.options, sku.options)
    except ValueError as error:
        raise WrongCombination(sku=sku.code) from error
    if not isinstance(opening, int) or opening < 0:
        raise InvalidInput(field=_("Stock"))
    _validate(sku)
    if is_new:
        sku.stock = 0
    _save(sku, SKU_FIELDS)
    if is_new and opening:
        reason = StockMovement.Reason.OPENING
        stock.restock(sku=sku, delta=opening, reason=reason, key=f"opening:{uuid.uuid4().hex}", by=by, at=at)


def _save_image(image, product):
    if image.pk and not image.image._committed:  # a new file for an old row
        _forget_files(ProductImage.objects.get(pk=image.pk))
    image.product = product
    image.save()
    pictures.make_thumbnails(image)


def _forget_files(image):
    name = image.image.name
    transaction.on_commit(lambda: pictures.remove_files(name), robust=True)


def _save(instance, fields):
    """Insert a new row, or update only ``fields`` of an existing one."""
    if instance.pk is None:
        instance.save()
    else:
        instance.save(update_fields=fields)


def _clean_product(product):
    try:
        product.options = rules.clean_options(product.options)
    except ValueError as error:
        raise InvalidInput(field=_("Options")) from error
    try:
        product.parameters = rules.clean_parameters(product.parameters)
    except ValueError as error:
        raise InvalidInput(field=_("Parameters")) from error
    _validate(product)


def _validate(instance):
    try:
        instance.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        name = field if field == "__all__" else instance._meta.get_field(field).verbose_name
        raise InvalidInput(field=f"{name} ({' '.join(messages)})") from error


def _refresh(product):
    """Repeat the SKUs' lowest prices on the product, check its SKUs and pictures, number the pictures from 0."""
    skus = list(product.skus.all())
    for sku in skus:
        try:
            rules.combination_of(product.options, sku.options)
        except ValueError as error:
            raise WrongCombination(sku=sku.code) from error
    points = [sku.points_price for sku in skus if sku.points_price is not None]
    mixed = [(sku.mixed_points, sku.mixed_fen) for sku in skus if sku.mixed_points is not None]
    cash = [sku.cash_fen for sku in skus if sku.cash_fen is not None]
    if product.is_listed and not (points or mixed or cash):
        raise NothingToRedeem(name=product.title)
    product.lowest_points = min(points, default=None)
    product.lowest_mixed_points, product.lowest_mixed_fen = min(mixed, default=(None, None))
    product.lowest_cash_fen = min(cash, default=None)
    product.save(update_fields=["lowest_points", "lowest_mixed_points", "lowest_mixed_fen", "lowest_cash_fen"])
    images = list(product.images.order_by("position", "pk"))
    if len(images) > MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    for position, image in enumerate(images):
        if image.position != position:
            ProductImage.objects.filter(pk=image.pk).update(position=position)
