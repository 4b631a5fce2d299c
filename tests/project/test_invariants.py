"""What must hold for any area: checked on invented ones."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi import tables
from lmi.errors import CoverageError, DeclarationError
from lmi.project.inputs import ProjectionInputs
from lmi.project.keys import BANDS
from lmi.project.run import ProjectionResult, project
from tests.project.synthetic import HERE, OCCUPATIONS, QUALIFICATIONS, T0, WIDER, invent, without

FEW = settings(max_examples=8, deadline=None)
SEEDS = st.integers(0, 10_000)


def run(seed: int) -> tuple[ProjectionInputs, ProjectionResult, pd.DataFrame]:
    inputs = invent(seed)
    made = project(inputs, HERE, WIDER, seed=3)
    return inputs, made, of_area(made)


def of_area(made: ProjectionResult) -> pd.DataFrame:
    """Return the figures of the area; those of its districts are tested by themselves."""
    figures = made.projections.to_pandas()
    return figures[figures.area_code == HERE]


def wide(figures: pd.DataFrame, scenario: str, measure: str, breakdown: str) -> pd.DataFrame:
    rows = figures[(figures.scenario == scenario) & (figures.measure == measure) & (figures.breakdown == breakdown)]
    return rows.pivot_table(index=["code", "level"], columns="year", values="p50")


@FEW
@given(SEEDS)
def test_openings_are_never_below_the_requirement_nor_below_zero(seed: int) -> None:
    _, _, figures = run(seed)
    for scenario in ("official", "rebased"):
        for breakdown in figures.breakdown.unique():
            need = wide(figures, scenario, "total_requirement", breakdown)
            free = wide(figures, scenario, "openings", breakdown).reindex(need.index)
            assert (free.values >= need.values - 1e-6).all()
            assert (free.values >= 0).all()


@FEW
@given(SEEDS)
def test_every_margin_adds_up(seed: int) -> None:
    _, _, figures = run(seed)
    for measure in ("jobs", "net_change", "replacement", "total_requirement"):
        total = wide(figures, "rebased", measure, "total").values.ravel()
        for breakdown in ("industry22", "sector6", "occupation_submajor", "occupation_major", "qualification", "route"):
            parts = wide(figures, "rebased", measure, breakdown)
            parts = parts[parts.index.get_level_values("level") == "_T"].drop(index="_T", errors="ignore")
            assert parts.sum().values == pytest.approx(total, rel=1e-9)


@FEW
@given(SEEDS)
def test_openings_by_route_and_level_add_to_all_openings(seed: int) -> None:
    _, _, figures = run(seed)
    for scenario in ("official", "rebased"):
        for measure in ("jobs", "openings"):
            cells = wide(figures, scenario, measure, "route")
            code, level = (cells.index.get_level_values(n) for n in ("code", "level"))
            inner = cells[level.isin(BANDS) & (code != "_T")].dropna(axis=1)
            total = wide(figures, scenario, measure, "total").iloc[0]
            assert "not_assigned" in code
            assert inner.sum().values == pytest.approx(total[inner.columns].values, rel=1e-9)


@FEW
@given(SEEDS)
def test_no_stock_is_negative_and_every_interval_holds_its_central_figure(seed: int) -> None:
    _, made, figures = run(seed)
    assert (
        figures[figures.measure.isin(["jobs", "replacement", "openings", "inflow", "residents", "labour_force"])].p50
        >= 0
    ).all()
    ours = figures[(figures.scenario == "rebased") & (figures.measure != "residual")]  # what was taken out is known
    ours = ours[(ours.measure != "cover") | ours.p90.notna()]  # no upper limit where a draw has no openings at all
    assert ((ours.p10 <= ours.p50) & (ours.p50 <= ours.p90)).all()
    assert figures[figures.scenario == "official"][["p10", "p90", "probability"]].isna().all().all()
    assert not made.projections.select(tables.PROJECTIONS.key).to_pandas().duplicated().any()


@FEW
@given(SEEDS)
def test_gap_is_openings_in_people_less_inflow_and_inflow_has_two_streams(seed: int) -> None:
    _, made, figures = run(seed)
    named = {m: wide(figures, "rebased", m, "route") for m in figures.measure.unique()}
    assert named["gap"].values == pytest.approx(named["openings_people"].values - named["inflow"].values)
    streams = named["inflow_apprenticeships"] + named["inflow_classroom"]
    assert named["inflow"].values == pytest.approx(streams.values)
    people = named["openings_people"].drop(index=("_T", "_T"))
    jobs = named["openings"].loc[people.index, people.columns]
    assert people.values * 1.04 == pytest.approx(jobs.values)
    assert named["gap"].columns.min() == 2025  # both streams have a whole year then; the part year 2026 never counts
    assert made.report["provision_years"] == {"classroom": 2024, "apprenticeships": 2025}


@FEW
@given(SEEDS)
def test_lineage_is_a_graph_without_cycles_whose_ends_are_published_cells(seed: int) -> None:
    inputs, made, figures = run(seed)
    links, series = made.derivations.to_pandas(), set(made.series["series_key"].to_pylist())
    assert set(figures.series_key) <= series
    assert set(links.series_key) == series  # every series was made from something
    above = links[links.input_key < 0]
    assert set(above.input_key) <= series
    cells = {k for name in ProjectionInputs.required_views() if "obs_key" in getattr(inputs, name).column_names
             for k in getattr(inputs, name)["obs_key"].to_pylist()}  # fmt: skip
    assert set(links[links.input_key >= 0].input_key) <= cells
    ended = set(links.series_key) - set(above.series_key)
    waiting = {k: set(v) for k, v in above.groupby("series_key").input_key}
    while waiting:
        ready = {k for k, needs in waiting.items() if needs <= ended}
        assert ready, "a cycle"
        ended |= ready
        waiting = {k: v for k, v in waiting.items() if k not in ready}


def test_two_runs_give_the_same_bytes_and_another_seed_moves_intervals_only() -> None:
    first, second, other = (project(invent(5), HERE, WIDER, seed=s) for s in (1, 1, 2))
    for name in ("projections", "series", "derivations", "backtest"):
        assert getattr(first, name).equals(getattr(second, name))
    assert json.dumps(first.report) == json.dumps(second.report)
    one, two = first.projections, other.projections
    assert one["p50"].equals(two["p50"]) and not one["p10"].equals(two["p10"])


def test_tables_keep_their_contracts() -> None:
    _, made, _ = run(1)
    for contract, table in (
        (tables.PROJECTIONS, made.projections), (tables.SERIES, made.series), (tables.DERIVATIONS, made.derivations)
    ):  # fmt: skip
        assert table.schema.equals(contract.arrow_schema())
        assert not table.select(contract.key).to_pandas().duplicated().any()
    assert set(made.projections["origin"].to_pylist()) == {T0}


def test_both_scenarios_have_every_breakdown() -> None:
    _, _, figures = run(2)
    for scenario in ("official", "rebased"):
        counts = {"occupation_submajor": len(OCCUPATIONS), "qualification": len(QUALIFICATIONS), "sector": 2}
        for breakdown, count in counts.items():
            for measure in ("jobs", "net_change", "replacement", "total_requirement", "openings"):
                assert len(wide(figures, scenario, measure, breakdown)) == count
    assert list(wide(figures, "official", "jobs", "total").columns) == list(range(2010, 2036))


def test_an_area_without_register_figures_is_told_what_to_do() -> None:
    inputs = without(invent(1), "bres_employment_by_division", area_code=HERE)
    with pytest.raises(CoverageError, match=r"latest actual level.*What to do.*BRES") as told:
        project(inputs, HERE, WIDER, seed=1)
    assert HERE in str(told.value)


def test_a_missing_assumption_is_named() -> None:
    inputs = without(invent(1), "assumptions", assumption_id="replacement_rate_sd")
    with pytest.raises(CoverageError, match="replacement_rate_sd"):
        project(inputs, HERE, WIDER, seed=1)


def test_weights_that_do_not_add_to_one_are_refused() -> None:
    inputs = invent(1)
    table = inputs.assumptions
    values = [0.6 if n == "growth_weight_area" else v for n, v in zip(
        table["assumption_id"].to_pylist(), table["value"].to_pylist(), strict=True)]  # fmt: skip
    wrong = replace(inputs, assumptions=table.set_column(table.column_names.index("value"), "value", pa.array(values)))
    with pytest.raises(DeclarationError, match="growth weights"):
        project(wrong, HERE, WIDER, seed=1)


def test_an_area_without_replacement_tables_takes_the_wider_areas_rates() -> None:
    inputs = invent(4)
    for name in ("occupation_submajor", "industry22", "qualification"):
        inputs = without(inputs, f"projected_replacement_demand_by_{name}", area_code=HERE)
    inputs = without(inputs, "projected_replacement_demand_by_industry22")
    made = project(inputs, HERE, WIDER, seed=1)
    assert set(made.report["replacement_rates_measured_in"].values()) == {WIDER}  # type: ignore[attr-defined]


def test_a_part_year_alone_is_no_year_and_demand_stands_without_supply() -> None:
    inputs = invent(1)
    table = inputs.apprenticeship_achievements_by_provider
    part = table.filter(pc.equal(table["period_kind"], "academic_year_part"))
    made = project(replace(inputs, apprenticeship_achievements_by_provider=part), HERE, WIDER, seed=1)
    assert made.report["provision_absent"] == "apprenticeship achievements of residents"
    figures = of_area(made)
    assert not figures.measure.isin(["gap", "inflow", "cover"]).any()
    assert len(wide(figures, "rebased", "openings", "route"))


def test_a_division_without_a_figure_is_reported() -> None:
    inputs = invent(1)
    rows = inputs.bres_employment_by_division.to_pandas()
    rows.loc[(rows.year == T0) & (rows.industry == "62"), "value"] = None
    table = pa.Table.from_pandas(rows, schema=inputs.bres_employment_by_division.schema)
    made = project(replace(inputs, bres_employment_by_division=table), HERE, WIDER, seed=1)
    assert made.report["register_divisions_without_a_figure"] == ["62"]
