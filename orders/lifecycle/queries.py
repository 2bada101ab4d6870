"""One order of a member, and the pictures of its items."""

from catalog.models import ProductImage
from catalog.pictures import thumbnail_url
from orders.models import Order


def order_page(member, number):
    """The member's order of that number, or None when it is not theirs."""
    return Order.objects.filter(member=member, number=number).first()


def show_pictures(items):
    """Give each item its ``picture_url``, empty when the catalogue no longer has the picture: one query for all."""
    names = {item.image for item in items if item.image}
    there = set(ProductImage.objects.filter(image__in=names).values_list("image", flat=True)) if names else set()
    for item in items:
        item.picture_url = thumbnail_url(item.image, "row") if item.image in there else ""
