"""The orders that wait for a parcel as a table: taken along, filled in with carrier and tracking number, and given back
as the file of parcels that ``shipping_file`` reads (F7)."""

from django.utils.translation import gettext_lazy as _

from accounts import phones
from core import audit
from core.errors import DomainError
from orders.lifecycle.states import MAY_SHIP
from orders.models import Order
from orders.shipping import queries as parcels
from orders.shipping.services import shipping_file

COLUMNS = ("order", "recipient", "phone", "address", "goods", "note", "carrier", "tracking_number")


class NothingToShip(DomainError):
    code = "nothing_to_ship"
    message = _("None of these orders waits for a parcel.")


class TooManyOrders(DomainError):
    """More than ``shipping_file`` takes back."""

    code = "too_many_orders"
    message = _("A file holds at most %(most)s orders. Choose fewer.")


def export(*, orders, by, at):
    """``(headings, rows)`` of those of ``orders`` (a queryset) that wait for a parcel, longest waiting first. Who took
    them along is recorded: they carry names, phones and addresses. Raises ``NothingToShip``, ``TooManyOrders``."""
    most = shipping_file.MOST_LINES
    orders = list(
        Order.objects.filter(pk__in=orders.values("pk"), state__in=MAY_SHIP).order_by("paid_at", "pk")[: most + 1]
    )
    if not orders:
        raise NothingToShip
    if len(orders) > most:
        raise TooManyOrders(most=f"{most:,}")
    left = parcels.left_in(orders)
    audit.record("order.list_exported", by=by, subject="orders", at=at, orders=[order.number for order in orders])
    return shipping_file.COLUMNS.headings(*COLUMNS), [_row(order, left[order.pk]) for order in orders]


def _row(order, left):
    goods = "; ".join(f"{' · '.join(filter(None, (item.title, item.sku_label)))} × {left[item]}" for item in left)
    phone = phones.national(order.ship_phone)
    return order.number, order.ship_name, phone, order.ship_address, goods, order.note, None, None
