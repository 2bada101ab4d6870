"""The cart: what a member means to redeem (F2). It holds choices; prices are looked up when it is shown."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import SKU
from catalog.services.stock import NotListed
from core.errors import DomainError, InvalidInput
from orders.models import CartLine
from orders.models.cart import MOST_LINES, MOST_PIECES


class CartFull(DomainError):
    code = "cart_full"
    message = _("The cart holds at most %(most)s different items. Take something out first.")


def put(*, member, sku_id, way, quantity, at):
    """Put ``quantity`` more pieces of a SKU into the cart, at most ``MOST_PIECES`` of a line; returns the line.

    Raises ``InvalidInput``, ``NotListed``, ``WayNotOffered``, ``CartFull``.
    """
    check_choice(sku_id=sku_id, way=way, quantity=quantity)
    with transaction.atomic():
        _only_one_at_a_time(member)
        line = CartLine.objects.filter(member=member, sku_id=sku_id, way=way).first()
        if line is None:
            if CartLine.objects.filter(member=member).count() >= MOST_LINES:
                raise CartFull(most=MOST_LINES)
            return CartLine.objects.create(member=member, sku_id=sku_id, way=way, quantity=quantity, added_at=at)
        line.quantity = min(line.quantity + quantity, MOST_PIECES)
        line.save(update_fields=["quantity"])
        return line


def change(*, line, way, quantity):
    """Give a line another quantity or way; two lines of one SKU in one way become one. Returns what is left."""
    check_choice(sku_id=line.sku_id, way=way, quantity=quantity)
    with transaction.atomic():
        _only_one_at_a_time(line.member)
        twin = CartLine.objects.filter(member=line.member, sku_id=line.sku_id, way=way).exclude(pk=line.pk).first()
        if twin is not None:
            quantity = min(quantity + twin.quantity, MOST_PIECES)
            twin.delete()
        line.way, line.quantity = way, quantity
        line.save(update_fields=["way", "quantity"])
        return line


def remove(*, line):
    """Take a line out of the cart."""
    line.delete()


def check_choice(*, sku_id, way, quantity):
    """Raise unless the SKU is offered in that way and the quantity is one that an order can hold."""
    if not isinstance(quantity, int) or not 1 <= quantity <= MOST_PIECES:
        raise InvalidInput(field=_("Quantity"))
    sku = SKU.objects.select_related("product").filter(pk=sku_id).first()
    if sku is None or not sku.product.is_listed:
        raise NotListed(sku=sku_id, name=sku.product.title if sku else sku_id)
    sku.price(way)


def _only_one_at_a_time(member):
    """Two taps at once must not both add the last line that fits, nor the same line twice."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
