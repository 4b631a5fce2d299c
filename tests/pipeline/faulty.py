"""Files with one thing wrong that are kept and stop when they are read, and what is said of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.pipeline import files

CLAIMANTS, AIMS, JOBS = "dwp/claimant_count_by_la", "dfe/fe_achievements_by_ssa", "ons/bres_employment_by_industry"
Rows = list[list[object]]


def workbook(rows: Rows, folder: Path, sheet: str = "Data") -> bytes:
    return files.write_jobs(folder / "made.xlsx", rows, sheet).read_bytes()


def changed(rows: Rows, row: int, column: int, value: object) -> Rows:
    """Return the rows with one cell changed; row and column count from 1."""
    made = [list(r) for r in rows]
    made[row - 1][column - 1] = value
    return made


@dataclass(frozen=True)
class Stopped:
    """A file that is kept and does not serve: what its error says, and the rows that are set aside."""

    source_id: str
    name: str
    content: Callable[[Path], str | bytes]
    told: tuple[str, ...]
    rule: str = ""
    rows: tuple[tuple[str, str | None], ...] = ()  # place and text


def spoilt_jobs(row: int, column: int, value: object) -> Callable[[Path], bytes]:
    return lambda folder: workbook(changed(files.jobs(), row, column, value), folder)


def with_extra_sheet(folder: Path) -> bytes:
    import xlsxwriter

    path = folder / "two.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("Data")
        for r, row in enumerate(files.jobs()):
            for c, value in enumerate(row):
                if value != "":
                    page.write(r, c, value)
        book.add_worksheet("Revised").write(0, 0, "see the other sheet")
    return path.read_bytes()


STOPPED = {
    "an unknown area code": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace("E07000117", "E07999999"),
        (
            "claimants.csv, record 6, column value",
            "E07999999",
            "2 cells break the rule unknown_area",
            f"{CLAIMANTS}.toml",
        ),
        "unknown_area",
        (("record 6, column value", "1000"), ("record 7, column value", "2.5")),
    ),
    "an unknown symbol": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace(",1000\n", ",[x]\n", 1),
        ("claimants.csv, record 2, column value", "'[x]'", "1 cells break the rule unknown_symbol"),
        "unknown_symbol",
        (("record 2, column value", "[x]"),),
    ),
    "a new measure": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants() + "2026-01,E07000117,Burnley,Claimants by duration,10\n",
        ("claimants.csv, record 30, column value", "Claimants by duration", "no_measure"),
        "no_measure",
        (("record 30, column value", "10"),),
    ),
    "an unknown period": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace("2026-01,E06000008", "2026-Q1,E06000008"),
        ("claimants.csv, record 2, column value", "2026-Q1", "unknown_period"),
        "unknown_period",
        (("record 2, column value", "1000"), ("record 3, column value", "2.5")),
    ),
    "dates shifted by ten years": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace("2026-01,", "2036-01,"),
        ("claimants.csv, record 2, column value", "the period 2036-01", "28 cells break the rule period_not_begun"),
        "period_not_begun",
    ),
    "an unknown subject": Stopped(
        AIMS,
        "aims.csv",
        lambda f: files.aims().replace('Total,"Social Sciences",10\n', 'Total,"Astrology",10\n', 1),
        ("aims.csv, record 13, column e_and_t_aims_ach", "Astrology", "unknown_subject"),
        "unknown_subject",
        (("record 13, column e_and_t_aims_ach", "10"),),
    ),
    "a finer table than was declared": Stopped(
        AIMS,
        "aims.csv",
        lambda f: files.aims().replace(",Total,Total,Total,Total,150", ",Level 3,Total,Total,Total,150", 1),
        ("aims.csv, record 2, column e_and_t_aims_ach", "Level 3", "unknown_qualification"),
        "unknown_qualification",
        (("record 2, column e_and_t_aims_ach", "150"),),
    ),
    "an unknown area in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(11, 1, "lep:Atlantis"),
        ("jobs.xlsx, Data!B11", "lep:Atlantis", "39 cells break the rule unknown_area"),
        "unknown_area",
    ),
    "an unknown flag in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(11, 5, "?"),
        ("jobs.xlsx, Data!D11", "the flag '?'", "unknown_flag"),
        "unknown_flag",
        (("Data!D11", "3000"),),
    ),
    "a sheet that was added": Stopped(
        JOBS, "jobs.xlsx", with_extra_sheet, ("sheet Revised", "Expected: only the sheet Data", "Found: Data, Revised")
    ),
    "a column renamed in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(8, 6, "Manufacturing, in all"),
        ("jobs.xlsx, Data!F10", "Manufacturing, in all", "unknown_industry"),
        "unknown_industry",
        (("Data!F10", "9000"), ("Data!F11", "9000")),
    ),
    "a key added to a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        lambda f: workbook([*files.jobs()[:5], ["legal status", "Company"], *files.jobs()[6:]], f),
        ("not of the declared kind", "legal status", "Data!"),
    ),
    "figures in another unit": Stopped(
        AIMS,
        "aims.csv",
        lambda f: re.sub(r"0$", "0000", files.aims(), flags=re.M),
        ("check subjects.add_to_total failed, 14 times", "E06000008", "the last good vintage stays in use"),
        "subjects.add_to_total",
    ),
    "a district that was lost": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: re.sub(r"^.*E07000128.*\n", "", files.claimants(), flags=re.M),
        ("check districts.are_all_there failed", "E07000128", "the area would be summed without it"),
        "districts.are_all_there",
    ),
}
#: Broken for the table as a whole: there is no one cell to set aside.
WHOLE = ("subjects.add_to_total", "districts.are_all_there")
