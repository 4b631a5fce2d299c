"""Small files in the publishers' shapes, whole and without a fault; a test spoils one thing in them."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

DISTRICTS = ("E06000008", "E06000009", *(f"E070001{n}" for n in range(17, 29)))
COUNT, RATE = "Claimant count", "Claimants as a proportion of residents aged 16-64"
SUBJECTS = (
    "Health, Public Services and Care", "Science and Mathematics", "Agriculture, Horticulture and Animal Care",
    "Engineering and Manufacturing Technologies", "Construction, Planning and the Built Environment",
    "Information and Communication Technology", "Retail and Commercial Enterprise", "Leisure, Travel and Tourism",
    "Arts, Media and Publishing", "History, Philosophy and Theology", "Social Sciences",
    "Languages, Literature and Culture", "Education and Training", "Preparation for Life and Work",
    "Business, Administration and Law", "Not Applicable/ Not Known",
)  # fmt: skip
SECTIONS = tuple("ABCDEFGHIJKLMNOPQRSTU")
BROAD_GROUPS = (
    "1 : Agriculture, forestry & fishing (A)", "2 : Mining, quarrying & utilities (B,D and E)", "3 : Manufacturing (C)",
    "4 : Construction (F)", "5 : Motor trades (Part G)", "6 : Wholesale (Part G)", "7 : Retail (Part G)",
    "8 : Transport & storage (inc postal) (H)", "9 : Accommodation & food services (I)",
    "10 : Information & communication (J)", "11 : Financial & insurance (K)", "12 : Property (L)",
    "13 : Professional, scientific & technical (M)", "14 : Business administration & support services (N)",
    "15 : Public administration & defence (O)", "16 : Education (P)", "17 : Health (Q)",
    "18 : Arts, entertainment, recreation & other services (R,S,T and U)",
)  # fmt: skip


def claimants(month: str = "2026-01") -> str:
    """Return a month of claimants, 1,000 and 2.5 per cent in each of the fourteen districts (28 records)."""
    lines = ["date,geography_code,geography_name,variable_name,value"]
    for code in DISTRICTS:
        lines += [f"{month},{code},Name of {code},{COUNT},1000", f"{month},{code},Name of {code},{RATE},2.5"]
    return "\n".join(lines) + "\n"


def aims(year: str = "202526") -> str:
    """Return aims achieved in each of the fourteen districts: 10 in each of sixteen subjects, and 150 in all.

    The publisher rounds each figure, so that its parts do not add to its total.
    """
    lines = [
        "\ufefflocation,location_code,geographic_level,time_period,notional_nvq_level,ethnicity_group,gender,ssa_t1_desc,"
        "e_and_t_aims_ach"
    ]
    for code in DISTRICTS:
        start = f"Name of {code},{code},localAuthorityDistrict,{year},Total,Total,Total"
        lines += [f"{start},Total,150", *(f'{start},"{subject}",10' for subject in SUBJECTS)]
    return "\n".join(lines) + "\n"


def jobs(extracted: str = "19 October 2026", year: int = 2025) -> list[list[object]]:
    """Return the rows of a Nomis export: 9,000 jobs in each broad group of two areas, and the sections that they make."""
    by_section = dict.fromkeys(SECTIONS, 9_000) | {"B": 3_000, "D": 3_000, "E": 3_000, "G": 27_000}
    by_section |= {"R": 3_000, "S": 3_000, "T": 1_500, "U": 1_500}
    heads: list[object] = []
    for name in (*(f"{s} : Section {s}" for s in SECTIONS), *BROAD_GROUPS):
        heads += [name, "Flags"]
    numbers: list[object] = []
    for number in (*by_section.values(), *(9_000 for _ in BROAD_GROUPS)):
        numbers += [number, ""]
    return [
        ["Business Register and Employment Survey : open access"],
        [f"ONS Crown Copyright Reserved [from Nomis on {extracted}]"],
        [],
        ["date", year],
        ["employment status", "Employment"],
        ["measure", "Count"],
        [],
        ["Area", *heads],
        ["", *("number" if i % 2 == 0 else "Flags" for i in range(len(heads)))],
        ["country:England", *numbers],
        ["lep:Lancashire", *numbers],
        [],
        ["* These figures exclude farm agriculture (SIC subclass 01000)."],
    ]


def write_jobs(path: Path, rows: list[list[object]], sheet: str = "Data") -> Path:
    """Write the rows as a workbook."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet(sheet)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value != "":
                    page.write(r, c, value)
    return path
