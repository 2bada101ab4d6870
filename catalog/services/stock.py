"""Stock: the only writer of ``SKU.stock`` and of its movements (E3).

Each change is one conditional statement that updates the stock and writes the movement, so that both always agree and
overselling is impossible. SKU rows are locked last in a transaction, several in the order of their primary keys. A
movement is identified by SKU and ``key``: repeating a call does nothing.
"""

from collections import Counter
from contextlib import nullcontext
from functools import cache

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import SKU, StockMovement
from core.call import call
from core.db import broken_constraint
from core.errors import DomainError, InvalidInput
from core.rows import Rows

LARGEST_CHANGE = 1_000_000

# The statement fills in the first four columns of a movement from the change itself.
_COUNTED = ("sku", "delta", "stock_after", "key")
_MOVE = """
WITH changed AS (
    UPDATE catalog_sku AS sku SET stock = sku.stock + m.delta
    FROM (SELECT %s::bigint AS sku_id, %s::integer AS delta, %s::text AS key) m, catalog_product AS product
    WHERE sku.id = m.sku_id AND sku.stock + m.delta >= 0
      AND product.id = sku.product_id AND (product.is_listed OR NOT %s::boolean)
      AND NOT EXISTS (SELECT FROM catalog_stockmovement s WHERE s.sku_id = m.sku_id AND s.key = m.key)
    RETURNING sku.id, m.delta, sku.stock, m.key
)
INSERT INTO {said.table} (sku_id, delta, stock_after, key, {said.columns}) SELECT changed.*, {said.marks} FROM changed
RETURNING sku_id
"""


class SoldOut(DomainError):
    """Fewer pieces are left than were asked for. ``sku`` is its id, ``stock`` what was left."""

    code = "sold_out"
    message = _("“%(name)s” is sold out or not enough is left. Nothing was changed.")


class NotListed(DomainError):
    """The product is not listed, or no longer."""

    code = "not_listed"
    message = _("“%(name)s” is no longer offered. Nothing was changed.")


class UnknownSKU(DomainError):
    code = "unknown_sku"
    message = _("This item does not exist.")


class StockTooLow(DomainError):
    """A correction would make the stock negative."""

    code = "stock_too_low"
    message = _("Only %(stock)s are in stock; no more can be taken off.")


class MovementKeyReused(DomainError):
    """The key belongs to a movement with different content."""

    code = "movement_key_reused"
    message = _("This was already booked with another quantity.")


def take(*, lines, key, source, by, at):
    """Take ``lines``, a list of ``(sku_id, quantity)``, out of stock for an order; all or none.

    Only listed products are sold. Raises ``SoldOut``, ``NotListed``, ``UnknownSKU``. Repeating the same ``key`` has no
    effect.
    """
    _move_all(lines, -1, StockMovement.Reason.REDEEMED, key=key, source=source, by=by, at=at, is_sale=True)


def give_back(*, lines, key, source, by, at):
    """Put ``lines`` back, listed or not; ``key`` must differ from the one they were taken with."""
    _move_all(lines, 1, StockMovement.Reason.RETURNED, key=key, source=source, by=by, at=at)


def restock(*, sku, delta, reason, key, by, at, note=""):
    """Staff change the stock of ``sku`` by ``delta`` pieces (either sign, not 0) for a ``StockMovement.Reason``.

    Returns the new stock. Raises ``StockTooLow`` if it would be negative.
    """
    if reason not in StockMovement.Reason.values:
        raise InvalidInput(field=_("Reason"))
    _move_all([(sku.pk, abs(delta))], -1 if delta < 0 else 1, reason, key=key, note=note, by=by, at=at)
    sku.refresh_from_db(fields=["stock"])
    return sku.stock


def _move_all(lines, sign, reason, *, key, by, at, source="", note="", is_sale=False):
    if not key:
        raise InvalidInput(field="key")
    quantities = Counter()
    for sku_id, quantity in lines:
        if not isinstance(quantity, int) or not 0 < quantity <= LARGEST_CHANGE:
            raise InvalidInput(field=_("Quantity"))
        quantities[sku_id] += quantity
    changes = [(pk, sign * quantities[pk], key, is_sale) for pk in sorted(quantities)]
    movement = StockMovement(reason=reason, note=note, source=source, by=by, at=at)
    try:
        _write(changes, movement)
    except IntegrityError as error:
        if broken_constraint(error) != "movement_key_unique" or connection.in_atomic_block:
            raise
        # Another connection booked the same key while this one waited for the row; now it is visible.
        _write(changes, movement)


def _write(changes, movement):
    """Run one conditional statement for each SKU; if it changes nothing, find out why. ``movement``: the purpose, the
    same for all."""
    sql, rows = _statement()
    said = rows.values(movement)
    with transaction.atomic() if len(changes) > 1 else nullcontext():
        for change in changes:
            if not call(sql, (*change, *said)):
                sku_id, delta, key, is_sale = change
                _explain(sku_id, delta, key, is_sale=is_sale)


@cache
def _statement():
    rows = Rows(StockMovement, *_COUNTED)
    return _MOVE.format(said=rows), rows


def _explain(sku_id, delta, key, *, is_sale):
    """Return if the movement is already booked; else raise the reason why not."""
    booked = StockMovement.objects.filter(sku_id=sku_id, key=key).values_list("delta", flat=True).first()
    if booked == delta:
        return
    if booked is not None:
        raise MovementKeyReused(sku=sku_id)
    sku = SKU.objects.select_related("product").filter(pk=sku_id).first()
    if sku is None:
        raise UnknownSKU(sku=sku_id)
    if is_sale and not sku.product.is_listed:
        raise NotListed(sku=sku_id, name=sku.product.title)
    if is_sale:
        raise SoldOut(sku=sku_id, name=sku.product.title, stock=sku.stock)
    raise StockTooLow(sku=sku_id, stock=sku.stock)
