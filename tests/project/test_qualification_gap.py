"""Levels held by residents against levels held in jobs: added up by hand, and against the marts that hold either side."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lmi.project.held import HELD, HeldStock
from lmi.project.inputs import Assumptions
from lmi.project.keys import Ledger
from lmi.project.qualification_gap import LEVELS_HELD, write_qualification_gap
from lmi.project.quality import Words
from lmi.project.replacement import Flows
from lmi.project.rows import Rows
from lmi.project.side import Part, Side
from lmi.project.supply_commuting import Commuting
from tests.pipeline.builds import Built

CODES = tuple(f"RQF{n}" for n in range(9))


def test_residents_are_moved_to_workplaces_and_jobs_become_people_before_the_one_is_taken_from_the_other() -> None:
    declared = Assumptions(pa.table({
        "assumption_id": ["second_job_share", "quality_a_people", "quality_b_people"], "value": [0.25, 10000.0, 1000.0],
        "obs_key": [1, 2, 3],
    }))  # fmt: skip
    ledger, words = Ledger("X"), Words()
    rows = Rows("X", 2021, words)
    stock = [ledger.add("rebased", "residents", "qualification_held", c, "_T", "S2", "held", [[10 + n]])
             for n, c in enumerate(HELD)]  # fmt: skip
    jobs_keys = tuple(ledger.add("rebased", "jobs", "qualification", c, "_T", "D5", "jobs", [[20 + n]])
                      for n, c in enumerate(CODES))  # fmt: skip
    residents = np.array([100.0, 200.0, 300.0, 4000.0, 5000.0, 60000.0])  # by level of HELD
    held = HeldStock(np.array([2024, 2025]), np.tile(residents, (2, 1, 1)), np.zeros(6), 2024, np.zeros(6),
                     np.ones((6, 2, 5), np.float32), np.array([9]))  # fmt: skip
    jobs = np.tile(np.array([250.0, 250.0, 2500.0, 12500.0, 1e4, 1e4, 1e4, 1e4, 1e4])[:, None], (1, 3))
    nothing = np.zeros((9, 2))
    central = Flows(jobs, nothing, nothing, nothing, nothing)
    draws = jobs[:, :, None] * np.linspace(0.9, 1.1, 5)[None, None]
    drawn = Flows(draws, nothing, nothing, nothing, nothing)
    side = Side("rebased", np.array([2023, 2024, 2025]),
                {"qualification": Part("qualification", CODES, central, drawn, {"jobs": jobs_keys})})  # fmt: skip
    # 8 of 10 residents stay, and 1 comes in: 9 work in the area for 10 who live there
    moved = Commuting(np.array([[8.0, 2.0]]), np.array([1.0]), np.array([30, 31]))
    write_qualification_gap(
        rows, words, declared, ledger, held, np.tile(residents[:, None, None], (1, 2, 5)).astype(np.float32), stock, side, moved
    )  # fmt: skip
    table = rows.table().to_pandas().set_index(["measure", "code", "year"])
    less = table.loc["residents_less_jobs", "p50"]
    assert less["below_2", 2024] == pytest.approx(0.9 * 600 - 500 / 1.25)
    assert less["2", 2025] == pytest.approx(0.9 * 4000 - 2500 / 1.25)
    assert less["3", 2025] == pytest.approx(0.9 * 5000 - 12500 / 1.25)
    assert less["4+", 2025] == pytest.approx(0.9 * 60000 - 50000 / 1.25)
    assert less["_T", 2024] == pytest.approx(less[[("below_2", 2024), ("2", 2024), ("3", 2024), ("4+", 2024)]].sum())
    assert sorted({year for _, year in less.index}) == [2024, 2025]
    three = table.loc["residents_less_jobs", "3", 2025]
    assert three["p10"] == pytest.approx(
        4500 - 10000 * 1.08, rel=1e-6
    )  # a tenth of the way from 0.9 to 1.1, from above
    assert three["probability"] == 0 and three["quality_class"] == "B"
    assert table.loc["residents_less_jobs", "below_2", 2024]["quality_class"] == "C"


def test_both_sides_are_those_of_their_own_marts(baseline_build: Built) -> None:
    second = baseline_build.ask("select value from assumptions where assumption_id = 'second_job_share'")[0][0]
    for level, (_, codes) in LEVELS_HELD.items():
        listed = ", ".join(f"'{c}'" for c in codes)
        jobs = baseline_build.ask(
            "select sum(jobs_p50) from demand_by_qualification where year = 2030 and scenario = 'rebased' "
            f"and qualification in ({listed})"
        )[0][0]
        found = baseline_build.ask(
            f"select jobs_in_people_p50 from qualification_gap where year = 2030 and level = '{level}'"
        )
        assert found[0][0] == pytest.approx(jobs / (1 + second))
    ratio = baseline_build.ask(
        """select sum(g.residents_p50) / sum(p.p50) from qualification_gap as g, projections as p
           where g.level = '3' and p.breakdown = 'qualification_held' and p.measure = 'residents' and p.code = 'NVQ3'
           and p.level = '_T' and p.year = g.year"""
    )[0][0]
    commuting = baseline_build.ask(
        """select sum(a.inflow_after_commuting_p50) / sum(a.inflow_p50) from supply_by_route as a
           where a.route = '_T' and a.level = '_T' and a.scenario = 'rebased'"""
    )[0][0]
    assert ratio == pytest.approx(commuting)
