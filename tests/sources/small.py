"""Small files of a publisher's shape, and copies of them with one fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lmi.contract import literal
from lmi.raw.readers import cell_index, column_letters
from lmi.registry import load
from tests.sources.conftest import Staged
from tests.sources.rules import broken_in, in_words

DATA = Path(__file__).parent / "data"


def staged_copy(file: Path, folder: Path, *changes: tuple[str, str]) -> Staged:
    """Return the staging of a copy of `file` in `folder` with each (old, new) made once. Old text must be there."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    copy = folder / file.name
    copy.write_text(text, encoding="utf-8")
    return Staged([copy], folder / "data")


def figure_at(staged: Staged, source_id: str, vintage: str, record: int, column: str, part: str = "") -> dict[str, Any]:
    """Return the figure made of one cell of a delimited file: `record` counts the header as 1, as a text editor does."""
    (outcome,) = [o for o in staged.outcomes(source_id) if (o.vintage, o.part) == (vintage, part)]
    values = load().source(source_id).layouts[outcome.layout].options["values"]
    ordinal = (record - 2) * len(values) + values.index(column)
    key = outcome.snapshot_id * 2**32 + ordinal
    (row,) = staged.ask(source_id, f"select * from figures where obs_key = {key}")
    return row


def figure_in_cell(staged: Staged, source_id: str, vintage: str, part: str, sheet: str, address: str) -> dict[str, Any]:
    """Return the figure made of one cell of a workbook, with its text as `printed`."""
    (outcome,) = [o for o in staged.outcomes(source_id) if (o.vintage, o.part) == (vintage, part)]
    row, column = cell_index(address)
    cells = staged.ingest.plan.folders.staged(outcome.snapshot_id) / "cells.parquet"
    sql = (
        f"select figures.*, text as printed from figures join read_parquet({literal(str(cells))}) as cells "
        f"on figures.obs_key = {outcome.snapshot_id}::bigint * 4294967296 + cells.ordinal where cells.sheet = "
        f'{literal(sheet)} and cells.row = {row + 1} and cells."column" = {literal(column_letters(column))}'
    )
    (found,) = staged.ask(source_id, sql)
    return found


def stopped_by(staged: Staged, source_id: str) -> str:
    """Return why the only file of the source may not be used, in staging or by rules that stop it."""
    (outcome,) = staged.outcomes(source_id)
    if outcome.state == "stopped":
        return str(outcome.error)
    stopping = [(rule, rows) for rule, rows in broken_in(staged, outcome) if rule.action == "stop"]
    assert stopping, outcome
    return in_words(stopping)


def remarks_on(staged: Staged, source_id: str) -> str:
    """Return what the rules say of the only file of the source, whose figures may be used; empty when all hold."""
    (outcome,) = staged.outcomes(source_id)
    assert outcome.state == "ok", outcome.error
    broken = broken_in(staged, outcome)
    assert [rule.rule for rule, _ in broken if rule.action == "stop"] == []
    return in_words(broken)


def assert_all_checks_pass(staged: Staged, source_id: str) -> None:
    """Every file of the source was staged without quarantine, its account is balanced and no check failed."""
    for outcome in staged.outcomes(source_id):
        account = outcome.account
        assert (outcome.state, account["quarantined"]) == ("ok", 0), outcome.error
        assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())
    for outcome in staged.ingest.validate_source(source_id):
        assert (outcome.state, outcome.checks["failed"]) == ("ok", 0), (outcome.error, outcome.checks)
