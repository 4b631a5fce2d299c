"""Rules, weights and scores of the back-test over many areas, against sums done by hand and the method note's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lmi.errors import CoverageError
from lmi.project.check import bring_to_dates, score_official
from lmi.project.gate import judge, to_publish
from lmi.project.inputs import grid
from lmi.project.panel import (
    RULES,
    Panel,
    apply_weights,
    fit_weights,
    forecast,
    make_panel,
    measure_moments,
    stand_at,
)  # fmt: skip
from lmi.project.scores import Trial, fit_for_publication, hold_out_widths, roll, score
from tests.project.standin import AREA, ENGLAND, official_views

YEARS = np.arange(2010, 2021)
EDGES = np.array([5000.0])


def panel(values: np.ndarray, wide: np.ndarray) -> Panel:
    areas, codes = tuple(f"A{n}" for n in range(len(values))), tuple(f"C{n}" for n in range(values.shape[1]))
    return Panel("industry22", areas, codes, YEARS[: values.shape[2]], values, wide)


def trial(first: int = 2012, longest: int = 3, folds: int = 2, leave_out: tuple[int, ...] = ()) -> Trial:
    return Trial(first, longest, 5, folds, EDGES, 0.8, leave_out, (0.5, 0.25))


def invented(seed: int, areas: int = 8, codes: int = 5) -> Panel:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, 0.05, (areas, codes, len(YEARS)))
    wide = 9000 * np.exp(np.cumsum(rng.normal(0.01, 0.03, (codes, len(YEARS))), axis=1))
    return panel(rng.uniform(1000, 9000, (areas, codes, 1)) * np.exp(np.cumsum(steps, axis=2)), wide)


def test_an_origin_knows_nothing_of_later_years() -> None:
    one = invented(1)
    later = panel(one.values.copy(), one.comparator.copy())
    later.values[:, :, 6:] *= 7
    later.comparator[:, 6:] *= 3
    for rule in RULES[:6]:
        assert np.array_equal(forecast(stand_at(one, 2015, 5), 3, rule, (0.5, 0.25)),
                              forecast(stand_at(later, 2015, 5), 3, rule, (0.5, 0.25)))  # fmt: skip
    first, second = roll(one, trial()), roll(later, trial())
    assert np.array_equal(first.fitted[:4], second.fitted[:4])  # origins 2012 to 2015: only errors known by then
    for rule in ("fitted", "guarded", "reconciled"):
        assert np.array_equal(first.predicted[rule][:4], second.predicted[rule][:4])


def test_weights_of_an_area_are_fitted_without_it() -> None:
    one = invented(2)
    moved = panel(one.values.copy(), one.comparator)
    moved.values[0, :, 3:] *= np.exp(0.2 * np.arange(8))  # the first area booms; it is scored in the first fold
    first, second = roll(one, trial()), roll(moved, trial())
    assert np.array_equal(first.fitted[:, 0], second.fitted[:, 0])
    assert not np.array_equal(first.fitted[:, 1], second.fitted[:, 1])


def test_weights_find_the_rule_that_made_the_figures() -> None:
    years = np.arange(len(YEARS))
    own = np.stack([100 * np.exp(0.02 * years), 100 * np.exp(-0.01 * years)])
    wide = np.stack([50 * np.exp(0.04 * years), 50 * np.exp(-0.02 * years)])
    moments = measure_moments(panel(np.stack([own, own]), wide), 2012, 3, 5, ())
    everyone = np.ones(2, dtype=bool)
    found = fit_weights(moments, 2020, everyone)
    # growth is its own past and half the wider area's: any mixture of the two on that line fits
    assert found[0] + 2 * found[1] == pytest.approx(1, abs=1e-9)
    assert fit_weights(moments, 2012, everyone) == (0.0, 0.0)  # nothing is known yet: no change
    flat = panel(np.full((2, 2, 11), 100.0), wide)
    assert fit_for_publication(flat, trial()) == (0.0, 0.0)


def test_pandemic_targets_are_tested_and_not_fitted() -> None:
    one = invented(3)
    moved = panel(one.values.copy(), one.comparator)
    moved.values[:, :, -1] /= 2  # 2020
    assert fit_for_publication(one, trial(leave_out=(2020,))) == fit_for_publication(moved, trial(leave_out=(2020,)))
    assert not np.array_equal(roll(one, trial()).actual, roll(moved, trial()).actual)


def test_scores_are_the_hand_sums() -> None:
    # one area of two codes, no trend at the origin 2012: 100, 300; a year later 110, 270
    values = np.array([[[100, 100, 100, 110], [300, 300, 300, 270.0]]])
    made = roll(panel(np.concatenate([values, values]), np.ones((2, 4))), trial(longest=1))
    rows = {(r["rule"], r["area_code"]): r for r in score(made, "history").to_pylist()}
    flat = rows["no_change", "A0"]
    assert flat["wmape"] == pytest.approx(100 * 40 / 380)
    assert (flat["mase"], flat["forecasts"], flat["direction"], flat["rank_correlation"]) == (1.0, 2, None, None)
    assert flat["pinball_50"] == pytest.approx(50 * 40 / 380)  # half the absolute error
    assert flat["pinball_10"] is None and flat["coverage"] is None  # one origin: no other one to take a width from
    assert rows["no_change", "_T"]["areas"] == 2


def test_intervals_are_held_out_by_area_and_origin() -> None:
    made = roll(invented(4), trial())
    half = hold_out_widths(made, "no_change")
    error, bands = np.abs(made.log_error("no_change")), made.bands()
    others = error[1:, 0][:, made.folds == 1][bands[1:][:, made.folds == 1] == bands[0, 0, 0]]
    ordered = np.sort(others[~np.isnan(others)])
    assert half[0, 0, 0, 0] == ordered[int(np.ceil(0.8 * (len(ordered) + 1))) - 1]
    scored = [r for r in score(made, "history").to_pylist() if r["area_code"] == "_T" and r["horizon"] == 1]
    assert all(0.6 < r["coverage"] < 0.95 for r in scored)


def test_direction_and_rank_are_those_of_growth() -> None:
    years = np.arange(5)
    values = np.array([[100 + 10 * years, 100 - 5 * years, 100 + 20 * years, 100 - 20 * years]], dtype=float)
    made = roll(panel(np.concatenate([values, values]), np.ones((4, 5))), trial(longest=1))
    found = next(r for r in score(made, "history").to_pylist() if r["rule"] == "own_drift")
    assert (found["direction"], found["wmape"]) == (1.0, 0.0)
    assert found["rank_correlation"] == pytest.approx(1.0)


def test_a_panel_leaves_out_an_area_with_a_hole_and_says_which() -> None:
    rows = [(a, c, y, 10.0 * n) for n, a in enumerate("PQW", 1) for c in "xy" for y in (2010, 2011)]
    rows[1] = (*rows[1][:3], None)
    table = pa.table({n: [r[i] for r in rows] for i, n in enumerate(("area_code", "code", "year", "value"))})
    made, lost = make_panel("industry22", table, "W")
    assert (made.areas, lost, made.comparator.tolist()) == (("Q",), ("P",), [[30.0, 30.0], [30.0, 30.0]])
    summed, _ = make_panel("industry22", table, None)
    assert summed.comparator[0].tolist() == [50.0, 50.0]
    with pytest.raises(CoverageError, match="wider area"):
        make_panel("industry22", table, "Z")


def test_the_official_path_is_read_at_the_survey_s_dates_and_scored_beside_no_change() -> None:
    yearly = Panel("o", ("A",), ("x",), np.array([2020, 2021, 2022]), np.array([[[100.0, 120.0, 80.0]]]),
                   np.array([[100.0, 100.0, 100.0]]))  # fmt: skip
    path = bring_to_dates(yearly, 3 / 4)
    assert path.values[0, 0].tolist() == [105.0, 110.0]
    actual = Panel("o", ("A",), ("x",), np.array([2021, 2022]), np.array([[[210.0, 220.0]]]), np.array([[1.0, 1.0]]))
    rows = {r["rule"]: r for r in score_official(actual, path, (0.5, 0.25), "survey").to_pylist() if r["areas"] == 1}
    assert rows["official"]["wmape"] == pytest.approx(0)
    assert rows["no_change"]["wmape"] == pytest.approx(100 * 10 / 220)
    assert rows["official"]["direction"] == 1.0
    halfway = 210 * (110 / 105) ** 0.5
    assert rows["published"]["wmape"] == pytest.approx(100 * (220 - halfway) / 220)


def graded(**errors: tuple[float, float, float]) -> pa.Table:
    return pa.Table.from_pylist([
        {"outturn": "h", "breakdown": "b", "area_code": "_T", "rule": rule, "horizon": h, "wmape": w, "coverage": c}
        for rule, (three, five, c) in errors.items() for h, w in ((3, three), (5, five))
    ])  # fmt: skip


def test_the_gate_lets_through_what_beats_both_and_covers_enough() -> None:
    scores = graded(no_change=(8, 10, 0.8), current=(9, 12, 0.8), new=(7, 9, 0.8), weak=(7, 10, 0.8), wide=(7, 9, 0.9))
    pair = (0.75, 0.85)
    assert judge(scores, "new", "b", "current", "h", pair).passes
    assert judge(scores, "weak", "b", "current", "h", pair).breaches == (
        "weak errs by 10.000% at 5 years, no_change by 10.000%",
    )
    assert len(judge(scores, "wide", "b", "current", "h", pair).breaches) == 2
    verdicts = [judge(scores, r, "b", "current", "h", pair) for r in ("new", "weak")]
    assert [to_publish([v])["b"] for v in verdicts] == ["new", "no_change"]
    with pytest.raises(CoverageError, match="gate lacks scores"):
        judge(scores, "new", "b", "absent", "h", pair)


NAMES = {
    "no_change": "no_change", "local_drift": "own_drift", "half_local_drift": "half_own_drift",
    "england_past_growth": "england_growth", "mean_no_change_and_england_past": "mean_no_change_england",
}  # fmt: skip
PLACES = {
    "22 industries": "industry22", "26 occupations": "occupation_submajor", "9 occupations": "occupation_major",
    "9 qualifications": "qualification",
}  # fmt: skip
COLUMNS = {"industry22": "industry", "qualification": "qualification"}


@pytest.mark.data
def test_every_row_of_the_method_note_s_table_comes_out(shared_method: Path) -> None:
    views = official_views(shared_method)
    printed = pd.read_csv(shared_method / "naive_backtest_lancashire.csv")
    assert len(printed) == 72
    for row in printed.itertuples():
        name = PLACES[row.categories]
        ours, theirs = (
            grid(views[f"projected_jobs_by_{name}"], a, COLUMNS.get(name, "occupation")) for a in (AREA, ENGLAND)
        )
        history = ours.years <= 2020
        one = Panel(name, (AREA,), ours.codes, ours.years[history], ours.values[None][:, :, history],
                    theirs.take(ours.codes, theirs.years[history]).values)  # fmt: skip
        origin, reach = stand_at(one, row.origin, 5), row.target - row.origin
        actual = one.values[0, :, row.target - 2010]
        if row.method == "england_actual_growth_perfect_foresight":
            wide = np.log(one.comparator[:, row.target - 2010] / one.comparator[:, row.origin - 2010]) / reach
            made = apply_weights(
                type(origin)(origin.year, origin.now, origin.own, origin.own_step, wide), reach, (0.0, 1.0)
            )
        else:
            made = forecast(origin, reach, NAMES[row.method], (0.0, 0.0))
        error = np.abs(made[0] - actual)
        assert 100 * error.sum() / actual.sum() == pytest.approx(row.wmape_pct, abs=0.006), row
        assert 100 * (error / actual).mean() == pytest.approx(row.mape_pct, abs=0.006), row
