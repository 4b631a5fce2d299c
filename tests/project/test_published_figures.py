"""Against what the publisher and the method note print. Oracles: external_checks.csv, naive_backtest_lancashire.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmi.project.backtest import METHODS
from lmi.project.run import ProjectionResult
from tests.project.standin import AREA

pytestmark = pytest.mark.data


def take(figures: pd.DataFrame, scenario: str, measure: str, breakdown: str = "total") -> pd.DataFrame:
    rows = figures[(figures.scenario == scenario) & (figures.measure == measure) & (figures.breakdown == breakdown)]
    return rows[rows.level == "_T"]


def test_official_jobs_are_the_published_totals(figures: pd.DataFrame) -> None:
    jobs = take(figures, "official", "jobs").set_index("year").p50
    for year, published in ((2010, 696217), (2015, 707007), (2019, 738299), (2020, 722011), (2035, 772749)):
        assert jobs[year] == pytest.approx(published, abs=1)


def test_official_net_change_over_the_span_is_the_published_one(figures: pd.DataFrame) -> None:
    change = take(figures, "official", "net_change")
    assert change[change.year > 2020].p50.sum() == pytest.approx(50738, abs=1)


def test_official_replacement_over_the_span_is_within_half_a_per_cent_of_print(figures: pd.DataFrame) -> None:
    assert take(figures, "official", "replacement").p50.sum() == pytest.approx(358348, rel=0.005)


def test_the_published_compound_rate_would_have_understated_replacement(figures: pd.DataFrame) -> None:
    jobs = take(figures, "official", "jobs").set_index("year").p50
    wrong = sum(0.0272 * (jobs[y] + jobs[y - 1]) / 2 for y in range(2021, 2036))
    assert wrong < 0.86 * 358348


@pytest.mark.parametrize(
    ("major", "published"), [("1", 47599), ("2", 114353), ("4", 28481), ("5", 24109), ("6", 61340)]
)
def test_official_requirement_by_major_group_is_the_published_one(
    figures: pd.DataFrame, major: str, published: int
) -> None:
    need = take(figures, "official", "total_requirement", "occupation_major")
    assert need[need.code == major].p50.sum() == pytest.approx(published, rel=0.005)


@pytest.mark.parametrize(
    ("sector", "published"),
    [("S6-1", 281), ("S6-2", -11394), ("S6-3", 2078), ("S6-4", 14983), ("S6-5", 13145), ("S6-6", 31645)],
)
def test_official_net_change_by_sector_is_the_published_one(figures: pd.DataFrame, sector: str, published: int) -> None:
    change = take(figures, "official", "net_change", "sector6")
    assert change[(change.code == sector) & (change.year > 2020)].p50.sum() == pytest.approx(published, abs=2)


def test_the_negative_requirement_at_level_one_is_kept(figures: pd.DataFrame) -> None:
    need = take(figures, "official", "total_requirement", "qualification")
    assert need[need.code == "RQF1"].p50.sum() == pytest.approx(-10500, rel=0.01)
    free = take(figures, "official", "openings", "qualification")
    assert (free[free.code == "RQF1"].p50 >= 0).all()


def test_manufacturing_loses_jobs_and_still_needs_people(figures: pd.DataFrame) -> None:
    need = take(figures, "official", "total_requirement", "sector6")
    assert need[need.code == "S6-2"].p50.sum() == pytest.approx(22234, rel=0.01)


def test_official_figures_claim_no_interval(figures: pd.DataFrame) -> None:
    official = figures[figures.scenario == "official"]
    assert official[["p10", "p90", "probability"]].isna().all().all()


def test_rebased_level_is_near_the_register_plus_the_self_employed(figures: pd.DataFrame) -> None:
    ours = take(figures, "rebased", "jobs").set_index("year").p50
    official = take(figures, "official", "jobs").set_index("year").p50
    assert ours.index.min() == 2021
    assert ours[2021] == pytest.approx(official[2021], rel=0.03)


NAMES = {
    "no_change": "no_change", "local_drift": "own_drift", "half_local_drift": "half_own_drift",
    "england_past_growth": "england_growth", "mean_no_change_and_england_past": "mean_no_change_england",
}  # fmt: skip
PLACES = {
    "22 industries": "industry22", "26 occupations": "occupation_submajor",
    "9 occupations": "occupation_major", "9 qualifications": "qualification",
}  # fmt: skip


def test_backtest_errors_are_those_of_the_method_note(result: ProjectionResult, shared_method: Path) -> None:
    printed = pd.read_csv(shared_method / "naive_backtest_lancashire.csv")
    printed = printed[printed.method.isin(NAMES)]
    ours = result.backtest.to_pandas()
    five = ours[ours.horizon == 5].dropna(subset="actual").assign(miss=lambda d: (d.predicted - d.actual).abs())
    sums = five.groupby(["breakdown", "origin", "method"])[["miss", "actual"]].sum()
    wmape = 100 * sums.miss / sums.actual
    for row in printed.itertuples():
        found = wmape[(PLACES[row.categories], row.origin, NAMES[row.method])]
        assert found == pytest.approx(row.wmape_pct, abs=0.006), row


@pytest.mark.parametrize(
    ("breakdown", "printed"),
    [
        ("industry22", (6.7, 11.4, 8.5, 9.7, 7.0)), ("occupation_submajor", (6.6, 8.8, 7.2, 9.2, 6.8)),
        ("occupation_major", (5.8, 6.5, 5.7, 6.2, 4.8)), ("qualification", (9.7, 6.9, 7.2, 8.1, 5.6)),
    ],
)  # fmt: skip
def test_mean_errors_are_the_printed_table(
    result: ProjectionResult, breakdown: str, printed: tuple[float, ...]
) -> None:
    ours = result.backtest.to_pandas()
    five = ours[(ours.horizon == 5) & ours.origin.isin([2013, 2014, 2015]) & (ours.breakdown == breakdown)]
    five = five.assign(miss=lambda d: (d.predicted - d.actual).abs())
    sums = five.groupby(["method", "origin"])[["miss", "actual"]].sum()
    means = (100 * sums.miss / sums.actual).groupby("method").mean()
    for method, value in zip(METHODS, printed, strict=True):
        assert means[method] == pytest.approx(value, abs=0.06)


def test_one_rate_a_year_returns_each_occupation_its_published_replacement(
    figures: pd.DataFrame, shared_method: Path
) -> None:
    lost = take(figures, "official", "replacement", "occupation_submajor").set_index(["code", "year"]).p50
    jobs = take(figures, "official", "jobs", "occupation_submajor").set_index(["code", "year"]).p50
    printed = pd.read_csv(shared_method / "si2035_replacement_demand.csv")
    printed = printed[(printed.area_code == AREA) & (printed.sex == "all") & (printed.dimension == "occupation26")]
    printed = printed[(printed.qualification == "All qualifications") & printed.category.str.match(r"\d\d ")]
    assert len(printed) == 26
    for row in printed.itertuples():
        code = row.category[:2]
        rates = [lost[code, y] / ((jobs[code, y] + jobs[code, y - 1]) / 2) for y in range(2021, 2036)]
        assert np.ptp(rates) == pytest.approx(0, abs=1e-12)
        assert lost[code].sum() == pytest.approx(1000 * row.replacement_demand_2020_35_thousands, abs=1e-3)
        assert rates[0] == pytest.approx(row.rate_simple_per_year_of_mean_employment, rel=0.25)


def test_the_mean_replacement_rate_is_the_printed_one(figures: pd.DataFrame) -> None:
    lost = take(figures, "official", "replacement").p50.sum()
    jobs = take(figures, "official", "jobs").set_index("year").p50
    stock = sum((jobs[y] + jobs[y - 1]) / 2 for y in range(2021, 2036))
    assert 100 * lost / stock == pytest.approx(3.20, abs=0.02)


def test_every_figure_is_for_the_area_or_one_of_its_fourteen_districts(result: ProjectionResult) -> None:
    places = set(result.projections["area_code"].to_pylist())
    assert len(places) == 15 and AREA in places


def test_the_staffing_of_industries_is_fitted_to_the_area_and_the_report_says_how(result: ProjectionResult) -> None:
    told = result.report
    assert told["staffing_fitted_to_the_area"] is True
    assert told["staffing_fit"]["margin_error"] < 1e-6  # type: ignore[index]
    assert 0 < told["staffing_fit"]["distance"] < 0.5  # type: ignore[index]
