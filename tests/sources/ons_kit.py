"""What the tests of ONS sources share: small files, accounts of files, remarks of a suite."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lmi.pipeline.land as landing
from lmi.raw.recognise import Recognition
from tests.parsers.workbooks import write_workbook
from tests.sources.conftest import Staged
from tests.sources.rules import broken_in, in_words

DATA = Path(__file__).parent / "data"
LSIP, LEP, ENGLAND, UK = "E69000019", "E37000019", "E92000001", "K02000001"
Rows = list[list[Any]]


def rows_of(name: str) -> Rows:
    """Return the rows of a small file, numbers as numbers, as a workbook holds them."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return [[float(t) if re.fullmatch(r"\d+(\.\d+)?", t) else t for t in row] for row in csv.reader(lines)]


def staged_book(rows: Rows, folder: Path, sheet: str = "Data") -> Staged:
    """Return the rows as a workbook of one sheet, landed and staged as a refresh does it."""
    return Staged([write_workbook(folder / "export.xlsx", {sheet: rows})], folder / "data")


def staged_text(text: str, folder: Path) -> Staged:
    """Return the text as a CSV file, landed and staged as a refresh does it."""
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return Staged([path], folder / "data")


def staged_series(dataset: str, rows: Sequence[tuple[str, str, float, str, date]], folder: Path) -> Staged:
    """Return series as (identifier, name, figure, frequency, first day) in the long table of ONS's time series."""
    none = pa.nulls(len(rows), pa.string())
    codes, names, figures, frequencies, days = (list(column) for column in zip(*rows, strict=True))
    table = pa.table(
        {
            "dataset": [dataset] * len(rows),
            "dates.date": pa.array(days, pa.date32()),
            "dates.freq": frequencies,
            "variable.code": codes,
            "value": pa.array(figures, pa.float64()),
            "variable.name": names,
            "variable.preunit": none,
            "variable.unit": none,
        }
    )
    pq.write_table(table, folder / "series.parquet")
    return Staged([folder / "series.parquet"], folder / "data")


@contextmanager
def declared_as(**edition: Any) -> Iterator[None]:
    """Land files as if they were declared editions: for files that do not say which edition they are."""
    recognise = landing.recognise

    def known(*arguments: Any) -> Recognition:
        return replace(recognise(*arguments), **edition)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "recognise", known)
        yield


def remarks(made: Staged, source_id: str) -> str:
    """Return what the rules say of the only file, whether they stop it or not; empty when all hold."""
    (outcome,) = made.outcomes(source_id)
    assert outcome.state == "ok", outcome.error
    return in_words(broken_in(made, outcome))


def good(made: Staged, source_id: str) -> set[str]:
    """Return the rules that failed over all files, which must all be used."""
    made.outcomes(source_id)
    outcomes = made.ingest.validate_source(source_id)
    assert outcomes and {o.state for o in outcomes} == {"ok"}, [o.error for o in outcomes]
    assert all(not o.quarantined for o in outcomes), [o.quarantined for o in outcomes]
    return {told.partition(":")[0] for o in outcomes for told in o.checks["failures"]}


def assert_accounted(made: Staged, source_id: str, found: dict[str, tuple[int, int, int, int]]) -> None:
    """Each file's cells are as stated: found, observed, missing with a reason, ignored for a reason; none refused."""
    accounts = made.accounts(source_id)
    assert {
        name: (a["found"], a["observed"], a["missing"], sum(a["ignored"].values())) for name, a in accounts.items()
    } == found
    for account in accounts.values():
        assert account["quarantined"] == 0
        assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())
