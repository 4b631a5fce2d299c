"""The gap as priority sectors see it: shares by hand, and what must hold beside the gap of routes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lmi.project.run import ProjectionResult, project
from lmi.project.sector_gap import occupation_shares, share_of_cells
from tests.project.synthetic import HERE, WIDER, invent

SEED = 7


@pytest.fixture(scope="module")
def made() -> ProjectionResult:
    return project(invent(SEED), HERE, WIDER, 1)


def cells(made: ProjectionResult, breakdown: str, measure: str) -> pd.DataFrame:
    rows = made.projections.to_pandas()
    rows = rows[(rows.breakdown == breakdown) & (rows.measure == measure) & (rows.area_code == HERE)]
    return rows[rows.scenario == "rebased"].set_index(["code", "level", "year"])


def test_an_occupation_is_in_a_sector_as_far_as_the_sector_s_industries_employ_it() -> None:
    # two industries of 100 and 50 jobs; the sector is all of the first and half of the second. The first employs 0.5 and
    # 0.5 of two occupations, the second 0.2 and 0.8: of the first occupation's 60 jobs 55 are in it, of 90 of the second 70
    found = occupation_shares(np.array([[1.0], [0.5]]), np.array([100.0, 50.0]), np.array([[0.5, 0.5], [0.2, 0.8]]))
    assert found[0] == pytest.approx([55 / 60, 70 / 90])


def test_a_sector_s_share_of_a_cell_is_its_figures_over_everybody_s() -> None:
    # occupations with 10 and 20 openings, of which the sector has all and a quarter; the first goes to route A, the second
    # half and half; one level
    own, share = share_of_cells(
        np.array([[1.0, 0.25]]), np.array([10.0, 20.0]), np.array([[1.0, 0.0], [0.5, 0.5]]), np.ones((2, 1))
    )
    assert own[0, :, 0] == pytest.approx([10 + 2.5, 2.5])
    assert share[0, :, 0] == pytest.approx([12.5 / 20, 2.5 / 10])


def test_a_sector_s_gap_is_its_openings_less_its_inflow_and_neither_is_more_than_the_routes_have(
    made: ProjectionResult,
) -> None:
    need, taught, gap = (cells(made, "sector_level", m) for m in ("openings_people", "inflow", "gap"))
    assert len(gap) and (need.p50 - taught.p50).to_numpy() == pytest.approx(gap.p50.to_numpy())
    for measure, ours in (("openings_people", need), ("inflow", taught)):
        routes = cells(made, "route", measure).reset_index()
        mapped = routes[~routes.code.isin(["_T", "not_assigned"])].groupby(["level", "year"]).p50.sum()
        for sector, found in ours.p50.groupby("code"):
            found = found.droplevel("code")
            assert (found <= mapped.reindex(found.index) + 1e-9).all(), (sector, measure)
    assert ((gap.p10 <= gap.p50) & (gap.p50 <= gap.p90)).all()


def test_a_sector_that_is_everything_has_the_gap_of_all_routes() -> None:
    inputs = invent(SEED)
    table = inputs.sector_members.to_pylist()
    rows = [{**table[0], "sector_id": "all", "industry": d, "level": "division", "obs_key": 10**6 + n}
            for n, d in enumerate(("01", "10", "62", "86"))]  # fmt: skip
    every = replace(inputs, sector_members=pa.Table.from_pylist(rows, schema=inputs.sector_members.schema))
    whole = project(every, HERE, WIDER, 1)
    routes = cells(whole, "route", "gap").reset_index()
    mapped = routes[~routes.code.isin(["_T", "not_assigned"])].groupby(["level", "year"]).p50.sum()
    found = cells(whole, "sector_level", "gap").p50.droplevel("code")
    assert found.to_numpy() == pytest.approx(mapped.reindex(found.index).to_numpy())


def test_no_sector_has_a_verdict_at_a_level_whose_main_inflow_is_absent(made: ProjectionResult) -> None:
    assert set(cells(made, "sector_level", "gap").index.get_level_values("level")) == {"2", "3", "4-5"}
