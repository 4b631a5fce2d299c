"""What the replay publisher publishes: small figures of ours in each service's true shape."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from lmi.registry import load
from lmi.registry.queries import EesCsvQuery
from tests.pipeline import files
from tests.pipeline.files import DISTRICTS, SUBJECTS
from tests.replay import whole_files
from tests.replay.ees import DataSet, Ees, as_csv
from tests.replay.nomis import Dataset, Nomis
from tests.replay.nomis_world import AREAS, datasets
from tests.replay.ons import ArcGis, Beta, GovUk, Layer, Website, catalogue, first_of
from tests.replay.ons_world import pages
from tests.replay.publisher import Service
from tests.replay.statxplore import Database, Field, StatXplore

MONTHS = {f"2025-{m:02d}": n for m, n in ((10, "October 2025"), (11, "November 2025"), (12, "December 2025"))}
AGES = {"0": "All categories: Age 16+", "2": "Aged 16-24", "3": "Aged 25-49", "4": "Aged 50+"}
COUNT, RATE = "Claimant count", "Claimants as a proportion of residents aged 16-64"
STATX_KEY = "statx-secret=="


def claimant_count() -> Dataset:
    """1,000 claimants in each district in each month: 200 young, 550 of middle age, 250 older; 2.5 per cent."""
    parts = {"0": "1000", "2": "200", "3": "550", "4": "250"}
    figures = {}
    for area, month, (age, name) in product(AREAS, MONTHS, AGES.items()):
        figures[area, month, "Total", COUNT, name, "Value"] = parts[age]
        figures[area, month, "Total", RATE, name, "Value"] = "2.5"
    return Dataset(
        {"gender": {"0": "Total"}, "measure": {"1": COUNT, "2": RATE}, "age": {**AGES, "11": "Aged 16-17"}},
        figures,
        MONTHS,
    )


def nomis(cap: int = 25_000) -> Nomis:
    return Nomis({**datasets(), "NM_162_1": claimant_count()}, cap)


def aims() -> DataSet:
    """Aims of each district in two years: 30 in each of sixteen subjects, 480 in all."""
    places = {"NAT": {"E92000001": "England"}, "LAD": {code: f"Name of {code}" for code in DISTRICTS}}
    total = {"notional_nvq_level": "Total", "sex": "Total", "ethnicity_major": "Total"}
    records = [
        {
            "time_period": year, "level": level, "code": code, **total, "ssa_tier_1": subject,
            "aim_achievements": "480" if subject == "Total" else "30", "enrolments": "960" if subject == "Total" else "60",
        }
        for year, (level, codes), subject in product(("202324", "202425"), places.items(), ("Total", *SUBJECTS))
        for code in codes
    ]  # fmt: skip
    filters = {
        "ssa_tier_1": ("Sector subject area", ("Total", *SUBJECTS)),
        "notional_nvq_level": ("Level", ("Total", "Level 2")),
        "sex": ("Sex", ("Total", "Female", "Male")),
        "ethnicity_major": ("Ethnicity", ("Total",)),
    }
    return DataSet(
        "Further education and skills",
        "Aims by sector subject area, region and local authority district",
        filters,
        {"aim_achievements": "Achievements", "enrolments": "Enrolments"},
        places,
        records,
        version="1.2",
    )


def uc_people() -> Database:
    """1,000 people of each of ten ages in each district and month, 10,000 in all."""
    db, view = "UC_Monthly", "V_F_UC_CASELOAD_FULL"
    date, coa, age = f"{db}:F_UC_DATE:DATE_NAME", f"{db}:{view}:COA_CODE", f"{db}:{view}:AGE_CODE"
    geo, bands = "V_C_MASTERGEOG21_LA_TO_REGION", "C_UC_AGE_BAND"
    months = {
        f"str:value:{date}:C_UC_DATE:2026{m:02d}": n
        for m, n in ((7, "July 2026"), (8, "August 2026"), (9, "September 2026"))
    }
    months |= {f"str:value:{date}:C_UC_DATE:2025{m:02d}": f"{n} 2025" for m, n in enumerate(_MONTH_NAMES, 1)}
    lads = {f"str:value:{coa}:{geo}:{code}": f"Name of {code}" for code in (*DISTRICTS, "E08000003", "ZZXXXXXXX")}
    names = ["16-19", *(f"{n}-{n + 4}" for n in range(20, 60, 5)), "60-64"]
    ages = {f"str:value:{age}:{bands}:{i}": name for i, name in enumerate(names)}
    fields = (
        Field(f"str:field:{date}", "Month", f"str:valueset:{date}:C_UC_DATE", months),
        Field(f"str:field:{coa}", "National - Regional - LA - OAs", f"str:valueset:{coa}:{geo}", lads),
        Field(f"str:field:{age}", "Age (bands and single year)", f"str:valueset:{age}:{bands}", ages),
    )
    employment, regime = f"{db}:{view}:EMPLOYMENT_CODE", f"{db}:{view}:CCCONDITIONALITY_REGIME"
    more = (
        _listed(
            employment, "Employment indicator", "C_UC_EMPLOYMENT_2023_BAND", ("Not in employment", "In employment")
        ),
        _listed(
            regime,
            "Conditionality Regime",
            "C_UC_CONDITIONALITY_REGIME",
            ("Searching for work", "Working - with requirements", "No work requirements", "Working - no requirements"),
        ),
    )
    return Database(
        f"str:database:{db}", "People on Universal Credit", f"str:count:{db}:{view}", (*fields, *more), figure=1000
    )


def _listed(field: str, label: str, valueset: str, labels: Sequence[str]) -> Field:
    values = {f"str:value:{field}:{valueset}:{i}": text for i, text in enumerate(labels)}
    return Field(f"str:field:{field}", label, f"str:valueset:{field}:{valueset}", values)


def alternative_claimants() -> Database:
    """200 claimants of each of ten ages in each district and month."""
    people = uc_people()
    date, area, age = (_moved(f) for f in people.fields[:3])
    return Database(
        "str:database:ACC", "Alternative Claimant Count", "str:count:ACC:V_F_ACC", (date, area, age), figure=200
    )


def _moved(field: Field) -> Field:
    """Return a field of Universal Credit under the names that the other database has for it."""
    names = {
        "UC_Monthly:F_UC_DATE:DATE_NAME": "ACC:F_ACC_DATE_new:DATE_NAME",
        "C_UC_DATE": "C_ACC_DATE",
        "UC_Monthly:V_F_UC_CASELOAD_FULL:COA_CODE": "ACC:V_F_ACC:WARD_CODE",
        "UC_Monthly:V_F_UC_CASELOAD_FULL:AGE_CODE": "ACC:V_F_ACC:AGE",
        "C_UC_AGE_BAND": "C_ACC_AGE_BAND",
    }

    def renamed(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    values = {renamed(i): label for i, label in field.values.items()}
    return Field(renamed(field.id), field.label, renamed(field.valueset), values)


_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def authorities() -> Layer:
    """Two combined authorities, the districts of which are neighbours; sixteen records."""
    records = [
        {
            "ObjectId": i,
            "LAD25CD": code,
            "LAD25NM": f"Name of {code}",
            "CAUTH25CD": "E47000018",
            "CAUTH25NM": "Lancashire",
        }
        for i, code in enumerate(DISTRICTS, 1)
    ]
    records += [
        {
            "ObjectId": 14 + i,
            "LAD25CD": f"E0800000{i}",
            "LAD25NM": "A city",
            "CAUTH25CD": "E47000001",
            "CAUTH25NM": "Another",
        }
        for i in (1, 2)
    ]
    return Layer(records)


def workbook() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return files.write_jobs(Path(folder) / "jobs.xlsx", files.jobs()).read_bytes()


_JOBS = workbook()
SERIES = "/economy/timeseries/haxv/ukea"
SERIES_BODY = b"""\
"Title","Interest received by households"
"CDID","HAXV"
"Source dataset ID","UKEA"
"PreUnit",""
"Unit",""
"Release date","30-09-2026"
"Next release","22 December 2026"
"Important notes",
"2024","101"
"2025","102"
"2026 Q1","25"
"""


#: Our sources that read a whole CSV of the service, by query, and the small file of the publisher's shape that tests have.
FILES = {
    ("dfe/ks4_destinations", "districts"): "ks4_destinations",
    ("dfe/destinations_16_18", "districts"): "destinations_16_18",
    ("dfe/neet_by_la", "scorecard"): "neet_by_la",
    ("dfe/level_2_3_attainment_age_19", "authorities"): "level_2_3_attainment_age_19",
    ("dfe/fe_outcomes_by_provider", "levels"): "fe_outcomes_by_provider",
    ("dfe/fe_outcomes_by_provider", "benefit"): "",
    ("dfe/apprenticeship_provider_starts_ees", "providers"): "apprenticeship_provider_starts_ees",
}


def published() -> list[DataSet]:
    """Return the data sets whose whole CSV our queries ask for, under the titles that the queries name."""
    made = []
    for (source_id, name), file in FILES.items():
        query = load().sources[source_id].queries[name]
        assert isinstance(query, EesCsvQuery)
        path = Path(__file__).parents[1] / "sources" / "data" / f"{file}.csv"
        body = path.read_bytes() if file else outcomes_by_benefit()
        if file == "destinations_16_18":
            body = in_full(path)
        made.append(DataSet(query.publication, query.data_set, {}, {}, {}, version="1.3", body=body))
    return made


def in_full(path: Path) -> bytes:
    """Return a file of the table tool as the service has it: a column for each geography, and breakdowns by name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    renamed = {"location": "lad_name", "location_code": "lad_code", "characteristic": "breakdown"}
    out = io.StringIO()
    header = [*(renamed.get(n, n) for n in rows[0]), "time_identifier", "cohort_level"]
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        named = {renamed.get(n, n): v for n, v in row.items()}
        named |= {
            "geographic_level": "Local authority district",
            "time_identifier": "Academic year",
            "cohort_level": "Total",
        }
        writer.writerow(named)
    return out.getvalue().encode()


def outcomes_by_benefit() -> bytes:
    """100 learners at one provider with benefits and 100 without; half found work, a tenth is in each finer kind."""
    values = load().sources["dfe/fe_outcomes_by_provider"].layouts["by_benefit"].options["values"]
    figures = {n: "100" if n.startswith("number") else "10.0" for n in values}
    figures |= {"spd_percent": "0.6", "emp_percent": "0.5", "learn_percent": "0.2", "no_dest_percent": "0.1"}
    labels = ["time_period", "provider_ukprn", "provider_name", "provider_type", "provision", "benefit_learner"]
    lines = [",".join([*labels, *values])]
    for kind in ("Benefit learners", "Not on benefits"):
        lines.append(",".join(["2022/23", "10001000", "A COLLEGE", "Total", "Total", kind, *figures.values()]))
    return ("\n".join(lines) + "\n").encode()


FILE_ID = "0f1d2c3b-0000-4000-8000-000000000001"


def world() -> dict[str, Service]:
    """Return every service, faultless."""
    return {
        "nomis": nomis(),
        "ees": Ees([aims(), *published()]),
        "ees_files": catalogue({FILE_ID: as_csv(aims()), **whole_files.catalogued()}),
        "statxplore": StatXplore([uc_people(), alternative_claimants()], STATX_KEY),
        "arcgis": ArcGis({"LAD25_CAUTH25_EN_LU": authorities()}),
        "ons_beta": first_of(Beta("aims", "time-series", 3, as_csv(aims())), whole_files.beta()),
        "ons_website": Website(
            {"/skills/datasets/aims": ("aims.csv", as_csv(aims()), "text/csv"), **pages()},
            {SERIES: SERIES_BODY, **whole_files.series()},
        ),
        "govuk": GovUk(
            "/government/publications/jobs", [("Jobs by industry", "jobs.xlsx", _JOBS), ("Notes", "notes.xlsx", _JOBS)]
        ),
    }
