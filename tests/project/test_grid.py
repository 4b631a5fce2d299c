"""The grid adds up in every draw: districts to the area, codes to their parents, levels to the total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi.errors import CoverageError
from lmi.project.demand import scale_to_total
from lmi.project.districts import describe_shift, shrink_shares
from lmi.project.gap import draw_route_factors
from lmi.project.grid import Split, split_years, spread_with_noise
from lmi.project.ipf import Margin, fit_groups, fit_many, measure_distance
from lmi.project.supply_commuting import move_to_workplace

LARGEST = 1e-5  # relative; single precision carries seven digits and sums hundreds of cells


@dataclass(frozen=True)
class World:
    """An area in draws: industries and occupations that add to one total, rates, and how to split them."""

    industries: np.ndarray
    occupations: np.ndarray
    rates: np.ndarray
    split: Split


def world(
    seed: int, draws: int = 40, areas: int = 5, years: int = 4, noisy_shares: bool = False, codes: int = 6
) -> World:
    rng = np.random.default_rng(seed)
    industries = rng.uniform(500, 60_000, (4, 1, 1)) * np.exp(rng.normal(0, 0.1, (4, years, draws)))
    industries = industries.astype(np.float32)
    occupations = rng.uniform(300, 50_000, (codes, 1, 1)) * np.exp(rng.normal(0, 0.1, (codes, years, draws)))
    occupations = scale_to_total(occupations.astype(np.float32), industries.sum(axis=0))
    shares = rng.dirichlet(np.ones(areas), (4, draws) if noisy_shares else (4, 1)).transpose(0, 2, 1)
    routes = rng.dirichlet(np.full(5, 0.5), codes)
    bands = rng.dirichlet(np.ones(3), (codes, years)).transpose(0, 2, 1)
    noise = draw_route_factors(rng, routes.sum(axis=0), 50, draws)
    rates = (rng.uniform(0.02, 0.05, (codes, 1)) * np.ones(draws)).astype(np.float32)
    staffing = rng.dirichlet(np.full(codes, 0.4), 4)
    return World(industries, occupations, rates, Split(shares, staffing, routes, bands, noise))


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest difference in any draw, relative to the figure, or to one job below that."""
    return float(np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)))


def violations(of: World) -> dict[str, float]:
    """Return the largest relative violation of each sum over all years and draws."""
    made: dict[str, float] = {}

    def note(name: str, found: np.ndarray, wanted: np.ndarray) -> None:
        made[name] = max(made.get(name, 0.0), off(found, wanted))

    areas = of.split.districts.shape[1]
    for grid in split_years(of.industries, of.occupations, of.rates, of.split):
        was, here = of.occupations[:, grid.year - 1], of.occupations[:, grid.year]
        places = [grid.jobs.column(d) for d in range(areas)]
        note("districts to area, jobs by occupation", sum(places), here)
        shares = np.broadcast_to(of.split.districts, (*of.split.districts.shape[:2], here.shape[1]))
        wanted = np.einsum("ids,is->ds", shares, of.industries[:, grid.year])
        note("occupations to district total", np.stack([p.sum(axis=0) for p in places]), wanted)
        area = np.maximum(here - was + of.rates * (here + was) / 2, 0)
        note("districts to area, openings by occupation", grid.openings.sum(axis=1), area)
        by_route = [grid.routes(grid.openings[:, d]) for d in range(areas)]
        note("districts to area, openings by route and level", sum(by_route), grid.routes(area))
        for d, routed in enumerate(by_route):
            opened = grid.openings[:, d]
            note("routes and levels to district total", routed.sum(axis=(0, 1)), opened.sum(axis=0))
            held = of.split.bands[:, :, grid.year].T @ opened
            note("routes to level", routed.sum(axis=0), held)
            assert routed.min() >= 0 and opened.min() >= 0 and places[d].min() >= 0
    return made


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_every_sum_holds_in_every_draw(seed: int, noisy_shares: bool) -> None:
    found = violations(world(seed, noisy_shares=noisy_shares))
    assert len(found) == 6
    assert max(found.values()) < LARGEST, found


def test_staffing_noise_moves_routes_and_neither_occupations_nor_levels() -> None:
    rng = np.random.default_rng(0)
    share = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    bands = np.array([[1.0, 0.0], [0.25, 0.75]])
    noise = draw_route_factors(rng, np.array([1.0, 1.0, 2.0]), 20, 500)
    made = spread_with_noise(np.full((2, 500), 100.0), share, bands, noise)
    assert made[:2].sum(axis=(0, 1)) == pytest.approx(np.full(500, 100.0))
    assert made[2] == pytest.approx(np.tile([[25.0], [75.0]], 500))  # the only route of its occupation
    assert 5 < made[0].sum(axis=0).std() < 30


def test_a_district_s_openings_share_the_area_s_by_its_own_requirement() -> None:
    # two districts, one occupation: 60 and 40 of 100 jobs become 30 and 90 of 120; nobody leaves
    industries = np.array([[[60.0], [30.0]], [[40.0], [90.0]]])
    split = Split(np.eye(2)[:, :, None], np.ones((2, 1)), np.ones((1, 1)), np.ones((1, 1, 2)), np.ones((1, 1)))
    year = next(split_years(industries, np.array([[[100.0], [120.0]]]), np.zeros((1, 1)), split))
    assert year.openings[0, :, 0] == pytest.approx([0.0, 20.0])  # 20 in all, not the 50 of the growing one alone


def test_shares_are_shrunk_by_size_and_a_suppressed_cell_takes_the_prior() -> None:
    jobs = np.array([[[9000.0, 1500, 1500, 1500], [9000, 500, 500, 500]], [[np.nan] * 4, [80.0, 80, 80, 80]]])
    prior = np.array([[0.5, 0.5], [0.6, 0.4]])
    made = shrink_shares(("A", "B"), jobs, prior, 500)
    # 1,500 of 2,000 in the last three years: (1500 * 0.75 + 500 * 0.5) / 2000 and (500 * 0.25 + 500 * 0.5) / 1000
    raw = np.array([0.6875, 0.375])
    assert made.share[0] == pytest.approx(raw / raw.sum())
    assert made.unseen.tolist() == [[False, False], [True, False]]
    assert made.share.sum(axis=1) == pytest.approx([1, 1])
    assert made.jobs[1].tolist() == [0.0, 80.0]


def test_a_district_that_is_suppressed_everywhere_is_an_error_and_not_a_zero() -> None:
    jobs = np.array([[[np.nan], [10.0]], [[np.nan], [20.0]]])
    with pytest.raises(CoverageError, match=r"A: a district has no figure.*What to do"):
        shrink_shares(("A", "B"), jobs, np.full((2, 2), 0.5), 500)
    with pytest.raises(CoverageError, match="do not add to one"):
        shrink_shares(("A", "B"), np.ones((2, 2, 1)), np.full((2, 2), 0.6), 500)


def test_residents_are_counted_where_they_work() -> None:
    residents = np.array([[30.0, 10.0], [20.0, 40.0]])  # two homes, two industries
    flows = np.array([[6.0, 2.0, 2.0], [0.0, 10.0, 0.0]])  # to the first, to the second, elsewhere
    made = move_to_workplace(residents, flows, np.array([0.0, 2.0]))
    # half of all residents work in each industry; 100 residents stand for 20 in the flows, so 2 from outside are 10
    assert made == pytest.approx(np.array([[18.0, 6.0], [6 + 20 + 5, 2 + 40 + 5]]))
    with pytest.raises(CoverageError, match="no working residents"):
        move_to_workplace(residents, np.zeros((2, 3)), np.zeros(2))


def test_a_change_splits_into_national_mix_and_local_parts_that_add_up() -> None:
    before, after = np.array([100.0, 200.0]), np.array([120.0, 190.0])
    parts = describe_shift(before, after, np.array([1000.0, 1000.0]), np.array([1200.0, 1000.0]))
    assert sum(parts) == pytest.approx(after - before)
    assert parts[0] == pytest.approx([10.0, 20.0])  # the nation grew by a tenth
    assert parts[1] == pytest.approx([10.0, -20.0])


def test_many_tables_fit_like_one_by_one() -> None:
    rng = np.random.default_rng(1)
    seed = rng.uniform(0, 1, (4, 3))
    whole = rng.uniform(1, 9, (4, 3, 6))
    made = fit_many(seed, whole.sum(axis=1), whole.sum(axis=0))
    for n in range(6):
        rows, columns = whole[:, :, n].sum(axis=1), whole[:, :, n].sum(axis=0)
        one = fit_groups(seed, [Margin(np.arange(4), np.zeros(3, int), rows[:, None]),
                                Margin(np.zeros(4, int), np.arange(3), columns[None, :])])  # fmt: skip
        table = np.stack([made.column(c)[:, n] for c in range(3)], axis=1)
        assert table == pytest.approx(one.table, rel=1e-4)
    with pytest.raises(CoverageError, match="do not add to one sum"):
        fit_many(seed, np.ones((4, 2)), np.full((3, 2), 9.0))
    with pytest.raises(CoverageError, match="negative or missing"):
        fit_many(seed, np.full((4, 2), np.nan), np.ones((3, 2)))


def test_margins_of_groups_are_met_and_structural_zeros_stay() -> None:
    seed = np.array([[1.0, 2, 0, 1], [1, 1, 1, 1], [0, 3, 1, 2]])
    target = np.array([[4.0, 6.0], [3.0, 7.0]])
    groups = Margin(np.array([0, 0, 1]), np.array([0, 0, 1, 1]), target)
    rows = Margin(np.arange(3), np.zeros(4, int), np.array([[5.0], [5.0], [10.0]]))
    made = fit_groups(seed, [groups, rows])
    assert (made.table[seed == 0] == 0).all()
    assert made.table.sum(axis=1) == pytest.approx([5, 5, 10], rel=1e-5)
    assert made.table[:2, :2].sum() == pytest.approx(4, rel=1e-5)
    assert made.margin_error < 1e-6 and made.passes > 1
    assert made.distance > 0 and measure_distance(seed * 7, seed) == pytest.approx(0)


def test_margins_that_contradict_each_other_do_not_converge_and_say_so() -> None:
    rows = Margin(np.arange(2), np.zeros(2, int), np.array([[1.0], [1.0]]))
    columns = Margin(np.zeros(2, int), np.arange(2), np.array([[1.0, 2.0]]))
    with pytest.raises(CoverageError, match=r"cannot all be met.*1000 passes.*another base"):
        fit_groups(np.ones((2, 2)), [rows, columns])
    with pytest.raises(CoverageError, match="negative or missing"):
        fit_groups(np.ones((2, 2)), [Margin(np.arange(2), np.zeros(2, int), np.array([[1.0], [-1.0]]))])
