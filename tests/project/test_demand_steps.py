"""Steps D1 to D8 against sums done by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmi.errors import CoverageError
from lmi.project.demand import combine_growth, read_register, rebase_level, scale_to_total
from lmi.project.inputs import Assumptions, Grid, Mapping
from lmi.project.qualification import apply_mix, interpolate_mix
from lmi.project.replacement import convert_rates, make_flows
from lmi.project.routes import share_routes
from lmi.project.sectors import share_sectors


def grid_of(codes: tuple[str, ...], years: list[int], values: list[list[float]], first_key: int = 0) -> Grid:
    made = np.array(values, dtype=float)
    return Grid(codes, np.array(years), made, np.arange(made.size).reshape(made.shape) + first_key)


def map_of(*rows: tuple[str, str, float]) -> Mapping:
    return Mapping(
        np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), np.array([r[2] for r in rows]),
        np.arange(len(rows)) + 1000,
    )  # fmt: skip


def declare(**values: float) -> Assumptions:
    names = list(values)
    numbers, keys = [float(v) for v in values.values()], [9000 + n for n in range(len(names))]
    return Assumptions(pa.table({"assumption_id": names, "value": numbers, "obs_key": keys}))


BASIC = {"k_lower": 1, "k_upper": 2, "pandemic_first_year": 2020, "pandemic_last_year": 2021}
TO_INDUSTRY = map_of(("01", "A", 1), ("10", "B", 1), ("11", "B", 1), ("62", "C", 1))


def test_the_level_is_register_jobs_times_the_mean_ratio_outside_the_pandemic() -> None:
    bres = grid_of(("01", "10", "11", "62"), [2018, 2019, 2020, 2021],
                   [[10, 10, 10, 10], [60, 70, 60, 50], [40, 30, 40, 30], [10, 10, 10, 20]])  # fmt: skip
    path = grid_of(("A", "B", "C"), [2018, 2019, 2020, 2021], [[5, 5, 5, 6], [110, 130, 500, 999], [50, 30, 1, 1]])
    register = read_register(bres, path.codes, TO_INDUSTRY, "X")
    level = rebase_level(register, path, declare(**BASIC, level_from_projection_A=1))
    assert level.year == 2021
    assert level.overlap.tolist() == [2018, 2019]
    assert level.lift[1] == pytest.approx((1.1 + 1.3) / 2)
    assert level.jobs.tolist() == pytest.approx([6, 80 * 1.2, 20 * 2.0])  # A as projected, B lifted, C held at the top


def test_fewer_jobs_than_the_register_are_not_believed() -> None:
    bres = grid_of(("10",), [2019, 2021], [[100, 100]])
    path = grid_of(("B",), [2019, 2021], [[80, 80]])
    level = rebase_level(read_register(bres, path.codes, TO_INDUSTRY, "X"), path, declare(**BASIC))
    assert level.jobs.tolist() == [100]


def test_an_empty_register_says_which_area_and_what_to_do() -> None:
    empty = Grid((), np.array([], dtype=int), np.empty((0, 0)), np.empty((0, 0), int))
    with pytest.raises(CoverageError, match=r"E00000001.*What to do"):
        read_register(empty, ("A",), TO_INDUSTRY, "E00000001")


def test_a_division_without_an_industry_stops_the_projection() -> None:
    bres = grid_of(("99",), [2021], [[5]])
    with pytest.raises(CoverageError, match="99"):
        read_register(bres, ("A",), TO_INDUSTRY, "X")


def test_growth_is_the_weighted_geometric_mean_of_three_paths() -> None:
    made = combine_growth(np.array([200.0]), np.array([[100.0, 121.0]]), np.array([[50.0, 40.5]]), (0.5, 0.25, 0.25))
    assert made[0, 0] == 200
    assert made[0, 1] == pytest.approx(200 * 1.21**0.5 * 0.81**0.25)


def test_an_industry_that_starts_at_nothing_stays_where_it_is() -> None:
    made = combine_growth(np.array([0.0, 7.0]), np.array([[0.0, 5.0], [0.0, 5.0]]), np.ones((2, 2)), (0.5, 0.25, 0.25))
    assert made.tolist() == [[0, 0], [7, 7]]


def test_occupations_are_scaled_to_the_total_of_each_year() -> None:
    made = scale_to_total(np.array([[30.0, 10.0], [10.0, 30.0]]), np.array([80.0, 20.0]))
    assert made.tolist() == [[60, 5], [20, 15]]


def test_replacement_is_the_rate_times_mean_stock_and_openings_are_floored() -> None:
    flows = make_flows(np.array([[100.0, 110.0, 90.0], [50.0, 40.0, 20.0]]), np.array([0.1, 0.2]))
    assert flows.replacement == pytest.approx(np.array([[10.5, 10.0], [9.0, 6.0]]))
    assert flows.requirement == pytest.approx(np.array([[20.5, -10.0], [-1.0, -14.0]]))
    assert flows.openings == pytest.approx(np.array([[20.5, 0.0], [0.0, 0.0]]))
    assert flows.total().openings == pytest.approx(np.array([[20.5, 0.0]]))  # floored first, then summed
    assert flows.total().requirement == pytest.approx(np.array([[19.5, -24.0]]))


def test_replacement_by_another_breakdown_is_scaled_to_the_total() -> None:
    flows = make_flows(np.array([[10.0, 10.0], [30.0, 30.0]]), np.array([0.1, 0.1]), np.array([8.0]))
    assert flows.replacement.ravel().tolist() == pytest.approx([2, 6])


def test_a_rate_is_the_span_over_the_sum_of_mean_stocks() -> None:
    rates = convert_rates(np.array([60.0]), np.array([[100.0, 120.0, 80.0]]))
    assert rates[0] == pytest.approx(60 / (110 + 100))


def test_held_shares_move_in_a_straight_line_of_log_odds() -> None:
    made = interpolate_mix(np.array([[[20.0, 80.0], [80.0, 20.0]]]), np.array([2020, 2030]), np.arange(2020, 2031))
    assert made[0, 0, 0] == pytest.approx(0.2)
    assert made[0, 0, 5] == pytest.approx(0.5)  # log-odds -1.386 and 1.386
    assert made[0, 0, 2] == pytest.approx(1 / (1 + 4 ** (0.6)))
    assert made[0, 0, 10] == pytest.approx(0.8)


def test_a_share_of_zero_at_one_end_moves_in_a_straight_line() -> None:
    held = np.array([[[0.0, 40.0], [100.0, 60.0]]])
    made = interpolate_mix(held, np.array([2020, 2030]), np.array([2020, 2025, 2030]))
    assert made[0, 0, 0] == 0
    assert made[0, 0, 2] == pytest.approx(0.4)
    assert 0 < made[0, 0, 1] < 0.4


def test_a_year_outside_the_published_mix_is_refused() -> None:
    with pytest.raises(CoverageError, match="2020 to 2031"):
        interpolate_mix(np.ones((1, 2, 2)), np.array([2020, 2030]), np.arange(2020, 2032))


@given(st.integers(0, 10_000))
def test_held_shares_add_to_one_in_every_year(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = rng.uniform(0, 1000, (3, 9, 3)) * (rng.random((3, 9, 3)) > 0.2)
    held[:, 0] += 1
    made = interpolate_mix(held, np.array([2015, 2020, 2035]), np.arange(2015, 2036))
    assert made.sum(axis=1) == pytest.approx(np.ones((3, 21)))
    assert (made >= 0).all()
    jobs = rng.uniform(0, 1000, (3, 21))
    assert apply_mix(jobs, made).sum(axis=0) == pytest.approx(jobs.sum(axis=0))


def test_routes_follow_unit_groups_and_the_rest_is_not_assigned() -> None:
    units = map_of(("10", "1111", 0.2), ("10", "1112", 0.2), ("62", "1111", 0.5), ("62", "2111", 0.5))
    groups = map_of(("10", "11", 0.5), ("10", "21", 0.5), ("62", "11", 0.5), ("62", "21", 0.5))
    to_route = map_of(("1111", "digital", 0.6), ("2111", "digital", 1.0))
    made = share_routes(("11", "21", "31"), ("10", "62"), np.array([100.0, 10.0]), ("digital", "not_assigned"),
                        units, groups, to_route)  # fmt: skip
    # division 10: 0.2 and 0.2 are lifted to 0.25 each -> 25 and 25; division 62: 5 in 1111 -> unit 1111 is 30 of 55
    assert made.share[0] == pytest.approx([30 / 55 * 0.6, 1 - 30 / 55 * 0.6])
    assert made.share[1] == pytest.approx([1, 0])
    assert made.share[2].tolist() == [0, 1]  # no unit group is known there
    assert made.wide[0].tolist() == [1, 0]
    assert made.wide[2].tolist() == [0, 1]
    assert made.share.sum(axis=1) == pytest.approx([1, 1, 1])


def test_a_sector_counts_a_subclass_once_and_takes_size_from_divisions() -> None:
    bres = grid_of(("10", "11", "62"), [2020, 2021], [[90, 100], [50, 100], [40, 50]])
    register = read_register(bres, ("A", "B", "C"), TO_INDUSTRY, "X")
    fine = grid_of(("10110", "10120", "11010", "62010", "62020"), [2020, 2021],
                   [[1, 30], [1, 50], [1, 90], [1, 20], [1, 20]], 500)  # fmt: skip
    members = pa.table({
        "sector_id": ["food", "food", "food", "it", "it"], "industry": ["1011", "10110", "99", "62", "6201"],
        "weight": [1.0, 1.0, 1.0, 1.0, 1.0], "obs_key": [1, 2, 3, 4, 5],
    })  # fmt: skip
    made = share_sectors(members, register, fine)
    assert made.sectors == ("food", "it")
    assert made.share[1, 0] == pytest.approx(100 * 30 / 80 / 200)  # 30 of 80 in division 10, 100 of group B's 200
    assert made.share[2, 1] == 1.0  # the division, not the division and a class of it
    assert made.share[0].tolist() == [0, 0]
    assert made.unresolved == ("food: 99",)
    assert {1, 2, 3} <= set(made.keys[0].tolist())
