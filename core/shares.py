"""Dividing a whole into shares that add up to it, to the last fen and point."""

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` divided in proportion to ``weights`` (integers of 0 or more): a list of integers with that sum.

    Each share is the exact one, rounded down or up; those that lose most by rounding down are rounded up, of equal ones
    the first. Where ``total`` is not above the sum of the weights no share is above its weight. Without any weight,
    nothing can be divided: ``total`` must be 0.
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
    """What ``weight`` of ``whole`` takes of ``total`` when ``before`` of it had its share already. However ``whole`` is
    cut, and whatever of it comes first, the parts add up to ``total``: the last one takes what is left."""
    return total * (before + weight) // whole - total * before // whole
