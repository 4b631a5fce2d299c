"""One thing wrong in one answer of one service: it ends in a stated error or in quarantine, and no wrong figure gets on.

`python -m tests.replay.table` prints the same trials as a table, and builds with what they left.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import LmiError
from lmi.pipeline.ingest import Ingest
from lmi.raw.store import RawStore
from tests.replay.faults import CONNECTION, CONTENT
from tests.replay.publisher import Publisher
from tests.replay.trials import CASES, EXPECTED, PART, WHOLE, faultless, tried
from tests.replay.world import world


@pytest.fixture(scope="module")
def server() -> Iterator[Publisher]:
    made = Publisher(world())
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(server: Publisher, known: Ingest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Any]]:
    """The figures of every service's whole answer."""
    return faultless(server, known, lambda service: tmp_path_factory.mktemp(service) / "data")


@pytest.mark.parametrize(
    ("service", "name"), [(s, f) for s in CASES for f in (*CONNECTION, *CONTENT[s])], ids=lambda v: str(v)
)
def test_no_wrong_figure_gets_on(
    server: Publisher, known: Ingest, whole: dict[str, set[Any]], tmp_path: Path, service: str, name: str
) -> None:
    trial = tried(server, known, whole[service], tmp_path / "data", service, name)
    case, asked, bench = CASES[service], trial.asked, trial.bench
    if asked.outcome == "stale":
        assert isinstance(bench.error, EXPECTED.get(name, LmiError))
        told = str(bench.error)
        assert case.source_id in told and "What to do:" in told and "secret" not in told
        assert asked.line().startswith(f"stale: {case.source_id} (q): ") and " serves. " in asked.line()
        assert RawStore(bench.data).landed() == []
        assert (service, name) not in {**WHOLE, **PART}
    else:
        assert name not in EXPECTED
        if (service, name) in WHOLE:
            assert trial.got == whole[service]
        elif (service, name) in PART:
            assert trial.got < whole[service]
        else:
            assert trial.got == set()
    assert trial.longest_wait <= bench.live.services[case.query.end].longest_wait_seconds
