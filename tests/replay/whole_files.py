"""Whole files that our queries ask for: of the catalogue, of the beta API, and time series. Small, and all places alike."""

from __future__ import annotations

from itertools import product

from lmi.registry import load
from lmi.registry.queries import EesFileQuery, OnsBetaQuery, OnsWebsiteQuery
from tests.pipeline.files import DISTRICTS
from tests.replay.ons import Beta

NATIONAL, REGIONAL, LOCAL = "National", "Regional", "Local authority district"


def catalogued() -> dict[str, bytes]:
    """Return the file of each query of the catalogue, by its id."""
    query = load().sources["dfe/ees_apprenticeship_starts"].queries["districts"]
    assert isinstance(query, EesFileQuery)
    return {query.file_id: apprenticeship_starts()}


def apprenticeship_starts() -> bytes:
    """30 starts of each age and level in each place, 270 in all; rows by month, funding and of an unknown home are there too."""
    header = (
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,lad_code,lad_name,"
        "age_summary,std_fwk_flag,apps_level,funding_type,start_month,starts"
    )
    country, region = "E92000001,England", "E12000002,North West"
    places = [f"{NATIONAL},{country},,,,", f"{REGIONAL},{country},{region},,"]
    places += [f"{LOCAL},{country},{region},{code},Name of {code}" for code in DISTRICTS]
    ages = {"Total": 3, "Under 19": 1, "19-24": 1, "25+": 1}
    levels = {"Total": 3, "Intermediate Apprenticeship": 1, "Advanced Apprenticeship": 1, "Higher Apprenticeship": 1}
    lines = [header]
    for year, place in product(("202324", "202425"), places):
        start = f"{year},Academic year,{place}"
        lines += [
            f"{start},{age},Total,{level},Total,Total,{30 * a * n}"
            for (age, a), (level, n) in product(ages.items(), levels.items())
        ]
        lines += [f"{start},Total,Standard,Total,Total,Total,260", f"{start},Total,Total,Total,Total,Aug,low"]
    lines.append(f"202425,Academic year,{LOCAL},{country},z,z,z,Outside of England,Total,Total,Total,Total,Total,50")
    return ("\n".join(lines) + "\n").encode()


def beta() -> Beta:
    """Return the dataset of population: what Nomis has, 2,000 people of each single year of age, half of them men."""
    query = load().sources["ons/beta_population"].queries["estimates"]
    assert isinstance(query, OnsBetaQuery)
    return Beta(query.dataset, "mid-2025-april-2025-geography", 2, population())


def population() -> bytes:
    ages = {"total": 182_000, **{str(n): 2_000 for n in range(90)}, "90+": 2_000}
    sexes = {"all": 1.0, "male": 0.5, "female": 0.5}
    lines = ["v4_0,calendar-years,Time,administrative-geography,Geography,sex,Sex,single-year-of-age,Age"]
    lines += [
        f"{size * share:.0f},{year},{year},{code},Name of {code},{sex},{sex.title()},{age},{age.title()}"
        for year, code, (sex, share), (age, size) in product(
            (2024, 2025), (*DISTRICTS, "E12000002", "E92000001"), sexes.items(), ages.items()
        )
    ]
    return ("\n".join(lines) + "\n").encode()


#: Figures of three months, of the size that each series has.
_FIGURES = {"ap2y": ("726", "721", "711"), "mgsx": ("5.0", "5.1", "5.1"), "jpc5": ("2.4", "2.5", "2.5")}


def series() -> dict[str, bytes]:
    """Return the table of each time series that is asked for, by its page."""
    made = {}
    for query in load().sources["ons/labour_market_series"].queries.values():
        assert isinstance(query, OnsWebsiteQuery)
        papers = {
            "Title": f"Series {query.part}",
            "CDID": query.part.upper(),
            "Source dataset ID": "LMS",
            "PreUnit": "",
        }
        papers |= {"Unit": "", "Release date": "17-11-2026", "Next release": "15 December 2026"}
        lines = [f'"{name}","{text}"' for name, text in papers.items()] + ['"Important notes",']
        months = zip(("2026 JUL", "2026 AUG", "2026 SEP"), _FIGURES[query.part], strict=True)
        lines += [f'"{period}","{figure}"' for period, figure in (("2025", "1"), ("2026 Q2", "1"), *months)]
        made[query.page] = ("\n".join(lines) + "\n").encode()
    return made
