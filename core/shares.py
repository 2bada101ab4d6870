"""Dividing a whole into shares that add up to it, to the last fen and point."""

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` divided in proportion to ``weights`` (integers of 0 or more): a list of integers with that sum.

    Each share is the exact one rounded down or up; those that would lose most by rounding down are rounded up, the
    first of equal ones first. If ``total`` is at most the sum of the weights, no share exceeds its weight. If all
    weights are 0, ``total`` must be 0.
    """
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError("nothing to divide by")
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    if left := total - sum(shares):
        for n in sorted(range(len(weights)), key=lambda n: -(total * weights[n] % whole))[:left]:
            shares[n] += 1
    return shares


def part(total: int, whole: int, before: int, weight: int) -> int:
    """The part of ``total`` for ``weight`` out of ``whole``, after ``before`` of ``whole`` has had its part. The parts
    add up to ``total`` however ``whole`` is split and in any order: the last one takes the rest."""
    return total * (before + weight) // whole - total * before // whole
