"""Results of validation kept by the exact bytes and suite they are of, so that the same check is not run twice.

Owns: the receipt's key, its file format, and when a receipt is rejected. Never: runs a check.

A file holds `{"receipts": [{"source_id", "key", "rows", "checks", "digest"}, ...]}`, one for each table of
observations. `key` has the digests of observations, suite, accompanying relations and of the code that reads results,
and the versions of Great Expectations and DuckDB. `digest` is of everything else in the receipt. Nothing but equality
of all is trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.engine import replacing, table_digest
from lmi.errors import ContractError
from lmi.tables import OBSERVATIONS
from lmi.validate.model import CheckResult, Suite, ValidationReport, sha256_of
from lmi.validate.rows import check_columns

#: The modules whose text decides what a result is.
_DECIDING = ("checks.py", "model.py", "rows.py")
#: Rows that are digested at a time, so that a national table is never held whole.
_WINDOW = 10**6


@dataclass(frozen=True)
class Receipts:
    """Where receipts lie: `read` is searched in order, new ones are written below `write` (None: nowhere).

    The receipts of source `a/b` are in `<folder>/a/b.json`.
    """

    read: tuple[Path, ...]
    write: Path | None = None

    def find(self, source_id: str, key: Mapping[str, Any], suite: Suite) -> tuple[ValidationReport | None, str]:
        """Return the report of exactly this key, or None and, where a receipt was rejected, why."""
        note = ""
        for folder in self.read:
            for entry in _entries(folder / f"{source_id}.json"):
                if not isinstance(entry, dict) or entry.get("key") != key:
                    continue
                report, why = _report(entry, source_id, suite)
                if report is not None:
                    return report, ""
                note = f"a receipt in {folder.name} was rejected: {why}"
        return None, note

    def keep(self, report: ValidationReport, key: Mapping[str, Any]) -> None:
        """Write the receipt of a report; it replaces an older one of the same observations."""
        if self.write is None:
            return
        body: dict[str, Any] = {
            "source_id": report.source_id,
            "key": dict(key),
            "rows": report.rows,
            "checks": [asdict(check) for check in report.checks],
        }
        body = json.loads(json.dumps(body))
        body["digest"] = sha256_of(body)
        path = self.write / f"{report.source_id}.json"
        others = [
            e
            for e in _entries(path)
            if isinstance(e, dict) and e.get("key", {}).get("observations") != key["observations"]
        ]
        listed = sorted([*others, body], key=lambda entry: str(entry.get("key", {}).get("observations")))
        with replacing(path) as part:
            part.write_text(
                json.dumps({"receipts": listed}, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
            )


@dataclass(frozen=True)
class Content:
    """What a table of observations holds: sha256 of its rows, how many, and the snapshots they are from."""

    digest: str
    rows: int
    snapshot_ids: frozenset[int]


def relations_for(suite: Suite, relations: Mapping[str, pa.Table], content: Content) -> dict[str, pa.Table]:
    """Return the relations that the suite needs, cut to what it may depend on: of snapshots, those of the table."""
    given = {name: rows for name, rows in relations.items() if name in suite.needs}
    if "snapshots" in given:
        ids = pa.array(sorted(content.snapshot_ids), pa.int64())
        rows = given["snapshots"].select(["snapshot_id", "vintage", "released"])
        given["snapshots"] = rows.filter(pc.is_in(rows["snapshot_id"], value_set=ids))
    return given


def receipt_key(content: Content, suite: Suite, relations: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return what a result depends on. A needed relation that is not at hand is part of the key too."""
    return {
        "observations": content.digest,
        "suite": suite.digest,
        "relations": {n: _relation_digest(relations[n]) if n in relations else "absent" for n in suite.needs},
        "great_expectations": _installed("great-expectations"),
        "duckdb": _installed("duckdb"),
        "code": _code(),
    }


def content_of(table: pa.Table | Path) -> Content:
    """Return what a table holds, its rows taken in the order of their key.

    The digest does not depend on chunks, on dictionary encoding or on the order in which rows arrive. Rows are digested
    a million at a time. Raises ContractError for a file that is not sorted on its key: it is too large to sort here.
    """
    digest, rows, snapshot_ids = hashlib.sha256(), 0, set()
    for window in _windows(table):
        digest.update(table_digest(window).encode())
        rows += window.num_rows
        snapshot_ids |= {int(key) for key in pc.unique(window["snapshot_id"]).to_pylist() if key is not None}
    return Content(digest.hexdigest(), rows, frozenset(snapshot_ids))


def _windows(table: pa.Table | Path) -> Any:
    """Yield the contract's columns in windows of a fixed number of rows, in the order of the key."""
    names = list(OBSERVATIONS.names)
    check_columns(table.column_names if isinstance(table, pa.Table) else pq.read_schema(table).names)
    if isinstance(table, pa.Table):
        chosen = table.select(names)
        if not _is_sorted(chosen["obs_key"]):
            chosen = chosen.sort_by("obs_key")
        for start in range(0, chosen.num_rows, _WINDOW):
            yield chosen.slice(start, _WINDOW)
        return
    held: list[pa.RecordBatch] = []
    waiting, last = 0, None
    for batch in pq.ParquetFile(table).iter_batches(_WINDOW // 10, columns=names):
        keys = batch.column(batch.schema.get_field_index("obs_key"))
        if len(keys) and (not _is_sorted(keys) or (last is not None and keys[0].as_py() < last)):
            raise ContractError(
                "the file is not sorted on obs_key.", place=str(table), do="write it with sort_by=['obs_key']."
            )
        last = keys[-1].as_py() if len(keys) else last
        held, waiting = [*held, batch], waiting + len(keys)
        while waiting >= _WINDOW:
            whole = pa.Table.from_batches(held).select(names)
            yield whole.slice(0, _WINDOW)
            held, waiting = whole.slice(_WINDOW).to_batches(), waiting - _WINDOW
    if waiting:
        yield pa.Table.from_batches(held).select(names)


def _is_sorted(keys: Any) -> bool:
    steps = pc.less_equal(keys.slice(0, max(len(keys) - 1, 0)), keys.slice(1))
    return bool(pc.all(steps, min_count=0).as_py()) and not keys.null_count


def _relation_digest(table: pa.Table) -> str:
    return table_digest(table.sort_by([(name, "ascending") for name in table.column_names]))


def _report(entry: Mapping[str, Any], source_id: str, suite: Suite) -> tuple[ValidationReport | None, str]:
    """Return the receipt as a report, or None and why it cannot be trusted."""
    said = {k: v for k, v in entry.items() if k != "digest"}
    if entry.get("digest") != sha256_of(said):
        return None, "its own digest does not match its content"
    if entry.get("source_id") != source_id:
        return None, "it is of another source"
    try:
        checks = tuple(
            CheckResult(**{**c, "sample_keys": tuple(c["sample_keys"]), "details": tuple(c["details"])})
            for c in entry["checks"]
        )
    except (TypeError, KeyError):
        return None, "its checks have another form"
    if [c.rule for c in checks] != [r.rule for r in suite.rules]:
        return None, "it has other checks than are intended"
    run = sum(c.status in ("passed", "failed") for c in checks)
    return ValidationReport(
        source_id, checks, len(suite.rules), run, entry["key"]["observations"], True, int(entry["rows"])
    ), ""


def _entries(path: Path) -> list[Any]:
    """Return the receipts of a file; a file that cannot be read holds none, and is written anew."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["receipts"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return list(found) if isinstance(found, list) else []


@cache
def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


@cache
def _code() -> str:
    """Return the sha256 of the modules that decide results, whatever their line ends."""
    here = Path(__file__).parent
    return sha256_of({name: (here / name).read_text(encoding="utf-8") for name in _DECIDING})
