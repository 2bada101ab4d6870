"""Where members are signed in, beside the sessions themselves."""

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
    """Forget the address and browser of sessions that are gone; returns how many there were."""
    return pruning.in_batches(PRUNE)
