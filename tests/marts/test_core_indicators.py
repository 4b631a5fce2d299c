"""The core list is answered row by row: each indicator has a series that exists, or a reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lmi.lookups import read_results
from lmi.marts import read_marts
from lmi.registry import load
from lmi.warehouse import series_views
from tests.pipeline.builds import Built
from tests.sources.conftest import Staged

MEASURES = read_results().core.table.to_pylist()
SQL = next(mart.sql for mart in read_marts() if mart.name == "core_indicators")
#: Marts that the core list reads, and the column whose values complete a relation's name.
FROM_MARTS = ("provision.", "young_people.")
MADE_HERE = ("forecast_growth.industry22", "forecast_growth.occupation_submajor", "population_by_age.band")


def test_every_indicator_of_the_list_has_a_measure_or_a_reason(tmp_path: Path) -> None:
    codes = Staged([], tmp_path).ingest.codes
    listed = {c["code"] for c in codes.to_pylist() if c["scheme"] == "sap_indicator"}
    assert len(listed) == 27
    assert {m["sap_ref"] for m in MEASURES} == listed
    for measure in MEASURES:
        if measure["relation"] == "none":
            assert measure["reason"], measure
            assert [m["sap_ref"] for m in MEASURES].count(measure["sap_ref"]) == 1, "it cannot be sourced and not"


@pytest.mark.data
def test_the_list_is_the_one_that_the_method_names(shared_method: Path) -> None:
    from lmi.lookups import slug

    with (shared_method / "sap_indicators.csv").open(newline="", encoding="utf-8") as file:
        refs = {row["dfe_ref"] or slug(row["indicator"]) for row in csv.DictReader(file)}
    assert {m["sap_ref"] for m in MEASURES} == refs


def test_every_measure_reads_a_relation_that_the_mart_shows() -> None:
    views = {view.name for view in series_views(load().indicators.values())}
    for name in {m[k] for m in MEASURES for k in ("relation", "over_relation")} - {"", "none"}:
        if name.startswith(FROM_MARTS):
            assert f"select '{name.split('.')[0]}.' ||" in SQL
        else:
            made = f"select '{name}' as relation" in SQL or f"select '{name}', * from {name}\n" in SQL
            assert made, name
            assert name in views or name in MADE_HERE


def test_a_share_of_residents_is_divided_by_residents_and_of_jobs_by_jobs() -> None:
    units = {name: i for i in load().indicators.values() for name in (f"{i.indicator_id}_{v}" for v in i.views)}
    divided = [m for m in MEASURES if m["over_relation"] in units and m["relation"] in units]
    assert len(divided) > 5
    for measure in divided:
        top, bottom = units[measure["relation"]], units[measure["over_relation"]]
        assert (top.unit, top.basis) == (bottom.unit, bottom.basis), measure


def test_rates_of_all_adults_are_told_apart_from_those_of_working_age(baseline_build: Built) -> None:
    """DfE's hub, LSIP Lancashire, April 2024 to March 2025: 706,100 in work, 25,700 unemployed, 192,500 inactive, 1,200,600
    in all. The parts lack 276,300 of the whole, which is about how many over 64 do not work: the whole is of all from
    16 on, the inactive of those aged 16 to 64, and no rate may set the one over the other."""
    whole, parts = 1_200_600, 706_100 + 25_700 + 192_500
    assert whole - parts == 276_300
    read = "select measure, value from core_indicators where area_code = 'E69000019' and period_end = '2025-03-31'"
    told = dict(baseline_build.ask(f"{read} and code = '_T' and measure like '%employment%'"))
    assert told == pytest.approx(
        {"in_employment_16_and_over": 706_100, "employment_rate_16_and_over": 70_610_000 / whole}
    )
    assert not baseline_build.ask(
        "select 1 from core_indicators where measure in ('employment_rate', 'inactivity_rate', 'in_employment') "
        "and status = 'ok' and period_end > '2022-12-31'"
    )
