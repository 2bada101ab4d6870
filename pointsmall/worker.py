"""The worker's connection to the broker."""

import structlog
from celery.worker.consumer import Consumer as CeleryConsumer

log = structlog.get_logger(__name__)


class Consumer(CeleryConsumer):
    """A consumer that survives the loss of its broker."""

    def on_connection_error_after_connected(self, exc):
        """If messages are not acknowledged yet (one delayed task for an unpaid order is enough), kombu tries to return
        them through a connection that it has already dropped, and the error ends the worker. They come back by
        themselves when their visibility times out, and the sweeps do not depend on them."""
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            log.warning("unacknowledged_left_behind", error=str(error))
