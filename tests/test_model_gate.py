"""The model gate: what is published has passed its back-test, and the committed results are those of the real files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lmi.errors import CoverageError, LmiError
from lmi.lookups import read_results
from lmi.pipeline import Settings, run
from lmi.pipeline.answers import accuracy
from lmi.pipeline.backtests import FOLDER, WEIGHTS, refit
from lmi.pipeline.land import land
from lmi.project.gate import judge
from lmi.registry import load, repository_root
from tests.pipeline.builds import AREA, DAY, Built, plainly

SCORES = read_results().scores.table
COVERAGE = (0.75, 0.85)


def weights() -> dict[tuple[str, str], tuple[float, float]]:
    with (repository_root() / FOLDER / WEIGHTS).open(encoding="utf-8", newline="") as file:
        return {
            (r["outturn"], r["breakdown"]): (float(r["weight_own"]), float(r["weight_comparator"]))
            for r in csv.DictReader(file)
        }


def test_the_rule_of_industries_beats_no_change_and_the_first_weights_with_fair_intervals() -> None:
    verdict = judge(SCORES, "fitted", "industry22", "current", "official_history", COVERAGE)
    assert verdict.passes, verdict.breaches


@pytest.mark.parametrize("breakdown", ["industry22", "occupation_submajor", "occupation_major", "qualification"])
def test_what_sets_the_widths_beats_no_change_in_every_breakdown(breakdown: str) -> None:
    verdict = judge(SCORES, "mean_no_change_england", breakdown, "no_change", "official_history", COVERAGE)
    assert verdict.passes, verdict.breaches


def test_the_declared_weights_are_the_fitted_ones() -> None:
    declared = {name: a.value for name, a in load().assumptions.items()}
    own, wide = weights()["official_history", "industry22"]
    assert own == 0  # the area's own past growth earns nothing: it is never carried on
    assert declared["growth_weight_area"] + declared["growth_weight_comparator"] == wide
    assert declared["growth_weight_area"] == declared["growth_weight_comparator"]
    assert declared["growth_weight_no_change"] == 1 - wide


def test_the_baseline_alone_is_too_few_areas_to_fit_on(baseline_build: Built) -> None:
    with pytest.raises(CoverageError, match=r"histories of several areas.*land the file that prints every area"):
        refit(baseline_build.data)


def test_accuracy_sets_every_rule_beside_no_change_for_the_area_and_for_all(baseline_build: Built) -> None:
    answer = accuracy(baseline_build.data, breakdown="industry22", horizon=5)
    rows = answer.rows.to_pylist()
    assert {r["area"] for r in rows} == {"all", AREA}
    flat = [r for r in rows if r["rule"] == "no_change"]
    assert flat and all(r["mase"] == 1 and r["beats_no_change"] is False for r in flat)
    with pytest.raises(LmiError, match=r"no breakdown 'industry'.*industry22"):
        accuracy(baseline_build.data, breakdown="industry", horizon=None)


@pytest.mark.data
def test_the_committed_results_are_those_of_the_publishers_files(shared_data: Path, tmp_path: Path) -> None:
    names = ("dfe/local_skills_data_hub", "ons/bres_employment_by_detailed_industry")
    rows = land([shared_data / name for name in names], tmp_path, load(), DAY)
    assert {row.outcome for row in rows} == {"new"}
    report = run(Settings(data=tmp_path, area_id="", as_of=DAY), plainly)
    assert report.published, report.summary()
    made = refit(tmp_path)
    committed = SCORES.drop_columns("obs_key")
    assert made.scores.num_rows == committed.num_rows
    for theirs, ours in zip(made.scores.to_pylist(), committed.to_pylist(), strict=True):
        assert {
            k: v if isinstance(v, str) or v is None else pytest.approx(v, rel=1e-5) for k, v in theirs.items()
        } == ours
    widths = read_results().widths.table["half_width"].to_pylist()
    assert made.widths["half_width"].to_pylist() == pytest.approx(widths, rel=1e-5)
    fitted = {
        (w["outturn"], w["breakdown"]): (w["weight_own"], w["weight_comparator"]) for w in made.weights.to_pylist()
    }
    assert fitted == weights()
