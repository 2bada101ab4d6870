"""What a day's caps leave of an earning: one place decides for what is booked, promised and replayed (C10)."""

from django.utils.translation import gettext_noop as N_

from points.earning.rules.engine import Caps, Steps


def within(
    caps: Caps, behaviour: str, points: int, *, own: tuple[int, int] = (0, 0), in_all: int = 0
) -> tuple[int, Steps]:
    """How many of ``points`` the ``caps`` (``engine.Caps``) leave to a member who earned ``own`` (points, times) by the
    behaviour and ``in_all`` points altogether on that day, and what to add to the breakdown: ``(points, steps)``."""
    own_points, own_times = own
    points_a_day, times_a_day = caps.by_behaviour.get(behaviour, (None, None))
    if points and times_a_day is not None and own_times >= times_a_day:
        return 0, [[N_("No more than %(times)s times a day"), "0", {"times": times_a_day}]]
    steps = []
    for before, most in ((own_points, points_a_day), (in_all, caps.total_points_a_day)):
        if most is None or before + points <= most:
            continue
        left = max(most - before, 0)
        steps.append([N_("Limit of %(most)s points a day, −%(cut)s"), str(left), {"most": most, "cut": points - left}])
        points = left
    return points, steps
