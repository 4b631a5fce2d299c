"""The metadata beside a data file says which of its columns hold figures, and the declaration reads just these."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.registry import load
from tests.sources.conftest import Staged
from tests.sources.small import DATA

SOURCE = "dfe/ees_metadata"


def test_columns_are_known_with_their_kind_and_label(tmp_path: Path) -> None:
    staged = Staged([DATA / "ees_metadata.csv"], tmp_path)
    assert [(f.outcome, f.source_id) for f in staged.landed] == [("new", SOURCE)]
    assert staged.ingest.codebook.names("ees_column", "indicator") == {
        "achievements": "Achievements",
        "starts": "Starts",
    }
    assert staged.ingest.codebook.names("ees_column", "filter") == {
        "apps_level": "Level",
        "ssa_t1_desc": "Sector subject area (tier 1)",
    }


@pytest.mark.data
def test_the_declaration_reads_the_figures_that_the_metadata_names(shared_data: Path, tmp_path: Path) -> None:
    pair = "dfe/apprenticeship_provider_starts_ees"
    staged = Staged([shared_data / pair], tmp_path)
    assert {f.source_id for f in staged.landed} == {pair, SOURCE}
    options = load().source(pair).layouts["by_provider"].options
    assert set(options["values"]) == set(staged.ingest.codebook.names("ees_column", "indicator"))
