"""What the marts' files state, kept from when they were last parsed.

Owns: the class `Mart`, and `parsed.json`, from which a file that has not changed is read without the SQL parser: that is
slow to load, and parsing every file takes longer than making most marts. Never: parses SQL, runs anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lmi.contract import Column, Contract

_FILE = "parsed.json"
_PARSER = Path(__file__).with_name("parse.py")


@dataclass(frozen=True)
class Mart:
    """One mart: its contract as its file states it, the SQL that runs, and the relations that it reads."""

    contract: Contract
    sql: str
    reads: tuple[str, ...]
    inputs_optional: str  # why a row may have no input, or empty when it must have one
    by_year_alone: bool = False  # it tells periods apart by the year in which they end, and by nothing else

    @property
    def name(self) -> str:
        """The mart's name, which is its file's too."""
        return self.contract.name


class Parsed:
    """The marts of a folder as parsed before; a file or a parser that changed since is not known."""

    def __init__(self, folder: Path) -> None:
        path = folder / _FILE
        body = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._marts = (
            body.get("marts", {}) if body.get("parser") == _digest(_PARSER.read_text(encoding="utf-8")) else {}
        )

    def find(self, path: Path) -> Mart | None:
        """Return the mart that `path` holds, or None when the file must be parsed."""
        sql, kept = path.read_text(encoding="utf-8"), self._marts.get(path.stem)
        if kept is None or kept["sha256"] != _digest(sql):
            return None
        columns = tuple(
            Column(name, kind, unit, said, nullable) for name, kind, unit, said, nullable in kept["columns"]
        )
        contract = Contract(path.stem, kept["purpose"], columns, tuple(kept["grain"]))
        return Mart(contract, sql, tuple(kept["reads"]), kept["inputs_optional"], kept["by_year_alone"])


def render(marts: Iterable[Mart]) -> str:
    """Return the text of `parsed.json` for `marts`."""
    body = {
        "parser": _digest(_PARSER.read_text(encoding="utf-8")),
        "marts": {
            m.name: {
                "sha256": _digest(m.sql),
                "purpose": m.contract.purpose,
                "grain": list(m.contract.key),
                "columns": [[c.name, c.type, c.unit, c.meaning, c.nullable] for c in m.contract.columns],
                "reads": list(m.reads),
                "inputs_optional": m.inputs_optional,
                "by_year_alone": m.by_year_alone,
            }
            for m in sorted(marts, key=lambda m: m.name)
        },
    }
    return json.dumps(body, indent=1) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
