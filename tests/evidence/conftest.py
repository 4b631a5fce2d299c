"""One pack of the committed baseline for all tests that only look."""

from __future__ import annotations

import pytest

from lmi.publish import published_build
from tests.evidence.kit import MadePack, make_pack
from tests.pipeline.builds import Built


@pytest.fixture(scope="session")
def pack(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> MadePack:
    """The HTML and CSV pack of the baseline. Never change it."""
    build = published_build(baseline_build.data / "curated")
    return make_pack(build.database, tmp_path_factory.mktemp("pack") / "evidence", ("html", "csv"), build.build_id)
