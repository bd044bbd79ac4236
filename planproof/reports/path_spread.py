"""Things in one column, as near to where they should be as they can without touching."""

from __future__ import annotations

from collections.abc import Sequence


def spread(
    wanted: Sequence[float], apart: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Places in the order of what is wanted, by least squares: neighbours that would touch make
    one pool, which stands where its members' mean is (isotonic regression).

    Args:
        wanted: a place for each.
        apart: the least distance between each and the next.
        weights: how much each resists.
    """
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, heavy, count = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, many = pools.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, count = heavy + more, count + many
        pools.append((mean, heavy, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(flat, offsets, strict=True)]
