"""The cart: what a member means to redeem (F2). It holds choices; prices are looked up when it is shown."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.queries import offers
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from orders.models import CartLine
from orders.models.cart import MOST_LINES, MOST_PIECES
from orders.placing.rules.availability import refusal
from orders.placing.rules.pricing import Choice
from points.tiers.queries import tier_of


class LineGone(DomainError):
    """Another tab took it out or ordered it."""

    code = "line_gone"
    message = _("This item is not in the cart any more.")


class CartFull(DomainError):
    code = "cart_full"
    message = _("The cart holds at most %(most)s different items. Take something out first.")


def put(*, member, sku_id, way, quantity, at):
    """Put ``quantity`` more pieces of a SKU into the cart, at most ``MOST_PIECES`` of a line; returns the line.

    Raises ``InvalidInput``, ``UnknownSKU``, ``NotListed``, ``ReservedForTier``, ``WayNotOffered``, ``CartFull``,
    ``Busy``.
    """
    check_choice(member=member, sku_id=sku_id, way=way, quantity=quantity)
    with locking_transaction():
        _only_one_at_a_time(member)
        line = CartLine.objects.select_for_update().filter(member=member, sku_id=sku_id, way=way).first()
        if line is None:
            if CartLine.objects.filter(member=member).count() >= MOST_LINES:
                raise CartFull(most=MOST_LINES)
            return CartLine.objects.create(member=member, sku_id=sku_id, way=way, quantity=quantity, added_at=at)
        line.quantity = min(line.quantity + quantity, MOST_PIECES)
        line.save(update_fields=["quantity"])
        return line


def change(*, line, way, quantity):
    """Give a line another quantity or way; two lines of one SKU in one way become one. Returns what is left.

    Raises what ``put`` raises, and ``LineGone``.
    """
    check_choice(member=line.member, sku_id=line.sku_id, way=way, quantity=quantity)
    with locking_transaction():
        _only_one_at_a_time(line.member)
        lines = {each.pk: each for each in _locked(line.member, line.sku_id)}
        if (line := lines.pop(line.pk, None)) is None:
            raise LineGone
        twin = next((each for each in lines.values() if each.way == way), None)
        if twin is not None:
            quantity = min(quantity + twin.quantity, MOST_PIECES)
            twin.delete()
        line.way, line.quantity = way, quantity
        line.save(update_fields=["way", "quantity"])
        return line


def remove(*, line):
    """Take a line out of the cart."""
    line.delete()


def check_choice(*, member, sku_id, way, quantity):
    """Raise unless the SKU is offered to the member in that way and the quantity is one that an order can hold."""
    if not isinstance(quantity, int) or not 1 <= quantity <= MOST_PIECES:
        raise InvalidInput(field=_("Quantity"))
    sku = offers.of_skus([sku_id]).get(sku_id)
    if error := refusal(sku, Choice(sku_id, way, quantity), tier_of(member.pk)):
        raise error


def _locked(member, sku_id):
    return CartLine.objects.select_for_update().filter(member=member, sku_id=sku_id).order_by("pk")


def _only_one_at_a_time(member):
    """Two taps at once must not both add the last line that fits, nor the same line twice."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
