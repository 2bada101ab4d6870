"""Dividing a whole into shares that add up to it, to the last fen and point."""

from itertools import accumulate, pairwise


def split(total, weights):
    """``total`` divided in proportion to ``weights`` (integers of 0 or more): a list of integers with that sum.

    Each share differs from the exact one by less than 1, and where ``total`` is not above the sum of the weights no
    share is above its weight. Without any weight, nothing can be divided: ``total`` must be 0.
    """
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError("nothing to divide by")
        return [0] * len(weights)
    marks = [total * mark // whole for mark in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(marks)]
