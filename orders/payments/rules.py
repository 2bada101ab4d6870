"""Where a provider's statement and our books differ (F14); pure, so that every case can be tried."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

PAYMENT, REFUND = "payment", "refund"
MISSING_HERE, MISSING_THERE, AMOUNT, STATE = "missing_here", "missing_there", "amount", "state"


@dataclass(frozen=True)
class Booked:
    """A payment or refund in our books. ``is_settled``: the money came (went back). ``is_due``: the statement of the
    day must have it, for our books say that it happened within that day."""

    of: str
    reference: str
    fen: int
    is_settled: bool
    is_due: bool = False


@dataclass(frozen=True)
class Stated:
    """A payment or refund in the statement."""

    of: str
    reference: str
    fen: int
    provider_id: str = ""


@dataclass(frozen=True)
class Difference:
    """``kind`` is one of the four; a sum is None on the side that knows of nothing."""

    kind: str
    of: str
    reference: str
    ours_fen: int | None
    theirs_fen: int | None
    provider_id: str = ""


def compare(
    booked: Iterable[Booked], stated: Iterable[Stated], stated_elsewhere: Collection[tuple[str, str]] = frozenset()
) -> list[Difference]:
    """The ``Difference``s between our books and a statement, in the order of the statement, then of the books.

    ``booked`` holds all that the statement names and all that is due; ``stated_elsewhere`` are ``(of, reference)`` in
    statements of other days: midnight falls between the provider's moment and ours. Lines of one name add up.
    """
    ours = {(each.of, each.reference): each for each in booked}
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    numbers: dict[tuple[str, str], str] = {}
    for line in stated:
        sums[line.of, line.reference] += line.fen
        numbers.setdefault((line.of, line.reference), line.provider_id)
    found = []
    for name, theirs in sums.items():
        own = ours.get(name)
        if own is None:
            found.append(Difference(MISSING_HERE, *name, None, theirs, numbers[name]))
        elif own.fen != theirs:
            found.append(Difference(AMOUNT, *name, own.fen, theirs, numbers[name]))
        elif not own.is_settled:
            found.append(Difference(STATE, *name, own.fen, theirs, numbers[name]))
    for name, own in ours.items():
        if own.is_due and own.is_settled and name not in sums and name not in stated_elsewhere:
            found.append(Difference(MISSING_THERE, *name, own.fen, None))
    return found
