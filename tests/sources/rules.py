"""Which of a source's rules its staged figures break, by the rules' own SQL: Great Expectations is proved elsewhere."""

from __future__ import annotations

import pyarrow as pa

from lmi.curate import snapshots_table
from lmi.registry import repository_root
from lmi.validate import load_suite
from lmi.validate.rows import count_rows, inapplicable, opened
from tests.sources.conftest import DISTRICTS, Staged


def broken_rules(staged: Staged, source_id: str) -> set[str]:
    """Return the rules that any staged file of the source breaks. Every file must have been staged."""
    suite = load_suite(repository_root() / "expectations", source_id)
    broken: set[str] = set()
    for outcome in staged.outcomes(source_id):
        assert outcome.state == "ok", outcome.error
        figures = staged.ingest.plan.folders.staged(outcome.snapshot_id) / "corrected.parquet"
        snapshot = next(s for s in staged.ingest.plan.snapshots if s.snapshot_id == outcome.snapshot_id)
        relations = {
            "members": pa.table({"area_code": list(DISTRICTS)}),
            "snapshots": snapshots_table([snapshot]),
            "codes": staged.ingest.codes,
        }
        with opened(None, figures, relations) as con:
            not_here = inapplicable(con, suite.rules, relations)
            broken |= {r.rule for r in suite.rules if r.query and r.rule not in not_here and count_rows(con, r)}
    return broken
