"""The base points of a daily sign-in (D1). The points rules then decide what is booked and what pages promise."""

POINTS_BY_DAY = (5, 8, 12, 14, 16, 18, 20)
BONUS = 50  # extra on the last day of the table; the next day starts the table again
CYCLE = len(POINTS_BY_DAY)


def cycle_day(day):
    """The place (1 to ``CYCLE``) of the streak's ``day`` (1, 2, ...) in the table."""
    return (day - 1) % CYCLE + 1


def base_for(day):
    """Points of the table for ``day`` (1, 2, ...) of a streak."""
    return POINTS_BY_DAY[cycle_day(day) - 1]


def bonus_for(day):
    """The extra points on that day; usually 0."""
    return BONUS if cycle_day(day) == CYCLE else 0


def points_for(day):
    """Points for signing in on ``day`` (1, 2, ...) of a streak, the bonus included."""
    return base_for(day) + bonus_for(day)


def key_of(member_id, day):
    """The key of the earning for a member's sign-in on the date ``day``."""
    return f"sign_in:{member_id}:{day.isoformat()}"
