"""A small invented area with every relation the projection reads, so that rules are tested away from print."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lmi.lookups import read_results
from lmi.project.inputs import ProjectionInputs
from tests.project.standin import assumptions

HERE, WIDER = "X01", "X99"
FIRST, LAST, T0 = 2010, 2035, 2021
INDUSTRIES = {"I22-01": "01", "I22-02": "10", "I22-03": "62", "I22-04": "86"}
SECTORS = {"I22-01": "S6-1", "I22-02": "S6-2", "I22-03": "S6-3", "I22-04": "S6-3"}
OCCUPATIONS = ("11", "21", "52", "61")
QUALIFICATIONS = tuple(f"RQF{n}" for n in range(9))
UNITS = ("1111", "2111", "2112", "5211", "6111")

PLACES = ((HERE, 1.0), ("X02", 0.6), ("X03", 0.4))  # the area and its districts, with their shares of its learners


class Keys:
    """Hands out cell keys."""

    def __init__(self) -> None:
        self.next = 0

    def take(self, count: int) -> list[int]:
        self.next += count
        return list(range(self.next - count, self.next))


def invent(seed: int, draws: int = 200) -> ProjectionInputs:
    """Return inputs of an invented area; `seed` decides its size and its history."""
    rng, keys = np.random.default_rng(seed), Keys()
    made: dict[str, pa.Table] = {}
    years = np.arange(FIRST, LAST + 1)
    for area, scale in ((HERE, 1.0), (WIDER, 40.0)):
        paths = {
            "industry22": _paths(rng, len(INDUSTRIES), scale * 30000),
            "occupation_submajor": _paths(rng, len(OCCUPATIONS), scale * 30000),
            "qualification": _paths(rng, len(QUALIFICATIONS), scale * 12000),
        }
        for name in paths:
            paths[name] *= paths["industry22"].sum(axis=0) / paths[name].sum(axis=0)
        sixes = sorted(set(SECTORS.values()))
        belongs = np.array([[float(SECTORS[i] == s) for i in INDUSTRIES] for s in sixes])
        majors = sorted({o[0] for o in OCCUPATIONS})
        of_major = np.array([[float(o[0] == m) for o in OCCUPATIONS] for m in majors])
        for name, column, codes, values in (
            ("by_industry22", "industry", tuple(INDUSTRIES), paths["industry22"]),
            ("by_sector6", "industry", tuple(sixes), belongs @ paths["industry22"]),
            ("by_occupation_submajor", "occupation", OCCUPATIONS, paths["occupation_submajor"]),
            ("by_occupation_major", "occupation", tuple(majors), of_major @ paths["occupation_submajor"]),
            ("by_qualification", "qualification", QUALIFICATIONS, paths["qualification"]),
            ("total", None, ("_T",), paths["industry22"].sum(axis=0, keepdims=True)),
        ):
            _append(made, f"projected_jobs_{name}", _view(keys, area, column, codes, years, values))
        for name, column, codes in (
            ("industry22", "industry", tuple(INDUSTRIES)), ("occupation_submajor", "occupation", OCCUPATIONS),
            ("qualification", "qualification", QUALIFICATIONS),
        ):  # fmt: skip
            spans = paths[name][:, 10:].mean(axis=1) * 15 * rng.uniform(0.02, 0.04, len(codes))
            table = _view(keys, area, column, codes, [LAST], spans[:, None], kind="span", first=2020)
            _append(made, f"projected_replacement_demand_by_{name}", table)
        _append(made, "projected_jobs_by_occupation_submajor_and_qualification", _mix(rng, keys, area))
    made |= _register(rng, keys) | _provision(rng, keys) | _lookups(keys)
    table = assumptions()
    few = [float(draws) if n == "draws" else v for n, v in zip(
        table["assumption_id"].to_pylist(), table["value"].to_pylist(), strict=True)]  # fmt: skip
    table = table.set_column(table.column_names.index("value"), "value", pa.array(few))
    made["assumptions"] = table.set_column(
        table.column_names.index("obs_key"), "obs_key", pa.array(keys.take(table.num_rows))
    )
    one = _view(keys, HERE, "industry", ("I22-01",), [2020], np.ones((1, 1)), occupation="1")
    made["projected_jobs_by_industry22_and_occupation_major"] = one.slice(0, 0)  # none: the national pattern stands
    made["overrides"] = read_results().overrides.table
    made |= _census(rng, keys) | _people(rng, keys)
    wide = read_results().widths.table
    made["backtest_widths"] = wide.set_column(
        wide.column_names.index("obs_key"), "obs_key", pa.array(keys.take(wide.num_rows), pa.int64())
    )
    return ProjectionInputs.from_reader(made.__getitem__)


def without(inputs: ProjectionInputs, relation: str, **same: str) -> ProjectionInputs:
    """Return inputs without the rows of a relation whose columns equal the given values (all rows, if none given)."""
    table = getattr(inputs, relation)
    keep = [not all(row[c] == v for c, v in same.items()) for row in table.to_pylist()]
    return replace(inputs, **{relation: table.filter(pa.array(keep, pa.bool_()))})


def _paths(rng: np.random.Generator, count: int, size: float) -> np.ndarray:
    start = rng.uniform(0.2, 2.0, (count, 1)) * size
    return start * np.exp(np.cumsum(rng.normal(0.003, 0.02, (count, LAST - FIRST + 1)), axis=1))


def _append(made: dict[str, pa.Table], name: str, table: pa.Table) -> None:
    made[name] = pa.concat_tables([made[name], table]) if name in made else table


def _view(
    keys: Keys, area: str, column: str | None, codes: tuple[str, ...], years: object, values: np.ndarray,
    kind: str = "calendar_year", first: int | None = None, **more: str,
) -> pa.Table:  # fmt: skip
    when = [int(y) for _ in codes for y in years]  # type: ignore[attr-defined]
    rows = len(when)
    made = {
        "area_code": [area] * rows, "year": when, "period_kind": [kind] * rows,
        "period_start": [date(first or y, 1, 1) for y in when], "period_end": [date(y, 12, 31) for y in when],
        "value": np.asarray(values, dtype=float).ravel(), "status": ["ok"] * rows, "obs_key": keys.take(rows),
    }  # fmt: skip
    if column:
        made[column] = [c for c in codes for _ in years]  # type: ignore[attr-defined]
    return pa.table(made | {k: [v] * rows for k, v in more.items()})


def _mix(rng: np.random.Generator, keys: Keys, area: str) -> pa.Table:
    parts = []
    for occupation in OCCUPATIONS:
        held = rng.uniform(100, 4000, (len(QUALIFICATIONS), 3))
        held[0, :2] = 0.0  # a share of zero in one benchmark year
        when = [2015, 2020, 2035]
        parts.append(_view(keys, area, "qualification", QUALIFICATIONS, when, held, occupation=occupation))
    return pa.concat_tables(parts)


def _register(rng: np.random.Generator, keys: Keys) -> dict[str, pa.Table]:
    divisions = tuple(INDUSTRIES.values())
    years = np.arange(2015, T0 + 1)
    jobs = rng.uniform(5000, 40000, (len(divisions), 1)) * rng.uniform(0.9, 1.1, (len(divisions), len(years)))
    fine = tuple(f"{d}{n}10" for d in divisions for n in (1, 2))
    parts = np.repeat(jobs, 2, axis=0) * np.tile([0.3, 0.7], len(divisions))[:, None]
    return {
        "bres_employment_by_division": _view(keys, HERE, "industry", divisions, years, jobs.round(-1)),
        "bres_employment_by_subclass": _view(keys, HERE, "industry", fine, years, parts.round(-1)),
    }


def _provision(rng: np.random.Generator, keys: Keys) -> dict[str, pa.Table]:
    levels = ("FE-ESS", "FE-B2", "FE-2", "FE-2F", "FE-3", "FE-3F", "FE-4", "FE-NA")
    counts = np.array([[700, 1100, 1200, 300, 500, 320, 150, 900]]).T * rng.uniform(0.8, 1.2)
    subjects = ("1", "4", "14", "NA")
    aims = np.array([[900, 700, 2500, 80]]).T * rng.uniform(0.8, 1.2)
    home, standards = [], []
    for year, kind in ((2024, "academic_year"), (2025, "academic_year"), (2026, "academic_year_part")):
        for district in ("X02", "X03"):
            for provider, count in (("10000001", 60), ("10000002", 25)):
                size = np.array([[count * rng.uniform(0.5, 1.5)]]).round()
                place = {"provider": provider, "detail": district}
                home.append(_view(keys, district, None, ("_T",), [year], size, kind, **place))
        for provider, level, subject, detail, count in (
            ("10000001", "APP-2", "1.3", "carer", 30), ("10000001", "APP-3", "4.1", "fitter", 50),
            ("10000001", "APP-4", "4.1", "old_framework", 20), ("10000003", "APP-3", "4.1", "fitter", 500),
        ):  # fmt: skip
            standards.append(_view(keys, WIDER, None, ("_T",), [year], np.array([[count]]), kind, provider=provider,
                                   qualification=level, subject=subject, detail=detail))  # fmt: skip
    learners = pa.concat_tables([
        _view(keys, place, "qualification", levels, [2024], counts * share, "academic_year") for place, share in PLACES
    ])  # fmt: skip
    full = pa.array([level.endswith("F") for _ in PLACES for level in levels])
    return {
        "fe_learner_achievements_by_level": learners.filter(pc.invert(full)),
        "fe_learner_achievements_by_full_level": learners.filter(full),
        "fe_aim_achievements_by_subject": pa.concat_tables(
            [_view(keys, place, "subject", subjects, [2024], aims * share, "academic_year") for place, share in PLACES]
        ),
        "apprenticeship_achievements_by_provider": pa.concat_tables(home),
        "apprenticeship_standard_achievements_by_provider_and_standard": pa.concat_tables(standards),
    }


def _census(rng: np.random.Generator, keys: Keys) -> dict[str, pa.Table]:
    """Return residents in work by section, home workers and commuters of the two districts, and sections of divisions."""
    sections, members = ("A", "C", "J", "Q"), ("X02", "X03")
    workers, away, here, home = [], [], [], []
    for n, district in enumerate(members):
        count = rng.uniform(500, 9000, (len(sections), 1)).round()
        workers.append(_view(keys, district, "industry", sections, [2021], count, "day"))
        places = (*members, "X50")
        flow = rng.uniform(100, 3000, (3, 1)).round()
        away.append(_view(keys, district, "detail", places, [2021], flow, "day"))
        here.append(_view(keys, district, "detail", (members[1 - n], "X50"), [2021], flow[:2] / 2, "day"))
        home.append(_view(keys, district, None, ("_T",), [2021], np.array([[700.0 + n]]), "day"))
    codes = pa.table({
        "scheme": ["sic2007"] * 4, "code": list(INDUSTRIES.values()), "name": ["d"] * 4, "level": ["division"] * 4,
        "parent": list(sections), "obs_key": keys.take(4),
    })  # fmt: skip
    return {
        "census_workers_by_section": pa.concat_tables(workers),
        "commuters_by_workplace_by_workplace": pa.concat_tables(away),
        "commuters_by_home_by_home": pa.concat_tables(here), "home_workers_total": pa.concat_tables(home), "codes": codes,
    }  # fmt: skip


def _people(rng: np.random.Generator, keys: Keys) -> dict[str, pa.Table]:
    """Return residents by age and sex, their projection, and the survey of activity and qualifications."""
    members, years, by_age, ahead, active, total = ("X02", "X03"), [2019, 2020, 2021], [], [], [], []
    ages = (*map(str, range(90)), "90+")
    for district in members:
        for sex in ("F", "M"):
            count = rng.uniform(100, 300, (len(ages), 1)).round()
            by_age.append(_view(keys, district, "age", ages, [2024], count, sex=sex))
        bands = rng.uniform(20000, 22000, (3, 4)) * np.array([[0.4], [1.2], [0.5]])
        ahead.append(_view(keys, district, "age", ("0-15", "16-64", "65+"), [2022, 2027, 2032, 2037], bands))
    for place in (*members, WIDER):
        size = np.full((1, 3), 1000.0 if place == WIDER else 100.0) * 300
        total.append(_view(keys, place, None, ("_T",), years, size))
        active.append(_view(keys, place, None, ("_T",), years, size * rng.uniform(0.7, 0.8, (1, 3))))
    levels, surveyed = (
        ("NVQ0", "NVQ1", "NVQ2", "NVQ3", "NVQ4", "OTHER"),
        ("16-19", "20-24", "25-29", "30-39", "40-49", "50-64"),
    )
    held = [
        _view(keys, HERE, "qualification", levels, [2023], rng.uniform(500, 4000, (6, 1)), age=age) for age in surveyed
    ]  # fmt: skip
    out = _view(keys, HERE, "detail", ("unemployed",), [2022], np.array([[3000.0]]))
    return {
        "population_by_age_and_sex": pa.concat_tables(by_age),
        "projected_population_by_broad_age": pa.concat_tables(ahead),
        "projected_population_2014_based_by_age_and_sex": by_age[0].slice(0, 0),
        "residents_economic_activity_active": _with_width(pa.concat_tables(active), 500.0),
        "residents_economic_activity_total": pa.concat_tables(total),
        "residents_economic_activity_by_activity": _with_width(out, 600.0),
        "dfe_hub_residents_by_qualification_by_qualification_and_age": pa.concat_tables(held),
        "dfe_hub_residents_by_qualification_by_qualification": _view(
            keys, HERE, "qualification", levels, [2023], rng.uniform(5000, 20000, (6, 1))
        ),
        "claimants_total": _view(keys, "X02", None, ("_T",), [2025], np.array([[900.0]])),
        "online_job_adverts_by_occupation_submajor": _adverts(keys),
    }


def _with_width(table: pa.Table, width: float) -> pa.Table:
    return table.append_column("ci_half_width", pa.array([width] * table.num_rows))


def _adverts(keys: Keys) -> pa.Table:
    """Return adverts of one month, twice as many a job for the first occupation as in the wider area."""
    return pa.concat_tables([
        _view(keys, HERE, "occupation", OCCUPATIONS, [2025], np.array([[200.0, 100.0, 100.0, 100.0]]).T),
        _view(keys, WIDER, "occupation", OCCUPATIONS, [2025], np.array([[4000.0] * 4]).T),
    ])  # fmt: skip


def _lookups(keys: Keys) -> dict[str, pa.Table]:
    rows: list[tuple[str, str, str, float]] = []
    rows += [("sic_division_to_industry22", d, i, 1.0) for i, d in INDUSTRIES.items()]
    rows += [("industry22_to_sector6", i, s, 1.0) for i, s in SECTORS.items()]
    for division in INDUSTRIES.values():
        rows += [("sic_division_to_soc2020_unit", division, u, 0.15) for u in UNITS]
        rows += [("sic_division_to_soc2020_submajor", division, o, 0.25) for o in OCCUPATIONS]
    rows += [
        ("soc2020_unit_to_route", "2111", "engineering", 0.75), ("soc2020_unit_to_route", "5211", "engineering", 1.0),
        ("soc2020_unit_to_route", "6111", "care", 1.0), ("ssa2_to_route", "4.1", "engineering", 1.0),
        ("ssa2_to_route", "1.3", "care", 1.0), ("ssa1_to_route", "1", "care", 0.8),
        ("ssa1_to_route", "1", "engineering", 0.2), ("ssa1_to_route", "4", "engineering", 1.0),
        ("standard_to_route", "carer", "care", 1.0),
        ("standard_to_route", "fitter", "engineering", 1.0), ("standard_to_level", "carer", "RQF2", 1.0),
        ("standard_to_level", "fitter", "RQF3", 1.0),
    ]  # fmt: skip
    members = pa.table({
        "area_code": [HERE, HERE], "member_code": ["X02", "X03"], "lookup": ["test"] * 2, "obs_key": keys.take(2),
    })  # fmt: skip
    sectors = pa.table({
        "area_id": ["here"] * 3, "sector_id": ["digital", "digital", "care"], "industry": ["62", "10110", "862"],
        "level": ["division", "subclass", "group"], "weight": [1.0, 1.0, 1.0], "obs_key": keys.take(3),
    })  # fmt: skip
    return {
        "crosswalks": pa.table({
            "crosswalk_id": [r[0] for r in rows], "from_code": [r[1] for r in rows], "to_code": [r[2] for r in rows],
            "weight": [r[3] for r in rows], "note": [""] * len(rows), "obs_key": keys.take(len(rows)),
        }),
        "area_members": members, "sector_members": sectors,
        "areas": pa.table({"area_code": [HERE, WIDER], "area_id": ["here", "wider"], "name": ["Here", "Wider"],
                           "kind": ["area", "comparator"]}),
    }  # fmt: skip
