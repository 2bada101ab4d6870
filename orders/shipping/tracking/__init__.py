"""Logistics services behind one interface (``orders.shipping.tracking.base``). Without one set up, pages show the
tracking number with the carrier's public page."""

from orders.shipping.tracking.kuaidi100 import Kuaidi100


def service():
    """The service that is set up, or None."""
    tracker = Kuaidi100()
    return tracker if tracker.is_set_up else None
