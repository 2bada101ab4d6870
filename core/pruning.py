"""Old rows are deleted in small batches, each in its own transaction, so that nobody waits for them."""

from core.call import call

BATCH = 5_000


def in_batches(sql: str, *params: object) -> int:
    """Run the DELETE ``sql`` until it finds no more rows; returns the number of deleted rows. It takes ``params`` and
    the largest batch, and returns one row for each row deleted."""
    count = 0
    while found := len(call(sql, (*params, BATCH))):
        count += found
    return count
