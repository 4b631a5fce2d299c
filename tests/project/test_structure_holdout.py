"""Occupations of districts, which come from industries and the national staffing, against those that a census counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lmi.engine import connect, fetch
from lmi.project.inputs import ProjectionInputs
from lmi.project.supply_commuting import move_to_workplace, read_commuting
from lmi.publish import published_build
from tests.pipeline.builds import AREA, Built

CENSUS = "ons/census_2021_employment_structure/census_2021_lad.csv"
MAJORS = [str(n) for n in range(1, 10)]


def test_staffing_by_industry_tells_district_occupations_better_than_the_area_s_mix(
    baseline_build: Built, shared_data: Path
) -> None:
    with connect(published_build(baseline_build.data / "curated").database, read_only=True) as con:
        inputs = ProjectionInputs.from_reader(lambda relation: fetch(con, f'select * from "{relation}"'))
        ours = {
            (area, code): jobs
            for area, code, jobs in con.execute(
                """select area_code, occupation, jobs_p50 from demand_by_occupation where scenario = 'rebased'
                   and code_level = 'occupation_major' and area_code <> ? and year = 2022""", [AREA],
            ).fetchall()
        }  # fmt: skip
    with connect() as con:
        counted = {
            (area, code): float(people)
            for area, code, people in con.execute(
                f"""select geography_code, left(category, 1), value
                    from read_csv('{shared_data / CENSUS}', all_varchar = true) where "table" = 'TS063'"""
            ).fetchall()
        }
    districts = sorted({area for area, _ in ours})
    assert len(districts) == 14
    lived = np.array([[counted[d, m] for m in MAJORS] for d in districts])
    moved = read_commuting(inputs, districts)
    worked = move_to_workplace(lived, moved.flows, moved.inward)
    mix, made = worked.sum(axis=0) / worked.sum(), np.array([[ours[d, m] for m in MAJORS] for d in districts])
    true = worked / worked.sum(axis=1, keepdims=True)
    relative = (made / made.sum(axis=1, keepdims=True)) / (
        made.sum(axis=0) / made.sum()
    )  # levels differ: jobs, not people
    told = relative * mix
    told /= told.sum(axis=1, keepdims=True)
    assert np.abs(told - true).mean() < 0.9 * np.abs(mix - true).mean()  # 0.91 against 1.06 points of share
    assert np.corrcoef(relative.ravel(), (true / mix).ravel())[0, 1] > 0.5
