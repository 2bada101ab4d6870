"""The daily tally of what members earned, and what the caps leave under its lock (C10).

The order of locks is tally, then points account: whoever books an earning takes the rows first, reads them under the
lock and writes them back, so that two bookings never both see room for one.
"""

from django.db import connection

from points.earning.rules.caps import within

ALL = ""  # the row of all behaviours together

LOCK = """
INSERT INTO points_earningtally (member_id, day, behaviour, points, times)
SELECT member, day, behaviour, 0, 0 FROM unnest(%s::bigint[], %s::date[], %s::text[]) wanted (member, day, behaviour)
ORDER BY member, day, behaviour
ON CONFLICT (member_id, day, behaviour) DO UPDATE SET points = points_earningtally.points
RETURNING member_id, day, behaviour, points, times
"""
SAVE = """
UPDATE points_earningtally t SET points = w.points, times = w.times
FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::integer[]) w (member, day, behaviour, points, times)
WHERE (t.member_id, t.day, t.behaviour) = (w.member, w.day, w.behaviour)
"""


class Tally:
    """Locked rows of the tally, until the transaction ends."""

    def __init__(self, wanted):
        """Lock the rows of ``wanted``: ``(member id, day, behaviour)``; the row of all behaviours comes along."""
        keys = sorted({(member, day, name) for member, day, code in wanted for name in (ALL, code)})
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [list(column) for column in zip(*keys, strict=True)])
            self._rows = {(member, day, name): [points, times] for member, day, name, points, times in cursor}
        self._changed = set()

    def grant(self, member, day, behaviour, points, caps):
        """How many of ``points`` the day's ``caps`` (``engine.Caps``) leave, counted at once, and what to add to the
        breakdown: ``(points, steps)``."""
        own, of_all = self._rows[member, day, behaviour], self._rows[member, day, ALL]
        points, steps = within(caps, behaviour, points, own=own, in_all=of_all[0])
        if points:
            for name, row in ((behaviour, own), (ALL, of_all)):
                row[0] += points
                row[1] += 1
                self._changed.add((member, day, name))
        return points, steps

    def save(self):
        """Write down what was counted; before the points account is touched."""
        if self._changed:
            rows = [(*key, *self._rows[key]) for key in sorted(self._changed)]
            with connection.cursor() as cursor:
                cursor.execute(SAVE, [list(column) for column in zip(*rows, strict=True)])
            self._changed.clear()
