"""Repeatable measurements: ours and the reference take turns in short rounds, and the result is the median of the
rounds' ratios. A machine that slows down for a minute slows both sides of a round.
"""

import statistics

ROUNDS = 5


def interleaved(acts, rounds=ROUNDS):
    """``{name: [what its act returned, once a round]}`` of ``acts``, ``{name: function}``. Every other round runs them
    in the opposite order, because the first act always has the cooler processor."""
    found = {name: [] for name in acts}
    for number in range(rounds):
        for name in list(acts)[:: -1 if number % 2 else 1]:
            found[name].append(acts[name]())
    return found


def rate_row(name, ours, reference, unit, note, target=None):
    """A row of ``make bench`` where more is better. ``ours`` and ``reference`` hold a figure for each round; ``target``
    is the least ratio that is aimed at."""
    return _row(name, ours, reference, unit, note, target, [a / b for a, b in zip(ours, reference, strict=True)])


def time_row(name, ours, reference, unit, note, target=None):
    """A row where less is better, as of times and memory; the ratio is the reference to ours, so above 1 is better."""
    return _row(name, ours, reference, unit, note, target, [b / a for a, b in zip(ours, reference, strict=True)])


def spread(figures, unit=""):
    """The least and the most, for a note."""
    digits = 0 if max(figures) >= 100 else 2
    return f"{min(figures):,.{digits}f} to {max(figures):,.{digits}f}{unit}"


def median(figures):
    return statistics.median(figures)


def _row(name, ours, reference, unit, note, target, ratios):
    ratio = statistics.median(ratios)
    said = f"{len(ratios)} rounds, ratios {spread(ratios)}; {note}"
    if target is not None:
        said = f"{'target' if ratio >= target else 'MISSED, target'} {target}; {said}"
    return {
        "name": name,
        "ours": _plain(statistics.median(ours)),
        "reference": _plain(statistics.median(reference)),
        "unit": unit,
        "ratio": round(ratio, 3),
        "note": said,
    }


def _plain(figure):
    return round(figure) if figure >= 100 else round(figure, 3)
