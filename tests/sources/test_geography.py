"""Places: what the look-ups say of the declared areas, and that every area label of the files has a code."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lmi.engine import connect, fetch
from lmi.lookups import CodeBook, merge_lookups
from lmi.raw.probe import Probe
from lmi.raw.readers import Workbook, text_of
from lmi.raw.recognise import misses
from lmi.registry import Area, Rule, load
from tests.sources.conftest import DISTRICTS, Staged

pytestmark = pytest.mark.data
FOLDERS = (
    "dfe_geog_lookup",
    "la_all_codes",
    "lad11_to_lad21",
    "lad_to_cauth",
    "lad_to_itl",
    "lad_to_lep",
    "lad_to_lsip",
    "lad_to_nuts",
    "lad_to_region",
    "lep_names_codes",
)


@pytest.fixture(scope="module")
def book(staged: Staged) -> CodeBook:
    return staged.ingest.codebook


@pytest.fixture(scope="module")
def members(staged: Staged) -> dict[tuple[str, str], set[str]]:
    """(look-up, area) -> districts."""
    made: dict[tuple[str, str], set[str]] = {}
    for row in merge_lookups(staged.ingest.lookups)["area_members"].to_pylist():
        made.setdefault((row["lookup"], row["area_code"]), set()).add(row["member_code"])
    return made


def areas() -> list[Area]:
    return list(load().areas.values())


def test_every_look_up_was_read(staged: Staged) -> None:
    bad = [o.error for o in staged.ingest.outcomes.values() if o.source_id.startswith("geography/") and o.state != "ok"]
    assert bad == []
    assert {o.source_id for o in staged.ingest.outcomes.values()} >= {f"geography/{name}" for name in FOLDERS}


def test_each_file_bears_the_marks_of_one_layout_only(shared_data: Path) -> None:
    registry = load()
    for folder in FOLDERS:
        for path in sorted((shared_data / "geography" / folder).iterdir()):
            probe = Probe(path)
            fits = [
                s.source_id
                for s in registry.sources.values()
                for x in s.layouts.values()
                if not misses(probe, x.recognise)
            ]
            assert fits == [f"geography/{folder}"], path.name


def test_code_lists_have_as_many_codes_as_the_publisher_has_areas(book: CodeBook) -> None:
    count = {
        ("lad", "lad"): 361,
        ("lad", "former_lad"): 54,
        ("lsip", "lsip"): 38,
        ("region", "region"): 9,
        ("utla", "county"): 21,
        ("cauth", "cauth"): 15,
        ("itl1", "itl1"): 12,
        ("itl2", "itl2"): 46,
        ("itl3", "itl3"): 182,
        ("nuts1", "nuts1"): 12,
        ("nuts2", "nuts2"): 41,
        ("nuts3", "nuts3"): 179,
        ("lep", "lep"): 38 + 4,
        ("country", "country"): 4,
    }
    assert {key: len(book.names(*key)) for key in count} == count


@pytest.mark.parametrize("area", areas(), ids=lambda a: a.id)
def test_declared_members_are_those_of_the_improvement_plan_look_ups(
    area: Area, members: dict[tuple[str, str], set[str]]
) -> None:
    for lookup in ("lad_to_lsip", "dfe_geog_lookup"):
        assert members[lookup, area.code] == set(area.members)


@pytest.mark.parametrize("area", areas(), ids=lambda a: a.id)
def test_declared_members_are_those_of_the_newest_combined_authority_and_territorial_look_ups(
    area: Area, members: dict[tuple[str, str], set[str]]
) -> None:
    authorities = [code for code in area.same_as if code.startswith("E47")]
    assert [members["lad_to_cauth_2025_05", code] for code in authorities] == [set(area.members)] * len(authorities)
    (level2,) = [code for code in area.same_as if code.startswith("TL")]
    assert members["lad_to_itl_2025", level2] == set(area.members)


@pytest.mark.parametrize("area", areas(), ids=lambda a: a.id)
def test_older_look_ups_give_the_same_extent_once_districts_are_carried_to_their_successors(
    area: Area, staged: Staged, members: dict[tuple[str, str], set[str]]
) -> None:
    walks = merge_lookups(staged.ingest.lookups)["crosswalks"]
    rows = walks.filter(pc.equal(walks["crosswalk_id"], "lad_to_current")).to_pylist()
    now = {r["from_code"]: r["to_code"] for r in rows}
    checked = 0
    for (lookup, code), districts in members.items():
        if code in area.same_as and lookup in ("lad_to_lep_2020", "lad_to_nuts_2018"):
            assert {now[d] for d in districts} == set(area.members), (lookup, code)
            checked += 1
    assert checked == 2


def test_the_county_is_twelve_of_the_fourteen_districts(members: dict[tuple[str, str], set[str]]) -> None:
    twelve = {code for code in DISTRICTS if code.startswith("E07")}
    assert len(twelve) == 12
    assert members["lancashire_districts", "E10000017"] == members["la_all_codes", "E10000017"] == twelve


def test_the_combined_county_authority_appears_between_the_two_vintages(
    members: dict[tuple[str, str], set[str]],
) -> None:
    assert ("lad_to_cauth_2024_05", "E47000018") not in members
    assert members["lad_to_cauth_2025_05", "E47000018"] == set(DISTRICTS)


def test_both_copies_of_the_improvement_plan_look_up_agree_on_every_district(
    members: dict[tuple[str, str], set[str]],
) -> None:
    one, other = ({c: m for (k, c), m in members.items() if k == name} for name in ("lad_to_lsip", "dfe_geog_lookup"))
    assert one == other
    assert sum(map(len, one.values())) == 296


def test_names_of_districts_are_the_same_in_the_register_and_in_the_publishers_own_look_up(
    book: CodeBook, shared_data: Path
) -> None:
    path = shared_data / "geography/lad_to_itl/lad_2025_to_itl_2025.csv"
    with connect() as con:
        rows = fetch(
            con, f"select LAD25CD as code, LAD25NM as name from read_csv('{path}', all_varchar = true)"
        ).to_pylist()
    assert len(rows) == 361
    assert [r for r in rows if book.names("lad").get(r["code"]) != r["name"]] == []


@pytest.mark.parametrize(
    ("scheme", "name", "code"),
    [
        ("lsip", "Lancashire", "E69000019"),
        ("lep", "Lancashire", "E37000019"),
        ("cauth", "Lancashire", "E47000018"),
        ("itl2", "Lancashire", "TLD4"),
        ("nuts2", "Lancashire", "UKD4"),
        ("utla", "Lancashire", "E10000017"),
        ("lad", "Lancaster", "E07000121"),
        ("itl3", "East Lancashire", "TLD46"),
        ("lad", "South Lanarkshire", "S12000029"),
        ("lad", "Wyre", "E07000128"),
        ("lad", "Wyre Forest", "E07000239"),
        ("lad", "Barnsley", "E08000038"),
        ("lad", "Craven", "E07000163"),
        ("lep", "York and North Yorkshire", "E37000058"),
        ("region", "East", "E12000006"),
    ],
)
def test_names_that_look_alike_are_told_apart(book: CodeBook, scheme: str, name: str, code: str) -> None:
    assert book.resolve(name, Rule(scheme=scheme)) == code


#: How Nomis prefixes a name, and the schemes that the name is of.
NOMIS = {"country": "country", "lep": "lep", "ladu": "lad", "lacu": "utla|lad", "gor": "region"}
KINDS = {*NOMIS, "nuts316", "User Defined Geography"}
CUT = " - from dn81838"


def nomis_rule(label: str) -> tuple[str, Rule]:
    kind, _, name = label.partition(":")
    if kind == "nuts316":
        return name[:5], Rule(by="code", scheme="nuts3")
    if kind != "User Defined Geography":
        return name, Rule(scheme=NOMIS[kind])
    name = name.removesuffix(CUT)
    if name.endswith("-MCA"):
        return (name if name == "North East-MCA" else name.removesuffix("-MCA")), Rule(scheme="cauth")
    return name.removesuffix("-LSIP"), Rule(scheme="lsip", by="name_prefix")


@pytest.mark.parametrize(
    "folder",
    [
        "aps_employment_by_occupation",
        "aps_employment_by_industry",
        "aps_employment_rate",
        "bres_employment_by_industry",
        "ubc_enterprises_by_size",
    ],
)
def test_every_area_that_nomis_prints_has_a_code(book: CodeBook, shared_data: Path, folder: str) -> None:
    labels: set[str] = set()
    for path in sorted((shared_data / "ons" / folder).glob("*.xlsx")):
        first = [text_of(row[0]) for row in Workbook.open(path, path.name).grid("Data").rows]
        labels |= {text for text in first if text.partition(":")[0] in KINDS}
    assert len(labels) > 200
    assert [label for label in sorted(labels) if book.resolve(*nomis_rule(label)) is None] == []


def test_every_area_of_the_data_hub_has_a_code_or_a_reason_to_have_none(book: CodeBook, shared_data: Path) -> None:
    kinds = {"LADU": "lad", "LSIP": "lsip", "MCA": "cauth", "England": "country"}
    with connect() as con:
        path = shared_data / "dfe/local_skills_data_hub/data_hub_2025_09.csv.gz"
        labels = fetch(con, f"select distinct Area from read_csv('{path}', all_varchar = true) order by 1")[
            "Area"
        ].to_pylist()
    assert len(labels) == 419
    lost = []
    for label in labels:
        name, _, kind = label.rpartition(" ")
        scheme, name = kinds[kind], name or label
        if book.resolve(name, Rule(scheme=scheme)) is None:
            lost.append((label, book.ignored(name, scheme) is not None))
    assert lost == [("NA LADU", True), ("Outside of an English Devolved Area and unknown MCA", True)]


def test_every_home_and_place_of_delivery_of_apprentices_has_a_code_or_a_reason(
    book: CodeBook, shared_data: Path
) -> None:
    folder = shared_data / "dfe/apprenticeships_by_provider_lad"
    names: set[str] = set()
    for file in ("lad_map_data_0.parquet", "lad_map_data_0_2025_11.parquet"):
        table = pq.read_table(folder / file, columns=["learner_home_lad", "delivery_lad"])
        names |= {n for c in table.columns for n in c.unique().to_pylist()}
    lost = sorted(n for n in names if book.resolve(n, Rule(scheme="lad")) is None)
    assert (len(names), lost) == (297, ["Outside of England and unknown"])
    assert book.ignored(lost[0], "lad")


def test_every_authority_of_universal_credit_has_a_code_in_wales_and_scotland_too(
    book: CodeBook, shared_data: Path
) -> None:
    path = shared_data / "dwp/uc_households_by_la/uc_la_households.xlsx"
    rows = Workbook.open(path, path.name).grid("Data Sheet 0").rows
    labels = [text_of(row[2]) for row in rows if isinstance(row[3], float)]
    assert len(labels) == 350 + 2
    assert [x for x in labels if book.resolve(x, Rule(scheme="lad")) is None] == ["Unknown", "Total"]
    assert book.ignored("Unknown", "lad") and book.ignored("Total", "lad")


@pytest.mark.parametrize(
    ("pattern", "code", "left"),
    [
        ("dwp/claimant_count_by_la/*.csv", "geography_code", {"E05", "E12999901"}),
        ("dfe/fe_achievements_by_*/*.csv", "location_code", {"z"}),
        ("dfe/ks4_destinations/*_2023_02.csv", "location_code", set()),
        ("dfe/destinations_16_18/*_2023_02.csv", "location_code", set()),
        ("dfe/neet_by_la/*.csv", "new_la_code", set()),
        ("ons/aps_industry_by_occupation/*.csv", "GEOGRAPHY_CODE", set()),
        ("ons/aps_rates_time_series/*.csv", "geography_code", {"E12999901"}),
        ("ons/regional_gva_by_itl3_industry/*_2023.csv", "ITL region code", set()),
        ("ons/regional_gva_by_itl3_industry/*_2024.csv", "ITL code", set()),
        ("ons/mid_year_population_single_year/*.csv", "code", set()),
    ],
)
def test_every_published_area_code_is_known_but_for_wards_and_codes_that_mean_nowhere(
    book: CodeBook, shared_data: Path, pattern: str, code: str, left: set[str]
) -> None:
    lost: set[str] = set()
    for path in sorted(shared_data.glob(pattern)):
        with connect() as con:
            read = f"read_csv('{path}', all_varchar = true)"
            sql = f'select distinct "{code}" as c from {read} where "{code}" is not null'
            codes = fetch(con, sql)["c"].to_pylist()
        assert codes
        lost |= {c for c in codes if book.resolve(c, Rule(by="code", scheme="area")) is None}
    assert {c[:3] if c.startswith("E05") else c for c in lost} == left


def test_partnerships_plan_areas_and_authorities_of_the_adverts_table_have_codes(
    book: CodeBook, shared_data: Path
) -> None:
    kinds = {"LEP": "lep", "LSIP": "lsip", "MCA": "cauth", "Country": "country"}
    lost: set[str] = set()
    for path in sorted((shared_data / "ons/online_job_adverts_by_profession").glob("*.csv")):
        with connect() as con:
            rows = fetch(
                con, f"select distinct geographic_level as k, area from read_csv('{path}', all_varchar = true)"
            )
        for row in rows.to_pylist():
            if book.resolve(row["area"], Rule(scheme=kinds[row["k"]])) is None:
                lost.add(row["area"])
    assert lost == {"Unknown"}
    assert book.ignored("Unknown", "country")
