"""The daily tally of what members earned, and what the caps leave under its lock (C10).

The order of locks is tally, then points account: whoever books an earning takes the rows first, reads them under the
lock and writes them back, so that two bookings never both see room for one.
"""

from core.call import call
from points.earning.rules.caps import within

ALL = ""  # the row of all behaviours together

# Most bookings are of one earning: without arrays PostgreSQL keeps the plan, which costs more than the work.
LOCK = """
INSERT INTO points_earningtally (member_id, day, behaviour, points, times)
SELECT member, day, behaviour, 0, 0
FROM ({wanted}) w (member, day), (SELECT '' UNION ALL SELECT %s::text) b (behaviour)
ORDER BY member, day, behaviour
ON CONFLICT (member_id, day, behaviour) DO UPDATE SET points = points_earningtally.points
RETURNING member_id, day, behaviour, points, times
"""
LOCK_ONE = LOCK.format(wanted="SELECT %s::bigint, %s::date")
LOCK_MANY = LOCK.format(wanted="SELECT * FROM unnest(%s::bigint[], %s::date[])")
SAVE = """
UPDATE points_earningtally t SET points = t.points + w.points, times = t.times + w.times
FROM ({earned}) w (member, day, points, times)
WHERE (t.member_id, t.day) = (w.member, w.day) AND t.behaviour IN ('', %s)
"""
SAVE_ONE = SAVE.format(earned="SELECT %s::bigint, %s::date, %s::bigint, %s::integer")
SAVE_MANY = SAVE.format(earned="SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::integer[])")


class Tally:
    """Locked rows of the tally for one behaviour, until the transaction ends."""

    def __init__(self, behaviour, wanted):
        """Lock the rows of ``wanted``, ``(member id, day)``; those of all behaviours come along."""
        self._behaviour = behaviour
        self._earned = {}  # what is not written down yet: {(member, day): [points, times]}
        found = _call(LOCK_ONE, LOCK_MANY, sorted(set(wanted)), behaviour)
        self._rows = {(member, day, name): [points, times] for member, day, name, points, times in found}

    def grant(self, member, day, points, caps):
        """How many of ``points`` the day's ``caps`` (``engine.Caps``) leave, counted at once, and what to add to the
        breakdown: ``(points, steps)``."""
        own, of_all = self._rows[member, day, self._behaviour], self._rows[member, day, ALL]
        points, steps = within(caps, self._behaviour, points, own=own, in_all=of_all[0])
        if points:
            for row in (own, of_all, self._earned.setdefault((member, day), [0, 0])):
                row[0] += points
                row[1] += 1
        return points, steps

    def save(self):
        """Write down what was counted; before the points account is touched."""
        if self._earned:
            rows = [(*key, *earned) for key, earned in sorted(self._earned.items())]
            _call(SAVE_ONE, SAVE_MANY, rows, self._behaviour)
            self._earned.clear()


def _call(one, many, rows, behaviour):
    if len(rows) == 1:
        return call(one, (*rows[0], behaviour))
    return call(many, (*map(list, zip(*rows, strict=True)), behaviour))
