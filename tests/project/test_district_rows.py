"""Districts in the projection: they add to the area, leave a trail, and are absent in words where inputs are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lmi.project.run import ProjectionResult, project
from tests.project.standin import AREA
from tests.project.synthetic import HERE, WIDER, invent, without

PARTS = (("jobs", "industry22"), ("jobs", "total"), ("jobs", "occupation_major"), ("openings", "occupation_major"),
         ("openings", "total"), ("openings", "route"))  # fmt: skip


@pytest.fixture(scope="module")
def made() -> ProjectionResult:
    return project(invent(7), HERE, WIDER, 1)


def sums(
    figures: pd.DataFrame, area: str, measure: str, breakdown: str, column: str = "p50"
) -> tuple[pd.Series, pd.Series]:
    rows = figures[(figures.scenario == "rebased") & (figures.measure == measure) & (figures.breakdown == breakdown)]
    rows = rows[rows.level == "_T"]
    districts = rows[rows.area_code != area]
    added = districts.groupby(["code", "year"])[column].sum()
    whole = rows[rows.area_code == area].set_index(["code", "year"])[column]
    return added, whole.reindex(added.index)


@pytest.mark.parametrize(("measure", "breakdown"), PARTS)
def test_districts_add_to_the_area(made: ProjectionResult, measure: str, breakdown: str) -> None:
    added, whole = sums(made.projections.to_pandas(), HERE, measure, breakdown)
    assert len(added) and added.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("breakdown", ["occupation_major", "total", "route"])
def test_a_district_s_openings_rest_on_its_own_jobs_of_the_kind(made: ProjectionResult, breakdown: str) -> None:
    figures = made.projections.to_pandas()
    added, whole = sums(figures, HERE, "openings", breakdown, "base_people")
    assert added.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-4)
    rows = figures[(figures.area_code == "X02") & (figures.measure == "openings") & (figures.breakdown == breakdown)]
    size = np.select([rows.base_people >= 10_000, rows.base_people >= 1_000], ["A", "B"], "C")
    assert (rows.quality_class.to_numpy() == size).all()


def test_a_district_has_an_interval_around_its_figure_and_a_trail_to_the_census(made: ProjectionResult) -> None:
    figures = made.projections.to_pandas()
    ours = figures[(figures.area_code == "X02") & ~figures.breakdown.isin(["age", "district_route"])]
    assert set(zip(ours.measure, ours.breakdown, strict=True)) == set(PARTS)
    assert ((ours.p10 <= ours.p50) & (ours.p50 <= ours.p90)).all()
    assert ours.quality_reason.str.contains("residents in work in 2021").all()
    inputs = invent(7)
    links = made.derivations.to_pandas()
    seen = {ours.series_key.iloc[0]}
    while more := set(links[links.series_key.isin(seen)].input_key) - seen:
        seen |= more
    assert set(inputs.census_workers_by_section["obs_key"].to_pylist()) <= seen


def test_the_area_s_figures_do_not_hang_on_its_districts(made: ProjectionResult) -> None:
    bare = project(without(invent(7), "home_workers_total"), HERE, WIDER, 1)
    assert bare.report["districts_absent"] == "home workers"
    left, figures = bare.projections.to_pandas(), made.projections.to_pandas()
    assert set(left[left.breakdown != "age"].area_code) == {HERE}
    journeys = (figures.measure == "inflow_after_commuting") | (figures.breakdown == "qualification_gap")
    lost = figures[(figures.area_code == HERE) & ~journeys].reset_index(drop=True)
    left = left[left.area_code == HERE].reset_index(drop=True)
    assert lost[["measure", "p10", "p50", "p90"]].equals(left[["measure", "p10", "p50", "p90"]])


@pytest.mark.data
def test_preston_has_the_most_jobs_and_the_districts_add_to_lancashire(result: ProjectionResult) -> None:
    figures = result.projections.to_pandas()
    added, whole = sums(figures, AREA, "jobs", "total")
    assert added.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-6)
    jobs = figures[(figures.measure == "jobs") & (figures.breakdown == "total") & (figures.year == 2021)]
    jobs = jobs[(jobs.scenario == "rebased") & (jobs.area_code != AREA)].set_index("area_code").p50
    # employees of 2023, from the county council's page (external_checks.csv): the order, and shares within a third
    printed = pd.Series({"E07000123": 97_648, "E06000008": 70_035, "E06000009": 62_142, "E07000121": 58_022,
                         "E07000122": 29_975, "E07000124": 29_684, "E07000125": 20_932})  # fmt: skip
    found = jobs[printed.index]
    assert found.idxmax() == "E07000123" and found.idxmin() == "E07000125"
    share = found / jobs.sum() / (printed / 658_892)
    assert np.abs(np.log(share)).max() < np.log(4 / 3), share.round(2).to_dict()


def district_cells(figures: pd.DataFrame, measure: str) -> pd.DataFrame:
    rows = figures[(figures.breakdown == "district_route") & (figures.measure == measure)]
    return rows.pivot(index=["code", "level", "year"], columns="area_code", values="p50")


def test_district_gaps_are_openings_less_inflow_and_add_to_the_area_s(made: ProjectionResult) -> None:
    figures = made.projections.to_pandas()
    area = figures[(figures.breakdown == "route") & (figures.area_code == HERE) & (figures.scenario == "rebased")]
    cells = {m: district_cells(figures, m) for m in ("openings_people", "inflow", "gap")}
    for measure, found in cells.items():
        whole = area[area.measure == measure].set_index(["code", "level", "year"]).p50.reindex(found.index)
        assert found.sum(axis=1).to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-5, abs=1e-4)
    assert (cells["openings_people"] - cells["inflow"]).to_numpy() == pytest.approx(cells["gap"].to_numpy())
    assert set(cells["gap"].index.get_level_values("level")) == {"2", "3", "4-5"}
    assert "not_assigned" not in cells["gap"].index.get_level_values("code")


def test_a_district_s_inflow_is_that_of_its_residents_moved_to_where_they_work() -> None:
    # nobody travels: learners of the classroom are 0.6 and 0.4 of the area's in every level and subject, and no apprentice
    inputs = invent(7)
    stay = replace(
        inputs,
        commuters_by_workplace_by_workplace=_none(inputs.commuters_by_workplace_by_workplace),
        commuters_by_home_by_home=_none(inputs.commuters_by_home_by_home),
        apprenticeship_achievements_by_provider=_none(inputs.apprenticeship_achievements_by_provider),
    )
    cells = district_cells(project(stay, HERE, WIDER, 1).projections.to_pandas(), "inflow")
    share = cells["X02"] / cells.sum(axis=1)
    assert share[cells.sum(axis=1) > 0].to_numpy() == pytest.approx(0.6)


def _none(table: pa.Table) -> pa.Table:
    return table.set_column(table.column_names.index("value"), "value", pa.array([0.0] * table.num_rows))


def test_a_district_s_class_is_the_worse_of_its_size_and_the_area_s_claim(made: ProjectionResult) -> None:
    figures = made.projections.to_pandas()
    gaps = figures[figures.measure == "gap"].set_index(["code", "level", "year"])
    ours, area = gaps[gaps.breakdown == "district_route"], gaps[gaps.breakdown == "route"].quality_class
    by_size = pd.cut(ours.base_people, [-1, 1000, 10000, 1e9], right=False, labels=["C", "B", "A"]).astype(str)
    assert (ours.quality_class == np.maximum(by_size, area.reindex(ours.index).to_numpy())).all()


def test_without_its_districts_provision_there_is_no_district_gap_and_the_report_says_so() -> None:
    bare = project(without(invent(7), "fe_learner_achievements_by_level", area_code="X03"), HERE, WIDER, 1)
    assert bare.report["district_gaps_absent"] == "learner achievements by level of every district"
    assert "district_route" not in bare.projections["breakdown"].to_pylist()
