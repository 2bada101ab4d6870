"""A member's orders."""

from datetime import timedelta

from django.db.models import Count

from catalog.models import ProductImage
from catalog.pictures import thumbnail_url
from orders.models import Order, State
from orders.states import SEEN_TOGETHER

PAGE = 10
JUST_NOW = timedelta(minutes=10)  # a second order of the same goods within it is asked about
STATE_FILTERS = [State.PENDING_PAYMENT, State.TO_SHIP, State.SHIPPED, State.COMPLETED, State.CANCELLED]


def orders_of(member, *, state=None):
    """The member's orders with their items, newest first, as a queryset for pages of ``PAGE``."""
    orders = Order.objects.filter(member=member)
    if state in State.values:
        orders = orders.filter(state__in=SEEN_TOGETHER.get(state, [state]))
    return orders.prefetch_related("items")


def count_by_state(member):
    """``{state: how many}`` of the member's orders, in the five states that members see."""
    rows = Order.objects.filter(member=member).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    for shown, states in SEEN_TOGETHER.items():
        if together := sum(counts.pop(state, 0) for state in states):
            counts[shown] = together
    return counts


def order_page(member, number):
    """The member's order of that number, or None when it is not theirs."""
    return Order.objects.filter(member=member, number=number).first()


def show_pictures(items):
    """Give each item its ``picture_url``, empty when the catalogue no longer has the picture: one query for all."""
    names = {item.image for item in items if item.image}
    there = set(ProductImage.objects.filter(image__in=names).values_list("image", flat=True)) if names else set()
    for item in items:
        item.picture_url = thumbnail_url(item.image, "row") if item.image in there else ""


def just_ordered(member, sku_ids, *, at):
    """The member's latest order of the last ``JUST_NOW`` that holds one of the SKUs, or None; cancelled ones apart."""
    recent = Order.objects.filter(member=member, placed_at__gt=at - JUST_NOW).exclude(state=State.CANCELLED)
    return recent.filter(items__sku__in=sku_ids).order_by("-placed_at", "-pk").first()
