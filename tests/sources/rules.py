"""Which of a source's rules its staged figures break, by the rules' own SQL: Great Expectations is proved elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from lmi.curate import snapshots_table
from lmi.pipeline.ingest import Outcome
from lmi.registry import repository_root
from lmi.validate import Rule, load_suite
from lmi.validate.rows import count_rows, inapplicable, opened
from tests.sources.conftest import DISTRICTS, Staged


def broken_in(staged: Staged, outcome: Outcome) -> list[tuple[Rule, int]]:
    """Return the rules that one staged file breaks, each with the rows that break it, in the suite's order."""
    suite = load_suite(repository_root() / "expectations", outcome.source_id)
    figures = staged.ingest.plan.folders.staged(outcome.snapshot_id) / "corrected.parquet"
    snapshot = next(s for s in staged.ingest.plan.snapshots if s.snapshot_id == outcome.snapshot_id)
    relations = {
        "members": pa.table({"area_code": list(DISTRICTS)}),
        "snapshots": snapshots_table([snapshot]),
        "codes": staged.ingest.codes,
    }
    with opened(None, figures, relations) as con:
        not_here = inapplicable(con, suite.rules, relations)
        counts = [(r, count_rows(con, r)) for r in suite.rules if r.query and r.rule not in not_here]
    return [(rule, rows) for rule, rows in counts if rows]


def broken_rules(staged: Staged, source_id: str) -> set[str]:
    """Return the rules that any staged file of the source breaks. Every file must have been staged."""
    outcomes = staged.outcomes(source_id)
    assert {o.state for o in outcomes} == {"ok"}, [o.error for o in outcomes]
    return {rule.rule for outcome in outcomes for rule, _ in broken_in(staged, outcome)}


def in_words(broken: Sequence[tuple[Rule, int]]) -> str:
    """Return what a report says of broken rules."""
    return "; ".join(f"{rule.rule}: {rows} rows; {rule.reason}" for rule, rows in broken)
