"""The states of an earning that was set aside, and the only moves there are (C10, A12)."""

from points.earning.models import EarningReview

State = EarningReview.State

REVIEW_MOVES: dict[str, set[State]] = {
    State.PENDING: {State.APPROVED, State.REFUSED},
    State.REFUSED: {State.APPEALED},
    State.APPEALED: {State.APPROVED, State.UPHELD},
    State.APPROVED: set(),
    State.UPHELD: set(),
}
# Staff have to decide on these; those whose time is over are released.
WAITING = [state for state, reached in REVIEW_MOVES.items() if State.APPROVED in reached]


def allowed(from_state: str, to_state: str) -> bool:
    """Whether the table has the move."""
    return to_state in REVIEW_MOVES[from_state]
