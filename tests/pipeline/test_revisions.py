"""What moved between editions, days and builds, against workbooks compared cell by cell and vintages made by hand."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lmi import warehouse
from lmi.errors import LmiError, StoreError
from lmi.pipeline.land import land
from lmi.pipeline.revisions import moved, revised_by_newest
from lmi.pipeline.status import read_status
from lmi.publish import published_builds
from lmi.registry import load
from lmi.warehouse.relations import FIGURE_COLUMNS
from tests.pipeline import files
from tests.pipeline.builds import AREA, DAY, Built, published_like, refresh
from tests.test_warehouse import build, observation, rows

TWO = {"vintage": "two", "released": date(2022, 1, 1)}
THREE = {"vintage": "three", "released": date(2023, 1, 1)}
EDITION = {"supersede": "edition"}
NEXT_YEAR = {"period_start": date(2021, 1, 1), "period_end": date(2021, 12, 31)}
SOC = rows(
    warehouse.CONTRACTS["dimension_schemes"],
    {"snapshot_id": 1, "dimension": "industry", "scheme": "sic2007"},
    {"snapshot_id": 2, "dimension": "industry", "scheme": "broad"},
)


def steps(*observations: dict[str, Any], **other: Any) -> list[tuple[Any, ...]]:
    """Return the moves of hand-made vintages: industry, editions, values, and whether another code list stands beside."""
    with build(observations, **other) as con:
        return con.execute(
            """select industry, year(period_end), vintage_before, vintage_after, value_before, value_after, schemes_beside
               from moves order by all"""
        ).fetchall()


def test_the_first_edition_of_a_source_is_no_move_and_neither_is_the_same_value_again() -> None:
    assert steps(observation(101, 10.0)) == []
    assert steps(observation(101, 10.0), observation(201, 10.0, **TWO)) == []


def test_a_machine_s_rounding_is_no_move_and_the_smallest_printed_digit_is() -> None:
    # The total of 2020 in the two editions of a workbook of projections: the last of its digits differ.
    assert steps(observation(101, 701_234.5678901), observation(201, 701_234.5678915, **TWO)) == []
    assert len(steps(observation(101, 701_234.5), observation(201, 701_234.6, **TWO))) == 1
    assert len(steps(observation(101, 0.0), observation(201, 0.1, **TWO))) == 1
    assert steps(observation(101, 0.0), observation(201, 0.0, **TWO)) == []


def test_a_figure_that_moves_twice_is_two_steps() -> None:
    assert steps(observation(101, 10.0), observation(201, 11.0, **TWO), observation(301, 12.0, **THREE)) == [
        ("_T", 2020, "one", "two", 10.0, 11.0, None),
        ("_T", 2020, "two", "three", 11.0, 12.0, None),
    ]


def test_a_suppressed_figure_is_a_step_to_no_value() -> None:
    assert steps(observation(101, 10.0), observation(201, None, **TWO)) == [
        ("_T", 2020, "one", "two", 10.0, None, None)
    ]


def test_by_cell_what_a_newer_file_leaves_out_has_not_moved_and_is_compared_with_its_own_last_print() -> None:
    found = steps(
        observation(101, 10.0),
        observation(201, 5.0, **TWO, **NEXT_YEAR),
        observation(301, 12.0, **THREE),
    )
    assert found == [("_T", 2020, "one", "three", 10.0, 12.0, None), ("_T", 2021, "one", "two", None, 5.0, None)]


def test_by_edition_what_the_next_edition_lacks_is_withdrawn_and_new_when_it_comes_back() -> None:
    found = steps(
        observation(101, 10.0, **EDITION),
        observation(102, 1.0, **NEXT_YEAR, **EDITION),
        observation(201, 10.0, **TWO, **EDITION),
        observation(301, 10.0, **THREE, **EDITION),
        observation(302, 2.0, **THREE, **NEXT_YEAR, **EDITION),
    )
    assert found == [
        ("_T", 2021, "one", "two", 1.0, None, None),
        ("_T", 2021, "two", "three", None, 2.0, None),
    ]


def test_another_code_list_for_the_same_area_and_period_stands_beside_what_came_and_what_went() -> None:
    codes = rows(
        warehouse.CONTRACTS["codes"],
        {"scheme": "sic2007", "code": "10", "name": "Food", "level": "division", "obs_key": 1},
        {"scheme": "sic2007", "code": "11", "name": "Drink", "level": "division", "obs_key": 2},
        {"scheme": "broad", "code": "B1", "name": "Food and drink", "level": "group", "obs_key": 3},
    )
    old, new = observation(101, 10.0, industry="10", **EDITION), observation(201, 10.0, industry="B1", **TWO, **EDITION)
    assert steps(old, new, codes=codes, dimension_schemes=SOC) == [
        ("10", 2020, "one", "two", 10.0, None, "industry broad"),
        ("B1", 2020, "one", "two", None, 10.0, "industry sic2007"),
    ]
    # Another code of the same list is no other list.
    same = observation(201, 10.0, industry="11", **TWO, **EDITION) | {"snapshot_id": 1}
    assert [s[-1] for s in steps(old, same, codes=codes, dimension_schemes=SOC)] == [None, None]


def test_two_codes_of_one_area_are_one_figure_and_the_code_as_published_is_kept() -> None:
    with build([observation(101, 10.0, area_code="SAME"), observation(201, 11.0, **TWO)]) as con:
        assert con.execute("select area_code, published_code_before, published_code_after from moves").fetchall() == [
            ("HERE", "SAME", "HERE")
        ]


def test_an_edition_after_the_day_of_the_build_is_not_seen() -> None:
    assert steps(observation(101, 10.0), observation(201, 11.0, **TWO), as_of=date(2021, 6, 1)) == []


# ---------------------------------------------------------------- the published build


def test_every_step_of_the_baseline_has_a_cause_and_two_days_cut_the_steps_between_them(baseline_build: Built) -> None:
    told = moved(baseline_build.data)
    assert told.figures.num_rows == baseline_build.report.marts["revisions"] == sum(told.summary["figures"].to_pylist())
    between = moved(baseline_build.data, "2023-09-08", "2023-10-01").summary.to_pylist()
    # Only the claimants of August 2023 were released then: fourteen districts, the county and the region, a count and a
    # rate each.
    assert [(r["source_id"], r["vintage_after"], r["cause"], r["figures"]) for r in between] == [
        ("dwp/claimant_count_by_la", "2023-08", "new period", 16),
        ("dwp/claimant_count_by_la", "2023-08", "new period", 16),
    ]


def test_a_day_is_not_compared_with_a_build_and_an_unknown_build_is_named(baseline_build: Built) -> None:
    with pytest.raises(LmiError, match="two days, or two builds"):
        moved(baseline_build.data, "2023-09-08", baseline_build.report.build_id)
    with pytest.raises(StoreError, match=rf"no build 'atlantis'.*{baseline_build.report.build_id}"):
        moved(baseline_build.data, "atlantis")


def test_two_builds_differ_in_what_was_landed_between_them(baseline_build: Built, tmp_path: Path) -> None:
    built = published_like(baseline_build, tmp_path)
    first = built.report.build_id
    name = tmp_path / "claimants.csv"
    name.write_text(files.claimants("2023-10"))  # 1,000 in every district: a month that was known otherwise
    landed = land([name], built.data, load(), DAY, released=date(2026, 11, 20), vintage="2026-11")
    assert [row.outcome for row in landed] == ["new"]
    report = refresh(built.data)
    assert report.published
    assert [b.build_id for b in published_builds(built.data / "curated")] == [report.build_id, first]
    told = moved(built.data, first)
    causes = {(r["indicator_id"], r["cause"]): r["figures"] for r in told.summary.to_pylist()}
    as_before = baseline_build.one(
        """select count(*) from claimant_rate_total join areas using (area_code)
           where period_end = '2023-10-31' and kind = 'district' and value = 2.5"""
    )
    assert causes == {("claimants", "publisher revised"): 14, ("claimant_rate", "publisher revised"): 14 - as_before}
    assert {r["value_after"] for r in told.figures.to_pylist()} == {1000.0, 2.5}
    back = moved(built.data, report.build_id, first)
    assert {r["cause"] for r in back.figures.to_pylist()} == {"another file serves"}


def in_csv(path: Path) -> dict[tuple[str, str, str], str]:
    """Return the numbers of the extract of May 2022 as printed: year, area and group to the cell's text."""
    found: dict[tuple[str, str, str], str] = {}
    when, heads = "", list[str]()
    for row in csv.reader(path.open(encoding="utf-8-sig")):
        label = row[0] if row else ""
        if label.startswith("Date"):
            when = row[1]
        elif label == "Cell":
            heads = row
        elif label.startswith("T09a:") and label.endswith("(SOC2010) : All people )"):
            for area in ("country:England", "lep:Lancashire"):
                found[when, area, label] = row[heads.index(area)]
    return found


def in_workbook(path: Path) -> dict[tuple[str, str, str], str]:
    """Return the numbers of a later extract as printed: year, area and group to the cell's text."""
    import openpyxl

    found: dict[tuple[str, str, str], str] = {}
    when, heads = "", ()
    for row in openpyxl.load_workbook(path)["Data"].iter_rows(values_only=True):
        label = str(row[0] or "")
        if label == "date":
            when = str(row[1])
        elif label == "Area":
            heads = row
        elif label in ("country:England", "lep:Lancashire"):
            for column, head in enumerate(heads):
                if str(head or "").startswith("T09a:"):
                    found[when, label, str(head)] = str(row[column])
    return found


@pytest.mark.data
def test_the_reweighting_of_the_survey_is_as_many_revised_figures_as_the_two_files_have_unequal_cells(
    baseline_build: Built, shared_data: Path
) -> None:
    folder = shared_data / "ons" / "aps_employment_by_occupation"
    before = in_csv(folder / "aps_soc2010_lep_2015_2021.csv")
    after = in_workbook(folder / "nomis_2023_04_24_143000.xlsx")
    both = set(before) & set(after)
    assert len(both) == 5 * 2 * 25  # 2017 to 2021, two areas, 25 groups
    unequal = {key for key in both if before[key] != after[key]}
    # 2020 and 2021 were weighted anew; the years before stand as they were.
    assert {when[4:8] for when, _, _ in unequal} == {"2020", "2021"}
    told = [r for r in moved(baseline_build.data).figures.to_pylist() if r["vintage_before"] == "2022-05-18"]
    revised = [r for r in told if r["cause"] == "publisher revised"]
    assert len(revised) == len(unequal) == 88
    # England, 2021, corporate managers and directors: what stands in both files. England is new in no year.
    head = next(h for _, _, h in both if h.startswith("T09a:1 "))
    key = ("Jan 2021-Dec 2021", "country:England", head)
    mine = [
        (r["value_before"], r["value_after"])
        for r in revised
        if (r["area_code"], r["occupation"], r["period_end"].year) == ("E92000001", "SOC10-11", 2021)
    ]
    assert mine == [(float(before[key]), float(after[key]))]
    # Lancashire is printed under the code of the partnership before and of the plan's area after: the same districts.
    assert sum(r["area_code"] == AREA for r in revised) == sum(area == "lep:Lancashire" for _, area, _ in unequal)


@pytest.mark.data
def test_employment_of_2021_was_revised_from_26_134_100_to_26_200_100_in_england_and_by_500_in_lancashire(
    baseline_build: Built, shared_data: Path, tmp_path: Path
) -> None:
    """The figures are the publisher's, as the catalogue of files read them: in employment, aged 16 to 64."""
    built = published_like(baseline_build, tmp_path)
    landed = land([shared_data / "ons" / "aps_employment_rate"], built.data, load(), DAY)
    assert [row.outcome for row in landed] == ["new", "new"]
    assert refresh(built.data).published
    found = [r for r in moved(built.data).figures.to_pylist() if r["source_id"] == "ons/aps_employment_rate"]
    revised = [r for r in found if r["cause"] == "publisher revised"]
    # 2018 and 2019 stand in both extracts and agree; 2020 and 2021 were weighted anew.
    assert {r["period_end"].year for r in revised} == {2020, 2021}
    mine = {
        r["area_code"]: (r["value_before"], r["value_after"])
        for r in revised
        if r["detail"] == "in_employment" and r["period_end"] == date(2021, 12, 31)
    }
    assert mine["E92000001"] == (26_134_100, 26_200_100)
    assert mine[AREA] == (642_000, 642_500)
    assert {r["cause"] for r in found} <= {"publisher revised", "new period", "newly published"}
    assert read_status(built.data).revised["ons/aps_employment_rate"] == len(revised)


@pytest.mark.data
def test_the_corrected_projections_moved_jobs_by_occupation_and_neither_a_total_nor_an_industry(
    baseline_build: Built, shared_data: Path, tmp_path: Path
) -> None:
    """As their authors say of the correction of August 2024: it is one of occupations."""
    built = published_like(baseline_build, tmp_path)
    path = shared_data / "dfe" / "skills_imperative_2035" / "la_lsip_main_tables_2023_03.xlsm"
    assert [row.outcome for row in land([path], built.data, load(), DAY)] == ["new"]
    assert refresh(built.data).published
    found = [r for r in moved(built.data).figures.to_pylist() if r["source_id"] == "dfe/skills_imperative_2035"]
    assert {(r["vintage_before"], r["vintage_after"], r["cause"]) for r in found} == {
        ("2023-03", "2024-08", "publisher revised")
    }
    jobs = [r for r in found if r["indicator_id"] == "projected_jobs" and r["qualification"] == "_T"]
    assert jobs and all(r["occupation"] != "_T" for r in jobs)


def test_status_counts_what_the_newest_edition_of_a_source_revised(baseline_build: Built) -> None:
    from lmi.engine import connect
    from lmi.publish import published_build

    with connect(published_build(baseline_build.data / "curated").database, read_only=True) as con:
        counted = revised_by_newest(con)
    assert read_status(baseline_build.data).revised == counted
    assert set(FIGURE_COLUMNS) <= set(moved(baseline_build.data).figures.column_names)
    # The claimants came month by month, and no month was printed twice.
    assert "dwp/claimant_count_by_la" not in counted and counted["ons/aps_employment_by_occupation"] == 88
