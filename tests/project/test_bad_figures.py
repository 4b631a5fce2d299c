"""Figures that cannot be are refused with the cell; a relation in which nobody is counted is absent, not zero."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lmi.errors import ContractError, CoverageError
from lmi.project.inputs import ProjectionInputs
from lmi.project.run import project
from tests.project.synthetic import HERE, WIDER, invent, without


def with_value(inputs: ProjectionInputs, relation: str, value: float | None, row: int | None = 0) -> ProjectionInputs:
    """Return inputs with `value` in one row of a relation, or in all of them."""
    table = getattr(inputs, relation)
    column = "weight" if "weight" in table.column_names else "value"
    values = table[column].to_pylist()
    values = [value] * len(values) if row is None else [value if n == row else v for n, v in enumerate(values)]
    changed = table.set_column(table.column_names.index(column), column, pa.array(values, pa.float64()))
    return replace(inputs, **{relation: changed})


COUNTS = [
    "projected_jobs_by_industry22", "projected_replacement_demand_by_occupation_submajor", "bres_employment_by_division",
    "fe_learner_achievements_by_level", "apprenticeship_achievements_by_provider", "census_workers_by_section",
    "commuters_by_home_by_home", "population_by_age_and_sex",
]  # fmt: skip


@pytest.mark.parametrize("value", [-1.0, float("inf")])
@pytest.mark.parametrize("relation", COUNTS)
def test_a_figure_below_zero_or_without_end_is_refused_with_its_cell(relation: str, value: float) -> None:
    inputs = with_value(invent(1, draws=20), relation, value)
    with pytest.raises(ContractError, match=r"cell \d+: a figure.*cannot be.*zero or more.*What to do") as told:
        project(inputs, HERE, WIDER, seed=1)
    assert relation in str(told.value) and f"{value:g}" in str(told.value)


@pytest.mark.parametrize("weight", [None, float("nan"), -0.5])
def test_a_weight_that_is_missing_or_below_zero_is_refused_with_its_mapping(weight: float | None) -> None:
    with pytest.raises(ContractError, match=r"the mapping \w+ has a weight that is missing or below zero"):
        project(with_value(invent(1, draws=20), "crosswalks", weight), HERE, WIDER, seed=1)


@pytest.mark.parametrize(
    ("relation", "report"),
    [
        ("fe_aim_achievements_by_subject", ("provision_absent", "aim achievements by subject")),
        ("apprenticeship_standard_achievements_by_provider_and_standard", ("provision_absent", "by standard")),
        ("census_workers_by_section", ("districts_absent", "residents in work by industry section")),
        ("population_by_age_and_sex", ("people_absent", "residents by age and sex")),
    ],
)
@pytest.mark.parametrize("value", [0.0, None, float("nan")])
def test_where_nobody_is_counted_the_part_is_absent_and_the_report_says_which(
    relation: str, report: tuple[str, str], value: float | None
) -> None:
    with np.errstate(all="raise", under="ignore"):
        made = project(with_value(invent(1, draws=20), relation, value, row=None), HERE, WIDER, seed=1)
    assert report[1] in str(made.report[report[0]])
    assert np.isfinite(made.projections["p50"].to_numpy()).all()


def test_a_year_without_jobs_in_the_official_projections_is_an_error() -> None:
    inputs = invent(1, draws=20)
    for value in (0.0, None):
        with pytest.raises(CoverageError, match=r"a year without jobs.*What to do.*workbook"):
            project(with_value(inputs, "projected_jobs_total", value), HERE, WIDER, seed=1)
    with pytest.raises(CoverageError, match=r"no levels held by occupation.*workbook"):
        project(without(inputs, "projected_jobs_by_occupation_submajor_and_qualification"), HERE, WIDER, seed=1)


def test_replacement_of_nobody_is_none_published() -> None:
    made = project(
        with_value(invent(1, draws=20), "projected_replacement_demand_by_industry22", 0.0, row=None),
        HERE,
        WIDER,
        seed=1,
    )
    kept = made.projections.to_pandas()
    lost = kept[(kept.measure == "replacement") & (kept.breakdown == "industry22")]
    assert len(lost) and (lost.p50 > 0).all()  # the mean rate of all occupations


def of_one_district(inputs: ProjectionInputs) -> ProjectionInputs:
    members = inputs.area_members
    mine = pc.and_(pc.equal(members["area_code"], HERE), pc.not_equal(members["member_code"], "X02"))
    return replace(inputs, area_members=members.filter(pc.or_(pc.not_equal(members["area_code"], HERE), mine)))


def test_an_area_of_one_district_is_that_district() -> None:
    made = project(of_one_district(invent(1, draws=50)), HERE, WIDER, seed=1).projections.to_pandas()
    of: dict[str, Any] = {
        area: made[(made.area_code == area) & (made.measure == "jobs") & (made.breakdown == "industry22")
                   & (made.scenario == "rebased")].set_index(["code", "year"]).p50
        for area in (HERE, "X03")
    }  # fmt: skip
    assert len(of["X03"]) and of["X03"].to_numpy() == pytest.approx(of[HERE].reindex(of["X03"].index).to_numpy())


def test_one_route_and_what_is_not_assigned_are_enough() -> None:
    inputs = invent(1, draws=50)
    table = inputs.crosswalks
    to_route = pc.is_in(
        table["crosswalk_id"],
        value_set=pa.array(["soc2020_unit_to_route", "standard_to_route", "ssa1_to_route", "ssa2_to_route"]),
    )
    routes = sorted(set(table.filter(to_route)["to_code"].to_pylist()))
    kept = pc.or_(pc.invert(to_route), pc.equal(table["to_code"], routes[0]))
    made = project(replace(inputs, crosswalks=table.filter(kept)), HERE, WIDER, seed=1)
    figures = made.projections.to_pandas()
    gaps = figures[(figures.measure == "gap") & (figures.breakdown == "route") & (figures.level == "_T")]
    assert set(gaps.code) == {routes[0], "not_assigned", "_T"} and len(routes) > 1
    by_code = gaps.pivot(index="year", columns="code", values="p50")
    assert (by_code[routes[0]] + by_code["not_assigned"]).to_numpy() == pytest.approx(by_code["_T"].to_numpy())


def test_an_area_without_priority_sectors_has_no_rows_of_them() -> None:
    made = project(without(invent(1, draws=20), "sector_members"), HERE, WIDER, seed=1).projections
    assert not {"sector", "sector_level"} & set(made["breakdown"].to_pylist())


def test_no_apprentice_at_home_is_a_figure_and_none_published_is_not() -> None:
    inputs = invent(1, draws=20)
    none = project(with_value(inputs, "apprenticeship_achievements_by_provider", 0.0, row=None), HERE, WIDER, seed=1)
    assert not none.report["provision_absent"]
    figures = none.projections.to_pandas()
    assert (figures[figures.measure == "inflow_apprenticeships"].p50 == 0).all()
    lost = project(with_value(inputs, "apprenticeship_achievements_by_provider", None, row=None), HERE, WIDER, seed=1)
    assert lost.report["provision_absent"] == "apprenticeship achievements of residents"
