"""The worker's end of the broker."""

import structlog
from celery.worker.consumer import Consumer as CeleryConsumer

log = structlog.get_logger(__name__)


class Consumer(CeleryConsumer):
    """One that survives the loss of its broker."""

    def on_connection_error_after_connected(self, exc):
        """Where messages are not acknowledged yet (an order that waits for its time to end is enough), kombu gives them
        back through a connection that it has let go of already, and what it raises then ends the worker. They come
        back by themselves when their visibility times out, and the sweeps do not wait for that."""
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            log.warning("unacknowledged_left_behind", error=str(error))
