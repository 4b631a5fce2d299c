"""Workbooks of the ONS website: the small ones that the tests of their sources are made of, whole enough to pass."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

from lmi.registry import load
from lmi.registry.queries import OnsWebsiteQuery
from tests.parsers.workbooks import Sheets, write_workbook
from tests.pipeline.files import DISTRICTS
from tests.replay.ons import XLSX
from tests.sources import test_business_demography as demography
from tests.sources import test_mid_year_population_tables as population
from tests.sources import test_productivity_by_itl as productivity

BURNLEY = "E07000117"


def people() -> Sheets:
    """The fourteen districts, each with the residents of Burnley."""
    return {
        name: [
            line
            for row in rows
            for line in ([[code, *row[1:]] for code in DISTRICTS] if row[:1] == [BURNLEY] else [row])
        ]
        for name, rows in population.sheets().items()
    }


def enterprises() -> Sheets:
    """The small workbook without the two divisions in which the publisher's rows stand too low."""
    shifted = re.compile(r"\s*6[45]\d?\b.* : ")
    return {
        name: [row for row in rows if not (row and shifted.match(str(row[0])))]
        for name, rows in demography.sheets().items()
    }


def output() -> Sheets:
    """Twelve tables with two rows each, as long as the publisher's."""
    return productivity.whole(productivity.sheets())


BOOKS = {
    ("ons/mid_year_population_tables", "workbook"): ("mye25tablesuk.xlsx", people),
    ("ons/business_demography", "tables"): ("businessdemographyexceltables2025.xlsx", enterprises),
    ("ons/productivity_by_itl", "workbook"): ("itlproductivity.xlsx", output),
}


@cache
def pages() -> dict[str, tuple[str, bytes, str]]:
    """Return the page of each declared query, with the name, bytes and type of its file."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for (source_id, name), (file, sheets) in BOOKS.items():
            query = load().sources[source_id].queries[name]
            assert isinstance(query, OnsWebsiteQuery)
            made[query.page] = (file, write_workbook(Path(folder) / file, sheets()).read_bytes(), XLSX)
    return made
