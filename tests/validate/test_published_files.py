"""The known faults of real files are caught, and real files without faults pass. Totals are those of the publishers."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from lmi.registry import load, repository_root
from lmi.tables import DIMENSIONS, OBSERVATIONS
from lmi.validate import accepted_rows, load_suite, quarantine_rows, validate
from lmi.validate.rows import count_rows, opened, sample_rows
from tests.validate.tables import members, snapshots

pytestmark = [pytest.mark.data, pytest.mark.slow]
FOUND = repository_root() / "expectations"
JULY = (date(2023, 7, 1), date(2023, 7, 31), "month")


def as_observations(
    columns: dict[str, Any], period: tuple[Any, Any, Any], snapshot_id: int = 1, first: int = 1
) -> pa.Table:
    """Return columns of equal length as observations; what is not given is a good total."""
    rows = len(columns["value"])
    whole = {
        "obs_key": list(range(first, first + rows)),
        "snapshot_id": [snapshot_id] * rows,
        **dict(zip(("period_start", "period_end", "period_kind"), ([part] * rows for part in period), strict=True)),
        **{name: ["_T"] * rows for name in DIMENSIONS},
        "ci_half_width": [None] * rows,
        "status": ["ok"] * rows,
        "maturity": ["final"] * rows,
        "correction_id": [None] * rows,
        **columns,
    }
    schema = OBSERVATIONS.arrow_schema()
    return pa.table([pa.array(whole[f.name], f.type) for f in schema], names=schema.names)


def districts() -> list[str]:
    return list(load().area("lancashire").members)


def claimants(path: Path) -> pa.Table:
    """Return every row of a claimant file, both rows of a unitary included, wards left out."""
    with path.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if not r["geography_code"].startswith("E05")]
    kinds = {"Claimant count": "claimants", "Claimants as a proportion of residents aged 16-64": "claimant_rate"}
    columns = {
        "indicator_id": [kinds[r["variable_name"]] for r in rows],
        "area_code": [r["geography_code"] for r in rows],
        "value": [float(r["value"]) for r in rows],
    }
    return as_observations(columns, JULY)


def claimants_of_the_area(table: pa.Table) -> float:
    wanted = pc.and_(
        pc.is_in(table["area_code"], value_set=pa.array(districts())), pc.equal(table["indicator_id"], "claimants")
    )
    return float(pc.sum(table.filter(wanted)["value"]).as_py())


def test_july_2023_lists_unitaries_twice_and_is_right_once_they_are_refused(shared_data: Path, library: Any) -> None:
    source_id = "dwp/claimant_count_by_la"
    table = claimants(shared_data / source_id / "claimant_count_2023-07.csv")
    relations = {"members": members(*districts()), "snapshots": snapshots((1, "2023-07", date(2023, 9, 8)))}
    suite = load_suite(FOUND, source_id)
    assert claimants_of_the_area(table) == 48375
    report = validate(None, table, suite, source_id, relations=relations)
    assert [c.rule for c in report.having("failed")] == ["figure.stands_once"]
    kept = accepted_rows(None, table, quarantine_rows(None, report, suite, table, relations))
    assert claimants_of_the_area(kept) == 37655


def test_august_2023_lists_each_area_once(shared_data: Path, library: Any) -> None:
    source_id = "dwp/claimant_count_by_la"
    table = claimants(shared_data / source_id / "claimant_count_2023-08.csv")
    assert claimants_of_the_area(table) == 37145
    report = validate(
        None, table, load_suite(FOUND, source_id), source_id, relations={"members": members(*districts())}
    )
    assert report.verdict == "passed"


def test_the_corrupt_survey_column_is_refused_for_every_area(shared_data: Path, library: Any) -> None:
    source_id = "ons/aps_employment_by_occupation"
    path = shared_data / source_id / "nomis_2022_10_13_205752_soc2020.xlsx"
    rows = list(openpyxl.load_workbook(path, read_only=True)["Data"].iter_rows(values_only=True))
    head = next(row for row in rows if row[0] == "Area")
    # cells T09b:1, 4, 7 ... 76 are the 26 sub-major groups in their order; 58 is the twentieth, group 63
    cells = {i: int(m.group(1)) for i, text in enumerate(head) if (m := re.match(r"T09b:(\d+) ", str(text)))}
    groups = [f"{g}{i}" for g, n in zip("123456789", (2, 4, 5, 2, 4, 3, 2, 2, 2), strict=True) for i in range(1, n + 1)]
    areas = [row for row in rows if re.match(r"(country|lep|ladu):", str(row[0]))]
    figures = [
        (row[0], groups[n // 3], row[i]) for row in areas for i, n in cells.items() if isinstance(row[i], int | float)
    ]
    table = as_observations(
        {
            "indicator_id": ["residents_in_employment"] * len(figures),
            "area_code": [area for area, _, _ in figures],
            "occupation": [group for _, group, _ in figures],
            "value": [float(value) for _, _, value in figures],
        },
        (date(2021, 7, 1), date(2022, 6, 30), "rolling_year"),
    )
    suite = load_suite(FOUND, source_id)
    report = validate(None, table, suite, source_id)
    refused = quarantine_rows(None, report, suite, table)
    bad = table.filter(pc.is_in(table["obs_key"], value_set=refused["obs_key"]))
    assert 5946200.0 in bad["value"].to_pylist()
    assert bad["occupation"].unique().to_pylist() == ["63"]
    assert bad.num_rows == sum(group == "63" for _, group, _ in figures) == 400
    kept = accepted_rows(None, table, refused)
    england = kept.filter(pc.equal(kept["area_code"], "country:England"))
    assert pc.sum(england["value"]).as_py() == 33394300 - 5946200  # the 26 printed columns less the corrupt one


@pytest.mark.parametrize(
    ("name", "total"), [("feachssaaug21_apr22.csv", "202122"), ("permalink_c390bb3f.csv", "202122")]
)
def test_subjects_of_both_editions_add_to_their_total(name: str, total: str, shared_data: Path, library: Any) -> None:
    source_id = "dfe/fe_achievements_by_ssa"
    with (shared_data / source_id / name).open(encoding="utf-8-sig") as file:
        rows = [r for r in csv.DictReader(file) if re.match("E", r["location_code"])]
    subjects = sorted({r["ssa_t1_desc"] for r in rows} - {"Total"})
    codes = {"Total": "_T", **{name: str(i) for i, name in enumerate(subjects, 1)}}
    numbers = [float(r["e_and_t_aims_ach"]) if r["e_and_t_aims_ach"].isdigit() else None for r in rows]
    table = as_observations(
        {
            "indicator_id": ["fe_aim_achievements"] * len(rows),
            "area_code": [r["location_code"] for r in rows],
            "subject": [codes[r["ssa_t1_desc"]] for r in rows],
            "value": numbers,
            "status": ["ok" if n is not None else "rounded_to_zero" for n in numbers],
        },
        (date(2021, 8, 1), date(2022, 4, 30), "academic_year_part"),
    )
    assert {r["time_period"] for r in rows} == {total}
    report = validate(
        None, table, load_suite(FOUND, source_id), source_id, relations={"members": members(*districts())}
    )
    assert report.verdict == "passed"
    assert "subjects.add_to_total" in {c.rule for c in report.having("passed")}


def test_rounding_explains_all_but_nineteen_sums_of_subclasses(shared_data: Path) -> None:
    """The same count was made with pandas, from the rounding steps that can be read off the file."""
    source_id = "ons/bres_employment_by_detailed_industry"
    made, first = [], 1
    for snapshot_id, name in ((1, "itl2_bres_employment_sic2.csv"), (2, "itl2_bres_employment_sic5.csv.gz")):
        text = pyarrow.csv.ConvertOptions(column_types={"INDUSTRY_CODE": pa.string(), "COUNT": pa.float64()})
        read = pyarrow.csv.read_csv(shared_data / source_id / name, convert_options=text)
        years = read["DATE"].to_pylist()
        columns = {
            "indicator_id": ["bres_employment"] * len(years),
            "area_code": read["GEOGRAPHY_CODE"].to_pylist(),
            "industry": read["INDUSTRY_CODE"].to_pylist(),
            "value": read["COUNT"].to_pylist(),
            "period_start": [date(y, 1, 1) for y in years],
            "period_end": [date(y, 12, 31) for y in years],
        }
        made.append(as_observations(columns, (None, None, "calendar_year"), snapshot_id, first))
        first += len(years)
    rule = next(r for r in load_suite(FOUND, source_id).rules if r.rule == "subclasses.add_to_their_division")
    released = date(2023, 9, 4)
    known = {"snapshots": snapshots((1, "2023-09", released), (2, "2023-09", released))}
    with opened(None, pa.concat_tables(made), known) as con:
        assert count_rows(con, rule) == 19
        assert all("parts add to" in said for said in sample_rows(con, rule)[1])
