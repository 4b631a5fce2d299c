"""The qualifications that job holders hold, by occupation.

Owns: D5 (held mix between the published benchmark years). Never: says what a job needs.
Method: METHODOLOGY section 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats


def interpolate_mix(benchmarks: Floats, benchmark_years: NDArray[np.int64], years: NDArray[np.int64]) -> Floats:
    """Return held shares, shape (occupation, qualification, year), each summing to one over qualifications.

    `benchmarks` (occupation, qualification, benchmark year) holds jobs. Between two benchmark years the log-odds of
    each share move in a straight line and the shares are brought back to a sum of one; a share of zero at either end
    moves in a straight line itself. Raises CoverageError for a year outside the benchmarks, or an occupation with
    no jobs at one.
    """
    if years[0] < benchmark_years[0] or years[-1] > benchmark_years[-1]:
        raise CoverageError(
            "the held qualification mix is not published for all years.",
            expected=f"{years[0]} to {years[-1]}", found=f"{benchmark_years[0]} to {benchmark_years[-1]}",
        )  # fmt: skip
    total = benchmarks.sum(axis=1, keepdims=True)
    if np.any(~(total > 0)):
        raise CoverageError("the held qualification mix lacks an occupation in a benchmark year.")
    share = benchmarks / total
    after = np.clip(np.searchsorted(benchmark_years, years), 1, len(benchmark_years) - 1)
    start, end = share[:, :, after - 1], share[:, :, after]
    way = (years - benchmark_years[after - 1]) / (benchmark_years[after] - benchmark_years[after - 1])
    straight = start + (end - start) * way
    inside = (start > 0) & (start < 1) & (end > 0) & (end < 1)
    odds = _odds(np.where(inside, start, 1 / 2)) * (1 - way) + _odds(np.where(inside, end, 1 / 2)) * way
    made = np.where(inside, 1 / (1 + np.exp(-odds)), straight)
    held: Floats = made / made.sum(axis=1, keepdims=True)
    return held


def _odds(share: Floats) -> Floats:
    made: Floats = np.log(share / (1 - share))
    return made


def apply_mix(occupations: Floats, mix: Floats) -> Floats:
    """Return jobs by qualification: `Q[k, t] = sum over o of O[o, t] * q[k | o, t]`, with draws last if any."""
    held = mix.astype(occupations.dtype)
    years = [np.tensordot(held[:, :, t].T, occupations[:, t], axes=1) for t in range(mix.shape[2])]
    return np.stack(years, axis=1)
