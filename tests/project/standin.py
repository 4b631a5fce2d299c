"""The relations that the projection reads, made for tests straight from the shared files."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lmi.lookups import read_results
from lmi.project.inputs import ProjectionInputs

AREA, ENGLAND = "E69000019", "E92000001"
ASSUMPTIONS = Path(__file__).parents[2] / "lmi" / "declared" / "assumptions.toml"
_keys = {"next": 0}


def slug(name: str) -> str:
    """Return a lower snake slug."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def keys(count: int) -> list[int]:
    """Return new cell keys."""
    start = _keys["next"]
    _keys["next"] += count
    return list(range(start, start + count))


def view(frame: pd.DataFrame, kind: str = "calendar_year", first: int | None = None) -> pa.Table:
    """Return a series view from a frame of area_code, year, dimensions and value."""
    made = frame.reset_index(drop=True).copy()
    made["period_start"] = [date(first or int(y), 1, 1) for y in made["year"]]
    made["period_end"] = [date(int(y), 12, 31) for y in made["year"]]
    if "period_kind" not in made:
        made["period_kind"] = kind
    if "status" not in made:
        made["status"] = "ok"
    made["obs_key"] = keys(len(made))
    table = pa.Table.from_pandas(made, preserve_index=False)
    values = pa.array(made["value"].astype(float), from_pandas=True)
    return table.set_column(table.column_names.index("value"), "value", values)


#: Of residents and adverts this stand-in reads nothing: the projection says what is absent and goes on.
UNREAD = (
    "population_by_age_and_sex", "projected_population_by_broad_age", "projected_population_2014_based_by_age_and_sex",
    "residents_economic_activity_active", "residents_economic_activity_total", "residents_economic_activity_by_activity",
    "dfe_hub_residents_by_qualification_by_qualification",
    "dfe_hub_residents_by_qualification_by_qualification_and_age", "claimants_total",
    "online_job_adverts_by_occupation_submajor",
)  # fmt: skip
NOTHING = pa.schema(
    [
        ("area_code", pa.string()),
        ("year", pa.int64()),
        ("detail", pa.string()),
        ("value", pa.float64()),
        ("obs_key", pa.int64()),
    ]
).empty_table()


def assumptions() -> pa.Table:
    """Return the committed assumptions as the relation."""
    declared = tomllib.loads(ASSUMPTIONS.read_text())["assumption"]
    made = pd.DataFrame(declared).rename(columns={"id": "assumption_id"})
    made["value"] = made["value"].astype(float)
    made["obs_key"] = keys(len(made))
    return pa.Table.from_pandas(made, preserve_index=False)


def widths() -> pa.Table:
    """Return the committed half widths as the relation, with keys of this stand-in."""
    table = read_results().widths.table
    return table.set_column(table.column_names.index("obs_key"), "obs_key", pa.array(keys(table.num_rows), pa.int64()))


def crosswalk(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the crosswalks relation from columns f, t, w."""
    made = pd.DataFrame({"crosswalk_id": name, "from_code": frame.f, "to_code": frame.t})
    made["weight"] = frame.w.astype(float)
    made["note"] = ""
    made["obs_key"] = keys(len(made))
    return made


def qualification_code(label: str) -> str:
    """Return RQF0 to RQF8 for a label of the official projections."""
    found = re.match(r"RQF(\d)", label)
    return f"RQF{found.group(1)}" if found else "RQF0"


@lru_cache(maxsize=1)
def real_inputs(data: Path, method: Path) -> ProjectionInputs:
    """Return the inputs from the shared method files, the register, the data hub and the apprenticeship files."""
    made: dict[str, pa.Table] = {}
    made |= official_views(method)
    made |= register_views(data)
    made |= provision_views(data, method)
    made["crosswalks"] = crosswalks(data, method)
    districts = pd.read_csv(method / "lancashire_districts.csv", dtype=str)
    made["area_members"] = pa.table({
        "area_code": [AREA] * len(districts), "member_code": districts.lad23_code.tolist(),
        "lookup": ["test"] * len(districts), "obs_key": keys(len(districts)),
    })  # fmt: skip
    made["areas"] = pa.table({"area_code": [AREA], "area_id": ["trial"], "name": ["Trial"], "kind": ["area"]})
    sectors = pd.read_csv(method / "priority_sectors_sic.csv", dtype=str)
    made["sector_members"] = pa.table({
        "area_id": ["trial"] * len(sectors), "sector_id": [slug(s) for s in sectors.priority_sector],
        "industry": sectors.sic2007_code.str.replace(".", "").tolist(), "level": sectors.sic_level.tolist(),
        "weight": [1.0] * len(sectors), "obs_key": keys(len(sectors)),
    })  # fmt: skip
    made["assumptions"] = assumptions()
    made["backtest_widths"] = widths()
    made["overrides"] = read_results().overrides.table
    made |= census_views(data, method)
    return ProjectionInputs.from_reader(made.__getitem__)


def official_views(method: Path) -> dict[str, pa.Table]:
    """Return projected jobs and replacement, in jobs."""
    series = pd.read_csv(method / "si2035_series.csv")
    series["area_code"] = series.area.map({"England": ENGLAND, "Lancashire LSIP": AREA})
    series["value"] = series.employment_thousands * 1000
    industry = pd.read_csv(method / "industry_sic.csv", dtype=str)
    i22 = {n: f"I22-{int(k):02d}" for n, k in zip(industry.industry22, industry.industry22_no, strict=True)}
    s6 = {n: f"S6-{k}" for n, k in zip(industry.sector6, industry.sector6_no, strict=True)}
    s6["Non-marketed services"] = s6["Non-market services"]
    soc = pd.read_csv(method / "soc2020_structure.csv", dtype=str)
    majors = dict(zip(soc.major_title.str.lower(), soc.soc2020_major, strict=True))
    majors |= {"associate professional occupations": "3"}
    made: dict[str, pa.Table] = {}

    def take(rows: pd.DataFrame, name: str, column: str | None) -> None:
        columns = ["area_code", "year", "value", *([column] if column else [])]
        made[name] = view(rows[columns])

    ind, occ = series[series.dimension == "industry"], series[series.dimension == "occupation"]
    take(ind[ind.category == "All industries"], "projected_jobs_total", None)
    for name, codes in (("industry22", i22), ("sector6", s6)):
        coded = ind.assign(industry=ind.category.map(codes)).dropna(subset="industry")
        take(coded, f"projected_jobs_by_{name}", "industry")
    sub = occ[occ.category.str.match(r"\d\d ")]
    take(sub.assign(occupation=sub.category.str[:2]), "projected_jobs_by_occupation_submajor", "occupation")
    major = occ[~occ.category.str.match(r"\d\d |All")]
    major = major.assign(occupation=major.category.str.lower().map(majors))
    take(major, "projected_jobs_by_occupation_major", "occupation")
    qual = series[series.dimension == "qualification"]
    qual = qual.assign(qualification=qual.category.map(qualification_code))
    take(qual, "projected_jobs_by_qualification", "qualification")

    spans = pd.read_csv(method / "si2035_replacement_demand.csv")
    spans = spans[spans.sex == "all"].assign(year=2035)
    spans["area_code"] = spans.area.map({"England": ENGLAND, "Lancashire LSIP": AREA})
    spans["value"] = spans.replacement_demand_2020_35_thousands * 1000
    o26 = spans[(spans.dimension == "occupation26")]
    by_occ = o26[(o26.qualification == "All qualifications") & o26.category.str.match(r"\d\d ")]
    by_occ = by_occ.assign(occupation=by_occ.category.str[:2])
    by_ind = spans[spans.dimension == "industry22"].assign(industry=lambda d: d.category.map(i22))
    by_ind = by_ind.dropna(subset="industry")
    by_qual = o26[~o26.category.str.match(r"\d\d ") & (o26.qualification != "All qualifications")]
    by_qual = by_qual.assign(qualification=by_qual.qualification.map(qualification_code))
    for name, rows, column in (
        ("occupation_submajor", by_occ, "occupation"), ("industry22", by_ind, "industry"),
        ("qualification", by_qual, "qualification"),
    ):  # fmt: skip
        kept = rows[["area_code", "year", column, "value"]]
        made[f"projected_replacement_demand_by_{name}"] = view(kept, "span", 2020)
    mix = o26[o26.category.str.match(r"\d\d ") & (o26.qualification != "All qualifications")]
    mix = mix.assign(occupation=mix.category.str[:2], qualification=mix.qualification.map(qualification_code))
    both = pd.concat([mix.assign(year=y, value=mix[f"emp_{y}_thousands"] * 1000) for y in (2020, 2035)])
    blocks = pd.read_csv(method / "si2035_industry_occupation.csv")
    blocks = blocks[(blocks.industry_level == "industry22") & (blocks.soc2020_major != "Total")]
    blocks = blocks.assign(
        area_code=blocks.area.map({"England": ENGLAND, "Lancashire LSIP": AREA}), industry=blocks.industry.map(i22),
        occupation=blocks.soc2020_major.str.lower().map(majors), value=blocks.employment_thousands * 1000,
    ).dropna(subset="industry")  # fmt: skip
    made["projected_jobs_by_industry22_and_occupation_major"] = view(
        blocks[["area_code", "year", "industry", "occupation", "value"]]
    )
    made["projected_jobs_by_occupation_submajor_and_qualification"] = view(
        both[["area_code", "year", "occupation", "qualification", "value"]]
    )
    return made


def register_views(data: Path) -> dict[str, pa.Table]:
    """Return register employment by division and subclass, Lancashire only."""
    made = {}
    folder = data / "ons" / "bres_employment_by_detailed_industry"
    for name, file in (("division", "itl2_bres_employment_sic2.csv"), ("subclass", "itl2_bres_employment_sic5.csv.gz")):
        rows = pd.read_csv(folder / file, dtype={"INDUSTRY_CODE": str})
        rows = rows[rows.GEOGRAPHY_CODE == "UKD4"]
        made[f"bres_employment_by_{name}"] = view(
            pd.DataFrame({"area_code": AREA, "year": rows.DATE, "industry": rows.INDUSTRY_CODE, "value": rows.COUNT})
        )
    return made


def census_views(data: Path, method: Path) -> dict[str, pa.Table]:
    """Return residents in work by section, and where the districts' residents and workers travel."""
    census = pd.read_csv(data / "ons" / "census_2021_employment_structure" / "census_2021_lad.csv")
    census = census[census.table == "TS060"]
    letters = dict(zip(census.category.unique(), "ABCDEFGHIJKLMNOPQRST", strict=False))
    workers = census.assign(industry=census.category.map(letters)).dropna(subset="industry")
    workers = workers.rename(columns={"geography_code": "area_code"}).assign(year=2021)
    home, work = "Lower tier local authorities code", "LTLA of workplace code"
    kind = "Place of work indicator (4 categories) code"
    flows = pd.read_csv(data / "ons" / "census_2021_commuting_flows" / "odwp01ew_ltla.csv.gz", dtype={kind: str})
    flows = flows.assign(year=2021, value=flows["Count"].astype(float))
    members = set(pd.read_csv(method / "lancashire_districts.csv").lad23_code)
    travel, at_home = flows[flows[kind] == "3"], flows[(flows[kind] == "1") & flows[home].isin(members)]
    out, into = travel[travel[home].isin(members)], travel[travel[work].isin(members)]
    return {
        "census_workers_by_section": view(workers[["area_code", "year", "industry", "value"]], "day"),
        "commuters_by_workplace_by_workplace": view(
            out.rename(columns={home: "area_code", work: "detail"})[["area_code", "year", "detail", "value"]], "day"
        ),
        "commuters_by_home_by_home": view(
            into.rename(columns={work: "area_code", home: "detail"})[["area_code", "year", "detail", "value"]], "day"
        ),
        "home_workers_total": view(at_home.rename(columns={home: "area_code"})[["area_code", "year", "value"]], "day"),
        **dict.fromkeys(UNREAD, NOTHING),
        "codes": sections(),
    }


#: First and last division of each SIC 2007 section.
SECTIONS = {
    "A": (1, 3), "B": (5, 9), "C": (10, 33), "D": (35, 35), "E": (36, 39), "F": (41, 43), "G": (45, 47), "H": (49, 53),
    "I": (55, 56), "J": (58, 63), "K": (64, 66), "L": (68, 68), "M": (69, 75), "N": (77, 82), "O": (84, 84),
    "P": (85, 85), "Q": (86, 88), "R": (90, 93), "S": (94, 96), "T": (97, 98), "U": (99, 99),
}  # fmt: skip


def sections() -> pa.Table:
    """Return the divisions of SIC 2007 with their sections."""
    rows = [(f"{d:02d}", s) for s, (first, last) in SECTIONS.items() for d in range(first, last + 1)]
    return pa.table({
        "scheme": ["sic2007"] * len(rows), "code": [r[0] for r in rows], "name": [""] * len(rows),
        "level": ["division"] * len(rows), "parent": [r[1] for r in rows], "obs_key": keys(len(rows)),
    })  # fmt: skip


FE_LEVELS = {
    "Essential Skills - English and maths": "FE-ESS", "Below Level 2 (excluding Essential Skills)": "FE-B2",
    "Level 2": "FE-2", "Full Level 2": "FE-2F", "Level 3": "FE-3", "Full Level 3": "FE-3F", "Level 4+": "FE-4",
    "No Level Assigned": "FE-NA",
}  # fmt: skip
APP = {"Intermediate Apprenticeship": "APP-2", "Advanced Apprenticeship": "APP-3", "Higher Apprenticeship": "APP-4"}


def provision_views(data: Path, method: Path) -> dict[str, pa.Table]:
    """Return further education and apprenticeship achievements."""
    hub = pd.read_csv(data / "dfe" / "local_skills_data_hub" / "data_hub_2025_09.csv.gz", dtype=str)
    hub = hub[(hub.Area == "Lancashire LSIP") & hub.metric.isin(["achievements", "achievementsAims"])]
    hub = hub.assign(area_code=AREA, year=2000 + hub.Period.str[-2:].astype(int))
    hub["value"] = pd.to_numeric(hub.valueText, errors="coerce")
    levels = hub[(hub.metric == "achievements") & (hub.Breakdown == "Level")]
    names = levels.Subgroup.str.replace("Further education and skills: ", "")
    levels = levels.assign(qualification=names.map(FE_LEVELS))[["area_code", "year", "qualification", "value"]]
    aims = hub[(hub.metric == "achievementsAims") & (hub.Breakdown == "SSA")]
    ssa = pd.read_csv(method / "ssa.csv", dtype=str)
    names = {n.lower(): c for n, c in zip(ssa.ssa_tier1, ssa.ssa_tier1_code, strict=True)}
    names |= {"not applicable/ not known": "NA", "preparation for life and work": "14"}
    aims = aims.assign(subject=aims.Subgroup.str.lower().map(names))
    assert aims.subject.notna().all(), aims[aims.subject.isna()].Subgroup.tolist()
    made = {
        "fe_learner_achievements_by_level": view(levels[~levels.qualification.str.endswith("F")], "academic_year"),
        "fe_learner_achievements_by_full_level": view(levels[levels.qualification.str.endswith("F")], "academic_year"),
        "fe_aim_achievements_by_subject": view(aims[["area_code", "year", "subject", "value"]], "academic_year"),
    }
    folder = data / "dfe" / "apprenticeships_by_provider_lad"
    districts = pd.read_csv(method / "lancashire_districts.csv", dtype=str)
    codes = dict(zip(districts.lad_name, districts.lad23_code, strict=True))
    home = pd.read_parquet(folder / "lad_map_data_0.parquet")
    home = home[home.learner_home_lad.isin(codes)]
    home = home.assign(area_code=home.learner_home_lad.map(codes), value=home.achievements, provider=home.provider_name,
                       detail=home.delivery_lad.map(slug))  # fmt: skip
    made["apprenticeship_achievements_by_provider"] = _academic(home, ["area_code", "provider", "detail"])
    standards = pd.read_parquet(folder / "subjects_and_standards_0.parquet")
    standards = standards[standards.measure == "Achievements"]
    tier2 = {n.lower(): c for n, c in zip(ssa.ssa_tier2, ssa.ssa_tier2_code, strict=True)}
    tier2 |= {"digital technology (practitioners)": "6.1", "digital technology (users)": "6.2"}
    standards = standards.assign(
        area_code=ENGLAND, value=standards["values"], provider=standards.provider_name,
        qualification=standards.apps_Level.map(APP), subject=standards.ssa_t2_desc.str.lower().map(tier2).fillna("NA"),
        detail=standards.std_fwk_name.map({n: slug(n) for n in standards.std_fwk_name.unique()}),
    )  # fmt: skip
    made["apprenticeship_standard_achievements_by_provider_and_standard"] = _academic(
        standards, ["area_code", "provider", "qualification", "subject", "detail"]
    )
    return made


def _academic(rows: pd.DataFrame, columns: list[str]) -> pa.Table:
    label = rows.year
    part = label.str.contains("(", regex=False)
    kind = part.map({True: "academic_year_part", False: "academic_year"})
    year = 2000 + label.str[5:7].astype(int)
    return view(rows[columns].assign(year=year, value=rows.value.astype(float), period_kind=kind))


def crosswalks(data: Path, method: Path) -> pa.Table:
    """Return the crosswalks relation."""
    industry = pd.read_csv(method / "industry_sic.csv", dtype=str)
    i22 = industry.industry22_no.astype(int).map("I22-{:02d}".format)
    s6 = "S6-" + industry.sector6_no
    parts = [crosswalk("sic_division_to_industry22", pd.DataFrame({"f": industry.sic2007_division, "t": i22, "w": 1}))]
    parts.append(crosswalk("industry22_to_sector6", pd.DataFrame({"f": i22, "t": s6, "w": 1}).drop_duplicates()))
    for name, file, column in (
        ("sic_division_to_soc2020_unit", "sic2_soc2020_unit_staffing_uk2018.csv", "soc2020_unit"),
        ("sic_division_to_soc2020_submajor", "sic2_soc2020_submajor_staffing_uk2018.csv", "soc2020_submajor"),
    ):
        rows = pd.read_csv(method / file, dtype=str)
        shares = pd.DataFrame({"f": rows.sic2007_division, "t": rows[column], "w": rows.share_of_division})
        parts.append(crosswalk(name, shares))
    soc = pd.read_csv(method / "soc_route.csv", dtype=str)
    parts.append(crosswalk("soc2020_unit_to_route", pd.DataFrame(
        {"f": soc.soc2020_unit, "t": soc.route.map(slug), "w": soc.share_of_matched_standards})))  # fmt: skip
    ssa = pd.read_csv(method / "ssa_route.csv", dtype={"ssa_tier2_code": str})
    ssa = ssa.dropna(subset="share_by_starts")
    ssa = ssa.assign(t=ssa.route.map(slug))
    parts.append(crosswalk("ssa2_to_route", ssa.rename(columns={"ssa_tier2_code": "f", "share_by_starts": "w"})))
    tier1 = ssa.assign(f=ssa.ssa_tier2_code.str.split(".").str[0]).groupby(["f", "t"]).starts.sum().reset_index()
    tier1["w"] = tier1.starts / tier1.groupby("f").starts.transform("sum")
    parts.append(crosswalk("ssa1_to_route", tier1[tier1.w > 0]))
    titles = pd.read_csv(method / "apprenticeship_route_ssa.csv", dtype=str)
    renamed = titles.dropna(subset="dashboard_title").assign(f=lambda d: d.dashboard_title.map(slug))
    long = pd.concat([titles.assign(f=titles.title.map(slug)), renamed]).drop_duplicates("f")
    parts.append(crosswalk("standard_to_route", pd.DataFrame({"f": long.f, "t": long.route.map(slug), "w": 1})))
    parts.append(crosswalk("standard_to_level", pd.DataFrame({"f": long.f, "t": long.level, "w": 1})))
    return pa.Table.from_pandas(pd.concat(parts), preserve_index=False)
