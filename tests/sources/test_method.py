"""Mappings: complete where they claim to be, equal to what was printed of them, and made of codes that exist."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pyarrow.compute as pc
import pytest

from lmi.engine import connect, fetch
from lmi.lookups import CodeBook, merge_lookups, slug
from lmi.raw.probe import Probe
from lmi.raw.readers import Workbook, text_of
from lmi.raw.recognise import misses
from lmi.registry import load
from lmi.sources.cells import batches
from tests.sources.conftest import Staged

pytestmark = pytest.mark.data
NAMES = (
    "apprenticeship_route_ssa",
    "industry_sic",
    "lancashire_districts",
    "leo_subject_industry",
    "priority_sectors_sic",
    "routes",
    "sap_indicators",
    "sic2_soc2020_submajor_staffing_uk2018",
    "sic2_soc2020_unit_staffing_uk2018",
    "soc2010_soc2020",
    "soc_route",
    "ssa",
    "ssa_route",
    "ssa_soc",
)
#: Figures of others, by which ours are judged: they must never become ours.
ORACLES = (
    "si2035_series",
    "si2035_replacement_demand",
    "si2035_industry_occupation",
    "naive_backtest_lancashire",
    "external_checks",
    "sources",
)
#: Mapping -> (scheme, level) of its from-codes and of its to-codes.
ENDS = {
    "sic_division_to_industry22": (("sic2007", "division"), ("si2035_industry", "industry22")),
    "sic_division_to_industry75": (("sic2007", "division"), ("si2035_industry", "industry75")),
    "industry75_to_industry22": (("si2035_industry", "industry75"), ("si2035_industry", "industry22")),
    "industry22_to_sector6": (("si2035_industry", "industry22"), ("si2035_industry", "sector6")),
    "soc2020_unit_to_route": (("soc2020", "unit"), ("route", "route")),
    "ssa2_to_route": (("ssa", "tier2"), ("route", "route")),
    "ssa1_to_route": (("ssa", "tier1"), ("route", "route")),
    "ssa2_to_soc2020_unit": (("ssa", "tier2"), ("soc2020", "unit")),
    "soc2010_to_soc2020": (("soc2010", "unit"), ("soc2020", "unit")),
    "sic_division_to_soc2020_unit": (("sic2007", "division"), ("soc2020", "unit")),
    "sic_division_to_soc2020_submajor": (("sic2007", "division"), ("soc2020", "sub_major")),
    "subject_level_to_industry22": (None, ("si2035_industry", "industry22")),
    "standard_to_route": (None, ("route", "route")),
    "standard_to_level": (None, ("rqf", "level")),
    "standard_to_ssa2": (None, ("ssa", "tier2")),
    "lad_to_current": (("lad", None), ("lad", "lad")),
    "lad11_to_lad21": (("lad", None), ("lad", None)),
}

Weights = dict[str, dict[str, dict[str, float]]]


@pytest.fixture(scope="module")
def book(staged: Staged) -> CodeBook:
    return staged.ingest.codebook


@pytest.fixture(scope="module")
def rows(staged: Staged) -> list[dict]:
    return merge_lookups(staged.ingest.lookups)["crosswalks"].to_pylist()


@pytest.fixture(scope="module")
def weights(rows: list[dict]) -> Weights:
    """Mapping -> from-code -> to-code -> weight."""
    made: Weights = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        made[row["crosswalk_id"]][row["from_code"]][row["to_code"]] = row["weight"]
    return made


def records(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_mapping_was_read(staged: Staged) -> None:
    states = {o.source_id: o.error for o in staged.ingest.outcomes.values() if o.source_id.startswith("method/")}
    assert states == {f"method/{name}": "" for name in NAMES}


def test_each_file_bears_the_marks_of_one_layout_only_and_an_oracle_bears_none(shared_method: Path) -> None:
    registry = load()
    for name in (*NAMES, *ORACLES):
        probe = Probe(shared_method / f"{name}.csv")
        fits = [
            s.source_id for s in registry.sources.values() for x in s.layouts.values() if not misses(probe, x.recognise)
        ]
        assert fits == ([] if name in ORACLES else [f"method/{name}"])


def test_both_ends_of_every_mapping_are_codes_of_their_list(book: CodeBook, weights: Weights) -> None:
    assert set(weights) == set(ENDS)
    for name, (start, end) in ENDS.items():
        to_codes = {code for many in weights[name].values() for code in many}
        assert to_codes <= set(book.names(*end)), name
        if start is not None:
            assert set(weights[name]) <= set(book.names(*start)), name


def test_every_division_has_one_industry_group_and_every_group_one_sector(book: CodeBook, weights: Weights) -> None:
    assert set(weights["sic_division_to_industry22"]) == set(book.names("sic2007", "division"))
    assert set(weights["industry22_to_sector6"]) == set(book.names("si2035_industry", "industry22"))
    for name in ("sic_division_to_industry22", "sic_division_to_industry75", "industry22_to_sector6", "lad_to_current"):
        assert all(list(many.values()) == [1.0] for many in weights[name].values()), name


@pytest.mark.parametrize("edition", ["la_lsip_main_tables_2023_03.xlsm", "la_lsip_main_tables_2024_08.xlsm"])
def test_industry_groups_hold_the_divisions_that_the_workbooks_print_beside_them(
    book: CodeBook, weights: Weights, shared_data: Path, edition: str
) -> None:
    grid = Workbook.open(shared_data / "dfe/skills_imperative_2035" / edition, edition).grid("AggregationTables")
    printed: dict[str, set[str]] = {}
    for text in (text_of(value) for row in grid.rows for value in row):
        match = re.fullmatch(r"(.+) \[([\d,-]+)\]", text)
        if match:
            spans = [span.partition("-") for span in match[2].split(",")]
            divisions = {f"{n:02d}" for a, _, b in spans for n in range(int(a), int(b or a) + 1)}
            printed.setdefault(match[1].strip(), divisions)  # a group stands before a part of the same name
    known = set(book.names("sic2007", "division"))
    for code, name in book.names("si2035_industry", "industry22").items():
        ours = {d for d, many in weights["sic_division_to_industry22"].items() if code in many}
        assert ours == printed[name] & known, name


def test_the_sixth_sector_is_spelt_as_in_the_workbooks(book: CodeBook) -> None:
    assert book.names("si2035_industry", "sector6")["S6-6"] == "Non-marketed services"


@pytest.mark.parametrize(
    ("subject", "shares"),
    [
        ("5.2", {"construction": 100}),
        ("15.1", {"legal_finance_and_accounting": 100}),
        ("4.1", {"engineering_and_manufacturing": 62, "construction": 37}),
        ("4.3", {"engineering_and_manufacturing": 65, "transport_and_logistics": 35}),
        ("1.3", {"care_services": 77, "health_and_science": 21}),
        ("9.1", {"creative_and_design": 100}),  # no starts: the share of standards
    ],
)
def test_subjects_go_to_routes_in_the_shares_that_the_method_prints(
    weights: Weights, subject: str, shares: dict[str, int]
) -> None:
    ours = {route: round(100 * w) for route, w in weights["ssa2_to_route"][subject].items()}
    assert {route: ours[route] for route in shares} == shares


def test_tier_1_subjects_go_to_routes_by_the_starts_below_them(weights: Weights, shared_method: Path) -> None:
    starts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for record in records(shared_method, "ssa_route"):
        starts[record["ssa_tier2_code"].partition(".")[0]][slug(record["route"])] += float(record["starts"])
    for subject, routes in starts.items():
        total = sum(routes.values())
        want = {route: n / total for route, n in routes.items() if n}
        assert weights["ssa1_to_route"][subject] == pytest.approx(want), subject
    assert weights["ssa1_to_route"]["5"]["construction"] > 0.9


def test_cells_behind_a_tier_1_share_add_up_to_it(staged: Staged, rows: list[dict]) -> None:
    merged = merge_lookups(staged.ingest.lookups)
    (snapshot,) = [s for s in staged.ingest.plan.snapshots if s.source_id == "method/ssa_route"]
    layout = staged.ingest.plan.registry.sources["method/ssa_route"].layouts[snapshot.layout]
    first = snapshot.snapshot_id * 2**32
    text = {
        row["ordinal"] + first: float(row["text"] or 0)
        for batch in batches(staged.ingest.cells_path(snapshot), layout.options)
        for row in batch.select(["ordinal", "text"]).to_pylist()
    }
    amounts: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in merged["crosswalk_inputs"].to_pylist():
        amounts[row["from_code"], row["to_code"], row["role"]] += text[row["input_key"]]
    mine = [r for r in rows if r["crosswalk_id"] == "ssa1_to_route"]
    assert len(mine) == 44
    for row in mine:
        part, whole = (amounts[row["from_code"], row["to_code"], role] for role in ("part", "whole"))
        assert row["weight"] == pytest.approx(part / whole)


def test_145_of_412_unit_groups_have_a_route_with_its_confidence(rows: list[dict]) -> None:
    mine = [r for r in rows if r["crosswalk_id"] == "soc2020_unit_to_route"]
    notes = [r["note"] for r in mine]
    assert len({r["from_code"] for r in mine}) == 145
    assert {note: notes.count(note) for note in "ABC"} == {"A": 50, "B": 76, "C": 40}


def test_every_standard_of_either_spelling_has_a_route_and_a_level(weights: Weights, shared_method: Path) -> None:
    listed = records(shared_method, "apprenticeship_route_ssa")
    assert len(listed) == 515
    for record in listed:
        for title in {record["title"], record["dashboard_title"]} - {""}:
            assert weights["standard_to_route"][slug(title)] == {slug(record["route"]): 1.0}
            assert weights["standard_to_level"][slug(title)] == {f"RQF{record['level']}": 1.0}


def test_five_of_six_starts_are_on_a_standard_with_a_route(weights: Weights, shared_data: Path) -> None:
    """The method's own count: 1.109 of 1.339 million starts, 83%."""
    path = shared_data / "dfe/apprenticeships_by_provider_lad/subjects_and_standards_0.parquet"
    sql = (
        f"select std_fwk_name as name, sum(try_cast(values as double)) as starts from read_parquet('{path}') "
        "where measure = 'Starts' and provider_name not like 'Total%' group by 1"
    )
    with connect() as con:
        rows = fetch(con, sql).to_pylist()
    found = sum(r["starts"] or 0 for r in rows if slug(r["name"]) in weights["standard_to_route"])
    assert round(100 * found / sum(r["starts"] or 0 for r in rows)) == 83


def test_pooled_shares_are_those_of_the_publishers_samples(weights: Weights, shared_data: Path) -> None:
    """The oracle is the publisher's workbook: shares by sex and sample times the sample, over all that was coded."""
    (path,) = (shared_data / "classifications/soc2010_to_soc2020").iterdir()
    grid = Workbook.open(path, path.name).grid("Sheet1")
    at = {text_of(v): i for i, v in enumerate(grid.rows[0])}
    kinds = ("men_lfs", "men_census", "women_lfs", "women_census")
    sizes: dict[str, list[float]] = {}
    pooled: dict[str, dict[str, float]] = defaultdict(dict)
    unit = ""
    for row in grid.rows[1:]:
        if row[at["SOC2010"]]:
            unit = "SOC10-" + text_of(row[at["SOC2010"]])[:4]
            sizes[unit] = [float(row[at[f"{k}_base_2010"]] or 0) for k in kinds]
        elif row[at["SOC2020"]]:
            parts = [float(row[at[f"{k}_perc_2020"]] or 0) for k in kinds]
            pooled[unit][text_of(row[at["SOC2020"]])[:4]] = sum(p * n for p, n in zip(parts, sizes[unit], strict=True))
    assert len(pooled) == 369
    for code, many in pooled.items():
        want = {other: people / sum(many.values()) for other, people in many.items() if people}
        assert weights["soc2010_to_soc2020"][code] == pytest.approx(want, abs=2e-5), code


def test_staffing_by_unit_group_never_exceeds_a_division_and_misses_what_was_left_out(weights: Weights) -> None:
    sums = {d: sum(many.values()) for d, many in weights["sic_division_to_soc2020_unit"].items()}
    assert len(sums) == 85
    assert 0.84 < min(sums.values()) < max(sums.values()) <= 1.0 + 1e-9


def test_subjects_of_employees_are_known_by_subject_level_and_area(book: CodeBook, weights: Weights) -> None:
    codes = [code.split(":") for code in weights["subject_level_to_industry22"]]
    assert {c[0] for c in codes} <= set(book.names("ssa", "tier1"))
    assert {c[1] for c in codes} == {"below_2", "2", "3", "4-5", "6", "7+"} == set(book.names("rqf", "band"))
    assert {c[2] for c in codes} == {"E92000001", "E12000002"}
    shares = weights["subject_level_to_industry22"]["4:3:E92000001"]
    assert shares["I22-08"] > 0.1  # people with engineering at level 3 do work in construction


def test_industries_of_sectors_exist_and_only_two_sectors_are_published(staged: Staged, book: CodeBook) -> None:
    members = merge_lookups(staged.ingest.lookups)["sector_members"]
    for row in members.to_pylist():
        assert row["industry"] in book.names("sic2007", row["industry_level"]), row
    published = members.filter(pc.equal(members["definition_status"], "published"))
    assert published["sector_id"].unique().to_pylist() == [
        "digital_and_creative_creative_industries",
        "digital_and_creative_digital_sector",
    ]
    assert (members.num_rows, published.num_rows) == (121, 67)


def test_classes_whose_last_zero_the_file_lost_are_found(staged: Staged, book: CodeBook) -> None:
    members = merge_lookups(staged.ingest.lookups)["sector_members"].to_pylist()
    creative = {m["industry"] for m in members if m["sector_id"] == "digital_and_creative_creative_industries"}
    assert {"5920", "6010", "7410"} <= creative
    assert book.names("sic2007", "class")["5920"] == "Sound recording and music publishing activities"


def test_areas_call_a_sector_published_exactly_when_its_look_up_does(staged: Staged) -> None:
    members = merge_lookups(staged.ingest.lookups)["sector_members"].to_pylist()
    status = {m["sector_id"]: m["definition_status"] for m in members}
    for area in load().areas.values():
        assert area.sectors
        assert {s.members_from: s.definition for s in area.sectors} == {
            s.members_from: status[s.members_from] for s in area.sectors
        }


def test_travel_to_work_groups_are_those_of_the_look_up(shared_method: Path) -> None:
    groups: dict[str, set[str]] = defaultdict(set)
    for record in records(shared_method, "lancashire_districts"):
        groups[record["skills_hub_ttwa_area"]].add(record["lad23_code"])
    assert {name: set(codes) for name, codes in load().area("lancashire").groups.items()} == groups
    assert len(groups) == 6
