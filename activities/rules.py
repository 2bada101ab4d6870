"""How much a daily sign-in gives (D1). The one place where the table stands."""

POINTS_BY_DAY = (5, 8, 12, 14, 16, 18, 20)
BONUS = 50  # on top, on the last day of the table; the day after starts the table again
CYCLE = len(POINTS_BY_DAY)


def cycle_day(day):
    """The place (1 to ``CYCLE``) of the streak's ``day`` (1, 2, ...) in the table."""
    return (day - 1) % CYCLE + 1


def points_for(day):
    """Points for signing in on ``day`` (1, 2, ...) of a streak, the bonus included."""
    place = cycle_day(day)
    return POINTS_BY_DAY[place - 1] + (BONUS if place == CYCLE else 0)


LEAST, MOST = points_for(1), points_for(CYCLE)
