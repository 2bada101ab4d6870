"""What the shop remembers of a rush: an item that the shelf has just refused is refused for some seconds without asking
the shelf again (F13).

The cache server may only refuse here, never grant: whether there is a piece is decided by ``catalog.services.stock``
alone. Without the cache server each web process remembers for itself.
"""

from django.core.cache import cache

REMEMBERED_S = 3  # what comes back to the shelf meanwhile is offered so much later


def remember_sold_out(sku_id):
    """The shelf has none left."""
    cache.set(_gone(sku_id), True, timeout=REMEMBERED_S)


def remember_placed(form_key):
    """This form has its order: sent again, it must be led there, whatever is left on the shelf."""
    cache.set(_placed(form_key), True, timeout=2 * REMEMBERED_S)


def refuses(*, sku_id, form_key):
    """Whether the shelf refused the item a moment ago, and the form is not one that had its order before."""
    known = cache.get_many([_gone(sku_id), _placed(form_key)])
    return _gone(sku_id) in known and _placed(form_key) not in known


def _gone(sku_id):
    return f"sold_out:{sku_id}"


def _placed(form_key):
    return f"placed:{form_key}"
