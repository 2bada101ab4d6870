"""What a member ordered a moment ago."""

from datetime import timedelta

from orders.models import Order, OrderState

JUST_NOW = timedelta(minutes=10)  # a second order of the same goods within it is asked about


def just_ordered(member, sku_ids, *, at):
    """The member's latest order of the last ``JUST_NOW`` that holds one of the SKUs, or None; cancelled ones apart."""
    recent = Order.objects.filter(member=member, placed_at__gt=at - JUST_NOW).exclude(state=OrderState.CANCELLED)
    return recent.filter(items__sku__in=sku_ids).order_by("-placed_at", "-pk").first()
