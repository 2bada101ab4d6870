"""SKUs for cart and checkout: each with its product and first picture, in one prepared statement."""

from django.db import connection

from catalog.models import SKU, Product
from core.call import call

FIELDS = {"sku": SKU._meta.concrete_fields, "product": Product._meta.concrete_fields}
COLUMNS = ", ".join(f"{part}.{field.column}" for part, fields in FIELDS.items() for field in fields)
READ = [getattr(field, "from_db_value", None) for fields in FIELDS.values() for field in fields]
WIDTH = len(FIELDS["sku"])
FIND = f"""
SELECT {COLUMNS}, (
    SELECT image FROM catalog_productimage WHERE product_id = product.id ORDER BY position, id LIMIT 1
)
FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
WHERE sku.id = ANY (%s::bigint[])
"""  # noqa: S608 - names from above


def of_skus(ids):
    """``{id: SKU}`` of those that exist, with ``product``, and ``picture``: the name of its first picture's file, or
    None."""
    return {sku.pk: sku for sku in map(_sku, call(FIND, (list(ids),)))}


def _sku(row):
    *stored, picture = row
    values = [read(value, None, connection) if read else value for read, value in zip(READ, stored, strict=True)]
    sku = SKU.from_db(connection.alias, (), values[:WIDTH])
    sku.product = Product.from_db(connection.alias, (), values[WIDTH:])
    sku.picture = picture
    return sku
