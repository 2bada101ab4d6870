"""Old rows are deleted a few at a time, each time in a transaction of its own, so that nobody waits for it."""

from core.call import call

BATCH = 5_000


def in_batches(sql: str, *params: object) -> int:
    """Run ``sql``, a DELETE that takes ``params`` and then how many rows at most and returns one row for each, until
    it finds none; how many there were."""
    count = 0
    while found := len(call(sql, (*params, BATCH))):
        count += found
    return count
