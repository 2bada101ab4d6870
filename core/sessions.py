"""Sessions are kept in PostgreSQL only: being signed in must not depend on a cache.

A cached copy would outlive its session if the cache server was down when somebody signed out, or came back from an old
snapshot. Reading the row by a prepared call costs no more than reading the cache.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from core import clock, pruning
from core.call import call

READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
PRUNE = """
DELETE FROM django_session
WHERE session_key IN (SELECT session_key FROM django_session WHERE expire_date < %s ORDER BY expire_date LIMIT %s)
RETURNING 1
"""


def prune(*, at: datetime) -> int:
    """Delete sessions that ended; returns how many."""
    return pruning.in_batches(PRUNE, at)


class SessionStore(DatabaseStore):
    """Django's session store, read by one prepared call. The class name is part of the rows' signature."""

    def load(self) -> dict[str, Any]:
        rows = call(READ, (self.session_key, clock.now()))
        if not rows:
            self._session_key = None  # a key that we did not issue is not adopted
            return {}
        return self.decode(rows[0][0])

    def _validate_session_key(self, key: str | None) -> bool:
        """Our keys are letters and digits; a cookie with anything else is not a key and must not reach the database."""
        is_one = super()._validate_session_key(key)  # type: ignore[misc] # private, and so not in the stubs
        return bool(is_one and key and key.isascii() and key.isalnum())
