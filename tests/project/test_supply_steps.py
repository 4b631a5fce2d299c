"""Step S3, the gap and the verdict against sums done by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmi.errors import CoverageError
from lmi.project.apprenticeships import Apprenticeships, Detail, count_achievements, full_year, latest_full_year
from lmi.project.gap import add_totals, allow_for_absent, measure_gap, spread_over_routes, to_people
from lmi.project.inputs import Assumptions
from lmi.project.ipf import fit_margins
from lmi.project.keys import BANDS
from lmi.project.provision import Classroom, count_classroom
from lmi.project.quality import Chances, Quality, Words, by_base, of_gap, verdict_rule
from lmi.project.supply import Rates, convert
from tests.project.standin import assumptions
from tests.project.test_demand_steps import declare, grid_of, map_of

ROUTES = ("care", "engineering", "not_assigned")


def rows(*cells: dict[str, object]) -> pa.Table:
    base = {"period_kind": "academic_year", "status": "ok", "period_start": date(2024, 8, 1), "detail": "_T"}
    return pa.Table.from_pylist([base | {"obs_key": n} | c for n, c in enumerate(cells)])


def test_each_provider_sends_its_learners_where_its_own_standards_lead() -> None:
    home = rows(
        {"area_code": "X", "year": 2025, "provider": "Good College (10000001)", "value": 10.0},
        {"area_code": "Y", "year": 2025, "provider": "GOOD COLLEGE (10000001)", "value": 30.0},
        {"area_code": "Y", "year": 2025, "provider": "Small Ltd (10000002)", "value": 6.0},
    )
    standards = rows(
        {"provider": "10000001", "qualification": "APP-2", "subject": "1.3", "detail": "carer", "value": 1.0},
        {"provider": "10000001", "qualification": "APP-3", "subject": "4.1", "detail": "fitter", "value": 3.0},
        {"provider": "10000009", "qualification": "APP-4", "subject": "4.1", "detail": "old_framework", "value": 4.0},
    )
    made = count_achievements(
        home, standards, 2025, ROUTES, map_of(("carer", "care", 1), ("fitter", "engineering", 1)),
        map_of(("carer", "RQF2", 1), ("fitter", "RQF3", 1)), map_of(("4.1", "engineering", 0.5)),
    )  # fmt: skip
    # provider 1: 40 learners, a quarter carers. Provider 2 has no mix: nation 1:3:4 of 6 learners
    assert made.by_route[0, BANDS.index("2")] == pytest.approx(10 + 6 / 8)
    assert made.by_route[1, BANDS.index("3")] == pytest.approx(30 + 6 * 3 / 8)
    assert made.by_route[1, BANDS.index("4-5")] == pytest.approx(6 * 4 / 8 * 0.5)
    assert made.by_route[2, BANDS.index("4-5")] == pytest.approx(6 * 4 / 8 * 0.5)
    assert made.by_route.sum() == pytest.approx(46)
    assert made.by_level.tolist() == pytest.approx([10.75, 32.25, 3])
    assert made.without_mix == pytest.approx(6 / 46)
    assert made.standards_unmatched == pytest.approx(3 / 46)
    first = made.providers.index("10000001")
    assert {0, 1} <= set(made.provider_keys[first].tolist())


def test_part_of_a_year_is_never_used_as_a_year() -> None:
    table = rows(
        {"area_code": "X", "year": 2025, "value": 5.0},
        {"area_code": "X", "year": 2026, "value": 4.0, "period_kind": "academic_year_part"},
    )
    assert latest_full_year(table) == 2025
    assert full_year(table, ["X"], 2026).num_rows == 0
    with pytest.raises(CoverageError, match="whole academic year"):
        latest_full_year(table.slice(1))


LEVELS = ("FE-ESS", "FE-B2", "FE-2", "FE-2F", "FE-3", "FE-3F", "FE-4", "FE-NA")


def test_full_levels_stand_inside_levels_and_apprentices_are_taken_out_once() -> None:
    levels = grid_of(LEVELS, [2024], [[40], [100], [200], [50], [120], [80], [30], [999]])
    subjects = grid_of(("1", "14"), [2024], [[300], [200]])
    made = count_classroom(levels, subjects, np.array([20.0, 70.0, 45.0]), 2024,
                           declare(life_and_work_seed_at_level_3_and_above=0))  # fmt: skip
    assert made.bands == ("below_2", "2", "3", "4-5")
    assert made.full.tolist() == [100, 30, 10, 0]  # 50 - 20, 80 - 70, 30 - 45 is none
    assert made.short.tolist() == [0, 150, 40, 0]  # 200 - 20 - 30, 120 - 70 - 10
    assert made.subject_share.sum(axis=0) == pytest.approx([1, 1, 1, 1])
    assert made.subject_share[1, 2] == pytest.approx(0, abs=1e-4)  # no preparation for life and work at level 3
    assert made.learners_per_aim == pytest.approx((40 + 100 + 180 + 50) / 500)
    assert made.margin_error < 1e-6


@given(st.integers(0, 10_000))
def test_a_fitted_table_meets_both_margins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seed_table = rng.uniform(0.1, 5, (6, 4))
    rows_, columns = rng.uniform(1, 1000, 6), rng.uniform(1, 1000, 4)
    fit = fit_margins(seed_table, rows_, columns)
    assert fit.table.sum(axis=1) == pytest.approx(rows_, rel=1e-6)
    assert fit.table.sum(axis=0) == pytest.approx(columns * rows_.sum() / columns.sum(), rel=1e-6)
    assert (fit.table >= 0).all()


def test_margins_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(CoverageError, match="margin"):
        fit_margins(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([5.0, 5.0]), np.array([5.0, 5.0]))


NO_DETAIL = Detail((), (), np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros((0, 0)))


def converted(match: float) -> tuple[np.ndarray, np.ndarray]:
    trained = np.zeros((3, len(BANDS)))
    trained[1, BANDS.index("3")] = 80
    apprentices = Apprenticeships(2025, trained, np.zeros(3), (), (), np.zeros((0, 3, 6), bool), 0, 0, 0, NO_DETAIL)
    classroom = Classroom(2024, ("2",), np.array([100.0]), np.array([200.0]), ("1",), np.array([[1.0]]), 1, 0, ())
    one = np.asarray
    rates = Rates((one(0.6),), one(0.9), one(0.5), one(match), one(0.1))
    made = convert(apprentices, classroom, np.array([[0.75, 0.0, 0.25]]), rates)
    return made.apprenticeships, made.classroom


def test_inflow_is_learners_times_employed_times_staying_times_matched() -> None:
    _, taught = converted(0.8)
    people = (100 + 0.1 * 200) * 0.6 * 0.9
    assert taught[0, BANDS.index("2")] == pytest.approx(people * 0.75 * 0.5)
    assert taught[2, BANDS.index("2")] == pytest.approx(people * (0.25 + 0.75 * 0.5))  # the unmatched are not lost
    assert taught.sum() == pytest.approx(people)


def test_apprentices_need_no_job_found_and_are_counted_by_achievement() -> None:
    trained, _ = converted(0.8)
    assert trained[1, BANDS.index("3")] == pytest.approx(80 * 0.8)
    assert trained.sum() == pytest.approx(80)


def test_jobs_become_people_before_anyone_is_subtracted() -> None:
    gap, cover = measure_gap(to_people(np.array([104.0]), 0.04), np.array([25.0]))
    assert gap.tolist() == pytest.approx([75])
    assert cover.tolist() == pytest.approx([0.25])


def test_openings_over_routes_and_levels_add_to_what_was_spread() -> None:
    share, held = np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([[0.2, 0.8], [1.0, 0.0]])
    made = spread_over_routes(np.array([10.0, 20.0]), share, held)
    assert made.tolist() == [pytest.approx([1, 4]), pytest.approx([21, 4])]
    assert add_totals(made)[-1, -1] == pytest.approx(30)


def test_every_route_is_allowed_at_least_the_mean_of_the_absent_stream() -> None:
    made = allow_for_absent(np.array([[90.0], [0.0], [90.0]]), np.array([0.5]))
    assert made.ravel().tolist() == [45, 22.5, 45]


DECLARED = Assumptions(assumptions())


def judge(
    band: str, narrow: float, wide: float, strict: float, mapped: float = 1.0, cover: float = 0.5, code: str = "care"
) -> tuple[str, str]:
    words = Words()
    base = by_base(np.array([[20000.0]]), DECLARED, words, "people")
    cells = Chances(*(np.array([[x]]) for x in (narrow, wide, strict, mapped, cover)))
    made: Quality = of_gap(base, [code], [band], cells, DECLARED, words)
    return "ABC"[int(made.level[0, 0])], words.texts[int(made.reason[0, 0])]


@pytest.mark.parametrize(
    ("narrow", "wide", "strict", "mapped", "given"),
    [
        (0.80, 0.9, 0.80, 1.0, "B"),  # a shortfall that survives the allowance
        (0.80, 0.9, 0.79, 1.0, "C"),  # one that does not
        (0.20, 0.20, 0.1, 0.6, "B"),  # a surplus that survives
        (0.20, 0.21, 0.1, 1.0, "C"),  # unmapped openings would undo it
        (0.20, 0.20, 0.1, 0.59, "C"),  # too few jobs have a route
        (0.79, 0.9, 0.5, 1.0, "B"), (0.21, 0.9, 0.1, 1.0, "B"),  # too close to call may be said
    ],
)  # fmt: skip
def test_a_claim_must_survive_what_is_left_out(
    narrow: float, wide: float, strict: float, mapped: float, given: str
) -> None:
    assert judge("3", narrow, wide, strict, mapped)[0] == given


def test_a_shortfall_is_not_claimed_where_jobs_are_filled_otherwise() -> None:
    assert judge("3", 0.99, 0.99, 0.99, cover=0.33)[0] == "B"
    assert judge("3", 0.99, 0.99, 0.99, cover=0.32)[0] == "C"
    assert "filled without" in judge("3", 0.99, 0.99, 0.99, cover=0.32)[1]


def test_one_year_of_low_cover_is_enough_not_to_claim_a_shortfall_in_any() -> None:
    words, years = Words(), np.full((1, 2), 0.99)
    base = by_base(np.full((1, 2), 20000.0), DECLARED, words, "people")
    cells = Chances(years, years, years, years, np.array([[0.34, 0.32]]))
    assert of_gap(base, ["care"], ["3"], cells, DECLARED, words).level.tolist() == [[2, 2]]


@pytest.mark.parametrize("band", ["6", "7+", "below_2", "_T"])
def test_levels_whose_main_inflow_is_absent_say_nothing(band: str) -> None:
    assert judge(band, 0.99, 0.99, 0.99) == ("C", judge(band, 0.01, 0.01, 0.01)[1])
    assert "no verdict" in judge(band, 0.99, 0.99, 0.99)[1]


@pytest.mark.parametrize("code", ["not_assigned", "_T"])
def test_what_has_no_route_is_not_a_gap(code: str) -> None:
    assert judge("3", 0.99, 0.99, 0.99, code=code)[0] == "C"


def test_classes_follow_the_publishers_own_limits() -> None:
    words = Words()
    made = by_base(np.array([[10000.0, 9999.0, 1000.0, 999.0]]), DECLARED, words, "people")
    assert made.level.tolist() == [[0, 1, 1, 2]]
    assert "10,000 or more" in words.texts[int(made.reason[0, 0])]


def test_the_verdict_rule_has_the_fixed_words() -> None:
    rule = verdict_rule(DECLARED)
    assert rule["shortfall likely"] == "probability >= 0.8"
    assert rule["surplus likely"] == "probability <= 0.2"
    assert "too close to call" in rule
