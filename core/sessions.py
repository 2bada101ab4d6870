"""Sessions in PostgreSQL alone: who is signed in must not depend on what a cache remembers or forgets.

A cached copy would outlive its session where the cache server was away when somebody signed out, or came back from an
old snapshot. By a prepared call the row costs as much as the copy would.
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
    """Forget sessions that ended; returns how many there were."""
    return pruning.in_batches(PRUNE, at)


class SessionStore(DatabaseStore):
    """Django's own, read by one prepared call. Its name is part of what signs the rows."""

    def load(self) -> dict[str, Any]:
        rows = call(READ, (self.session_key, clock.now()))
        if not rows:
            self._session_key = None  # a key that nobody gave out is not taken over
            return {}
        return self.decode(rows[0][0])

    def _validate_session_key(self, key: str | None) -> bool:
        """What we gave out is letters and digits: anything else in a cookie is no key, and no text for the database."""
        is_one = super()._validate_session_key(key)  # type: ignore[misc] # private, and so not in the stubs
        return bool(is_one and key and key.isascii() and key.isalnum())
