"""Dated overrides move the baseline, are reported apart, leave a trail and expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from lmi.errors import DeclarationError
from lmi.lookups import read_results
from lmi.pipeline.build_tables import overrides_of
from lmi.project.run import project
from lmi.tables import OVERRIDES
from tests.project.synthetic import HERE, WIDER, invent
from tests.project.test_invariants import of_area

KEY = 900_001


def dated(**changed: object) -> pa.Table:
    row = {
        "override_id": "plant", "area_id": "here", "industry": "I22-02", "jobs": -400.0, "first_year": 2026,
        "last_year": 2027, "author": "A. Nalyst", "source": "the company's announcement", "expires": date(2027, 6, 30),
        "reason": "not in the register yet", "obs_key": KEY,
    }  # fmt: skip
    return pa.Table.from_pylist([{**row, **changed}], schema=OVERRIDES.arrow_schema())


def test_an_override_moves_its_industry_and_is_reported_apart_with_its_trail() -> None:
    plain = invent(7)
    before, after = (project(p, HERE, WIDER, 1) for p in (plain, replace(plain, overrides=dated())))
    one, two = (of_area(r).set_index(["scenario", "measure", "code", "level", "year"]) for r in (before, after))
    for year, jobs in ((2025, 0), (2026, -200), (2027, -400), (2035, -400)):
        place = ("rebased", "jobs", "I22-02", "_T", year)
        assert two.p50[place].item() - one.p50[place].item() == pytest.approx(jobs)
        assert two.p50["rebased", "override_jobs", "I22-02", "_T", year].item() == jobs
    assert "override_jobs" not in set(before.projections["measure"].to_pylist())
    key = two.series_key["rebased", "jobs", "I22-02", "_T", 2030].item()
    links = after.derivations.to_pandas()
    assert KEY in set(links[links.series_key == key].input_key)
    assert after.report["overrides"] == ["plant"]


def test_an_override_that_has_expired_stops_the_build_and_says_whom_to_ask() -> None:
    assert overrides_of("here", date(2027, 6, 30), dated()).num_rows == 1
    assert overrides_of("elsewhere", date(2030, 1, 1), dated()).num_rows == 0
    with pytest.raises(DeclarationError, match=r"plant has expired.*2027-06-30.*ask A\. Nalyst"):
        overrides_of("here", date(2027, 7, 1), dated())


def test_the_committed_overrides_read() -> None:
    assert read_results().overrides.table.schema.equals(OVERRIDES.arrow_schema())
