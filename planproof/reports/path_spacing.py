"""Positions in one column, as near to the wanted ones as possible without overlaps."""

from __future__ import annotations

from collections.abc import Sequence


def spaced(
    wanted: Sequence[float], apart: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Positions in the given order with the least squared deviation from the wanted ones.

    Isotonic regression: neighbours that would overlap form a pool at their weighted mean.

    Args:
        wanted: position of each item.
        apart: minimum distance between each item and the next.
        weights: weight of each item's deviation.
    """
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, float, int]] = []  # mean, weight, size
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, heavy, count = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, many = pools.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, count = heavy + more, count + many
        pools.append((mean, heavy, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(flat, offsets, strict=True)]
