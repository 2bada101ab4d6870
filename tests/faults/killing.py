"""Moments at which a process of ``tests.faults.shop`` is to be struck, named by the call that forks it.

A fault is ``name:before`` or ``name:after`` of ``POINTS``; names before it, with commas between, must have been
passed first: ``capture,commit:before`` is the commit of the transaction that captured the points. The mall knows
nothing of it: the functions are replaced here, in that process alone.
"""

import functools
import os
import pkgutil
import signal
import time
from pathlib import Path

POINTS = {
    "order": "orders.placing.services.new_order.write",
    "coupons_used": "orders.coupons.services.coupons.use",
    "hold": "points.ledger.hold",
    "spend": "points.ledger.spend",
    "payment": "orders.payments.services.paying.open_payment",
    "stock_taken": "catalog.services.stock.take",
    "queued": "tests.faults.shop.queue",
    "stored": "orders.payments.services.notifications.receive",
    "settled": "orders.payments.services.paying.settle",
    "money_taken": "orders.payments.services.paying.settling.take_money",
    "capture": "points.ledger.capture",
    "release": "points.ledger.release",
    "points_back": "points.ledger.refund",
    "stock_back": "catalog.services.stock.give_back",
    "refund_due": "orders.payments.services.paying.refunding._refund",
    "refund_sent": "orders.payments.services.paying.refunding._sent",
    "rewarded": "orders.after_sale.services.rewards.reward",
    "taken_back": "orders.after_sale.services.rewards.take_back",
    "moved": "orders.lifecycle.services.moves.move",
    "commit": "django.db.backends.base.base.BaseDatabaseWrapper._commit",
}


def arm(fault, held):
    """Let the moment ``fault`` come once. ``held`` empty: SIGKILL then. Else it is the path of a file: made then, and
    the process stands still until somebody took it away."""
    places, _colon, when = fault.rpartition(":")
    *passed, name = places.split(",")
    missing = set(passed)
    for place in passed:
        _replace(place, after=functools.partial(missing.discard, place))

    def strike():
        nonlocal fault
        if missing or not fault:
            return
        fault = ""
        if not held:
            os.kill(os.getpid(), signal.SIGKILL)
        Path(held).touch()
        while Path(held).exists():
            time.sleep(0.01)

    _replace(name, **{when: strike})


def _replace(name, *, before=None, after=None):
    holder, _dot, attribute = POINTS[name].rpartition(".")
    holder = pkgutil.resolve_name(holder)
    original = getattr(holder, attribute)

    @functools.wraps(original)
    def struck(*arguments, **options):
        if before:
            before()
        result = original(*arguments, **options)
        if after:
            after()
        return result

    setattr(holder, attribute, struck)
