"""How long 2,000 coherent draws of the whole grid take, and how that grows with draws, areas and years.

Run as `python -m benchmarks.projection`. The area is made up, in the size of the trial area: 22 industries, 26
occupations, 14 districts, 16 routes, 6 levels, 2025 to 2035. Every draw is split over districts, routes and levels and
every cell gets its interval. Each case runs in a process of its own. The limit is on elapsed time; growth and the ratio to
one bare pass are of processor time, which other work on the machine does not stretch. Ends with status 1 above 3 s or
1 GiB, where time does not grow in line with the work, or where a sum does not hold in every draw.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np

from lmi.project.demand import scale_to_total
from lmi.project.gap import add_totals, draw_route_factors, to_people
from lmi.project.grid import Split, split_years
from lmi.project.uncertainty import draw_factors, limits, pick_errors

LIMIT_SECONDS, LIMIT_MB = 3.0, 1024.0
MOST_OFF = 1e-5
MOST_GROWTH = 1.5  # time a unit of work may grow by when the work is doubled
INDUSTRIES, OCCUPATIONS, ROUTES, BANDS, DISTRICTS = 22, 26, 16, 6, 14


@dataclass(frozen=True)
class Case:
    """One size of work."""

    draws: int = 2000
    districts: int = DISTRICTS
    years: int = 11

    def cells(self) -> int:
        """Return the figures drawn: districts and the area, routes and levels, years with flows, draws."""
        return (self.districts + 1) * ROUTES * BANDS * (self.years - 1) * self.draws


def run(case: Case) -> tuple[float, float, float]:
    """Return elapsed and processor seconds of one run and the largest relative violation of any sum in any draw."""
    rng = np.random.default_rng(1)
    paths = rng.uniform(2000, 60_000, (INDUSTRIES, 1)) * np.exp(np.linspace(0, 0.1, case.years))
    held = rng.uniform(2000, 60_000, (OCCUPATIONS, 1)) * np.exp(np.linspace(0, 0.1, case.years))
    units = [rng.normal(0, 1, (8, 5, n)) for n in (INDUSTRIES, OCCUPATIONS)]
    shares = rng.dirichlet(np.full(case.districts, 5.0), INDUSTRIES)[:, :, None]
    staffing = rng.dirichlet(np.full(OCCUPATIONS, 0.4), INDUSTRIES)
    routes = rng.dirichlet(np.full(ROUTES, 0.2), OCCUPATIONS)
    bands = rng.dirichlet(np.ones(BANDS), (OCCUPATIONS, case.years)).transpose(0, 2, 1)
    began, worked = time.perf_counter(), time.process_time()
    level, growth = (pick_errors(rng, np.ones((8, 5), bool), case.draws) for _ in range(2))
    reach = np.arange(case.years) / 5
    drawn = []
    for path, unit in ((paths, units[0]), (held, units[1])):
        half = np.full(len(path), 0.1)
        made = draw_factors(unit, level, growth, half, half[:, None] * reach)
        made *= path.astype(np.float32)[:, :, None]
        drawn.append(made)
    industries, occupations = drawn
    occupations = scale_to_total(occupations, industries.sum(axis=0))
    rates = (0.03 * rng.normal(1, 0.1, (OCCUPATIONS, case.draws))).astype(np.float32)
    noise = draw_route_factors(rng, routes.sum(axis=0), 300, case.draws)
    worst = 0.0
    for year in split_years(industries, occupations, rates, Split(shares, staffing, routes, bands, noise)):
        area = np.zeros((ROUTES, BANDS, case.draws), np.float32)
        for district in range(case.districts):
            cells = year.routes(year.openings[:, district])
            area += cells
            _interval(cells)
        _interval(area)
        whole = year.openings.sum(axis=(0, 1))
        worst = max(worst, float(np.max(np.abs(area.sum(axis=(0, 1)) - whole) / whole)))
    return time.perf_counter() - began, time.process_time() - worked, worst


def _interval(cells: np.ndarray) -> None:
    people = to_people(add_totals(cells), 0.04)
    limits(people, people.mean(axis=2, dtype=np.float64))


def bare(case: Case) -> float:
    """Return processor seconds of one plain numpy pass over as many figures, a year and district at a time."""
    block = np.random.default_rng(1).random((ROUTES * BANDS, case.draws), np.float32)
    began = time.process_time()
    for _ in range(case.cells() // block.size):
        np.sort(block * np.float32(1.01), axis=-1)
    return time.process_time() - began


def apart(case: Case) -> tuple[float, float, float, float]:
    """Return elapsed and processor seconds, peak MB and violation: the best of three, each in a new process."""
    words = [sys.executable, "-m", "benchmarks.projection", *map(str, (case.draws, case.districts, case.years))]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # a waiting second thread would count as work
    found = []
    for _ in range(3):
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=env)
        found.append([float(word) for word in done.stdout.split()])
    elapsed, worked, peak, off = (min(f[n] for f in found) for n in range(4))
    return elapsed, worked, peak, off


def main() -> int:
    """Print the table and return 1 when a limit is passed."""
    base = Case()
    elapsed, worked, peak, worst = apart(base)
    plain = bare(base)
    print(f"{'draws':>6} {'districts':>9} {'years':>5} {'elapsed':>8} {'worked':>7} {'MB':>5} {'growth':>6}")
    print(f"{base.draws:6} {base.districts:9} {base.years:5} {elapsed:8.2f} {worked:7.2f} {peak:5.0f}")
    failed = elapsed > LIMIT_SECONDS or peak > LIMIT_MB
    for case in (Case(draws=4000), Case(districts=28), Case(years=21)):
        longer, more, held, off = apart(case)
        growth = (more / worked) / (case.cells() / base.cells())
        print(f"{case.draws:6} {case.districts:9} {case.years:5} {longer:8.2f} {more:7.2f} {held:5.0f} {growth:6.2f}")
        failed |= growth > MOST_GROWTH
        worst = max(worst, off)
    print(f"against one numpy pass that multiplies and sorts as many figures ({plain:.2f} s): {worked / plain:.2f}")
    print(f"largest violation of a sum in any draw: {worst:.1e} of it")
    failed |= worst > MOST_OFF
    print("failed" if failed else f"within {LIMIT_SECONDS:g} s and {LIMIT_MB:g} MB")
    return int(failed)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        taken, worked, off = run(Case(*map(int, sys.argv[1:4])))
        print(taken, worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, off)
    else:
        raise SystemExit(main())
