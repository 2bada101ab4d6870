"""Address and browser of sessions, which are stored separately."""

from core import pruning

PRUNE = """
DELETE FROM usersessions_usersession
WHERE id IN (
    SELECT id FROM usersessions_usersession seen
    WHERE NOT EXISTS (SELECT 1 FROM django_session WHERE session_key = seen.session_key)
    LIMIT %s
)
RETURNING 1
"""


def prune():
    """Delete address and browser of sessions that no longer exist; returns how many."""
    return pruning.in_batches(PRUNE)
