"""A baseline is written from landed files; look-ups that were not landed are taken over as they stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lmi.errors import CoverageError
from lmi.pipeline.baseline import write_baseline
from lmi.pipeline.land import land
from lmi.registry import load, repository_root
from tests.pipeline import files
from tests.pipeline.builds import DAY

COMMITTED = repository_root() / "data" / "raw" / "baseline"


def test_a_landed_file_makes_a_baseline_with_the_committed_look_ups(tmp_path: Path) -> None:
    path = tmp_path / "claimants.csv"
    path.write_text(files.claimants())
    assert land([path], tmp_path / "data", load(), DAY)[0].outcome == "new"
    out = tmp_path / "out"
    told = list(write_baseline(tmp_path / "data", "", out, DAY))
    assert any(line.startswith("dwp/claimant_count_by_la/2026-01") and line.endswith("28 cells") for line in told)
    statistics = {p.relative_to(out).parts[0] for p in out.rglob("*~*.parquet")} - {
        "classifications",
        "geography",
        "method",
    }
    assert statistics == {"dwp"}  # what was not landed is no part of it
    lookups = [p.relative_to(COMMITTED) for p in (COMMITTED / "geography").rglob("*.parquet")]
    assert lookups
    for name in lookups:
        assert pq.read_table(out / name).equals(pq.read_table(COMMITTED / name))
        papers = [json.loads((root / name).with_suffix(".json").read_text()) for root in (out, COMMITTED)]
        assert papers[0]["sha256"] == papers[1]["sha256"] and papers[0]["rows"] == papers[1]["rows"]


def test_a_folder_in_which_nothing_was_landed_makes_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(CoverageError, match=r"made of landed files.*lmi land"):
        list(write_baseline(tmp_path, "", tmp_path / "out", DAY))
    assert not (tmp_path / "out").exists()


def test_every_cell_of_the_committed_baseline_is_one_that_its_layout_keeps() -> None:
    asked, sources = 0, load().sources
    for paper in sorted(COMMITTED.rglob("*~*.json")):
        manifest = json.loads(paper.read_text(encoding="utf-8"))
        layout = sources[manifest["source_id"]].layouts[manifest["layout"]]
        cells = pq.read_table(paper.with_suffix(".parquet"))
        of_file = {"vintage", "part", *manifest["labels"]}
        for names, pattern in layout.baseline_where.items():
            if names not in of_file:
                labels = {"|".join(row.values()) for row in cells.select(names.split("|")).to_pylist()}
                assert labels and all(re.fullmatch(pattern, label) for label in labels), (paper.name, names)
                asked += 1
    assert asked >= 6
