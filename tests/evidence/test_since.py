"""Two builds compared: every headline's change has causes, and their parts add up to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lmi.engine import Connection, connect
from lmi.evidence.pack import Earlier, write_pack
from lmi.evidence.read import Reader
from lmi.evidence.since import Change, Moved, compare
from lmi.pipeline.packs import DECLARED, evidence
from lmi.publish import published_build
from tests.evidence.kit import spoilt, unaccounted
from tests.pipeline.builds import Built

AREA = "area_code = 'E69000019'"
DECEMBER = "indicator_id = 'claimants' and period_end = '2025-12-31' and age = '_T'"
#: What the earlier build held: another month as the newest, a figure since revised, another edition and assumption.
EARLIER = (
    "drop view if exists dim_citation",
    f"delete from labour_slack where period_end = '2026-01-31' and {AREA} and age = '_T'",
    f"update labour_slack set claimants = claimants - 395 where period_end = '2025-12-31' and {AREA} and age = '_T'",
    "update freshness set vintage = '2025-12' where source_id = 'ons/claimant_count_monthly_recent'",
    f"update demand_by_industry set jobs_p50 = jobs_p50 + 10000 where industry = '_T' and {AREA}",
    "update dim_assumption set value = 0.4 where assumption_id = 'growth_weight_no_change'",
    f"update provision set quality_class = 'C' where measure = 'apprenticeships_started' and {AREA}",
)


@pytest.fixture(scope="module")
def earlier(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with closing(connect(spoilt(baseline_build, tmp_path_factory.mktemp("earlier"), *EARLIER), read_only=True)) as con:
        yield con


@pytest.fixture(scope="module")
def later(baseline_build: Built) -> Iterator[Connection]:
    with closing(connect(published_build(baseline_build.data / "curated").database, read_only=True)) as con:
        yield con


@pytest.fixture(scope="module")
def moved(later: Connection, earlier: Connection) -> Moved:
    return compare(Reader(later, "later"), Reader(earlier, "earlier"), DECLARED)


def of(moved: Moved, mart: str, column: str) -> Change:
    return next(c for c in moved.changes if c.row is not None and c.row.mart == mart and c.column == column)


def test_the_parts_of_every_change_add_up_to_it(moved: Moved) -> None:
    changed = [c for c in moved.changes if c.parts]
    assert len(changed) >= 2
    for change in changed:
        assert change.now is not None and change.before is not None
        assert sum(p.amount for p in change.parts) == pytest.approx(change.now - change.before)


def test_a_newer_month_and_a_revision_are_told_apart(moved: Moved, baseline_build: Built) -> None:
    """By hand: the headline went from December as it was to January; December itself was revised by 395."""
    december, january = (
        baseline_build.one(f"select claimants from labour_slack where period_end = '{day}' and {AREA} and age = '_T'")
        for day in ("2025-12-31", "2026-01-31")
    )
    change = of(moved, "labour_slack", "claimants")
    assert (change.before, change.now) == (december - 395, january)
    newer, revised = change.parts
    assert newer.amount == january - december and newer.cause == "new period: January 2026 in place of December 2025"
    # No cell behind it moved, so that its causes cannot be told apart.
    assert revised.amount == 395 and "in place of 2025-12" in revised.cause


#: December's count of three districts in the earlier build: one revised since, one corrected by us, one not yet printed.
CELLS = (
    "drop view if exists dim_citation",
    f"delete from labour_slack where period_end > '2025-12-31' and {AREA}",
    f"update labour_slack set claimants = claimants - 300 + 95 - 1295 where period_end = '2025-12-31' and {AREA}",
    f"update known set value = value - 300 where {DECEMBER} and area_code = 'E06000008'",
    f"update known set value = value + 95 where {DECEMBER} and area_code = 'E06000009'",
    f"delete from known where {DECEMBER} and area_code = 'E07000119'",
)
#: What the later build says of two of them; its third cause is that the earlier build lacks the cell.
TOLD = tuple(
    f"""insert into revisions by name (select source_id, indicator_id, area_code, period_start, period_end, period_kind,
        industry, occupation, qualification, subject, sex, age, provider, detail, vintage as vintage_before,
        vintage || '+' as vintage_after, released as released_before, date '2099-01-01' as released_after,
        {difference}.0 as difference, '{cause}' as cause, '' as evidence, [obs_key] as inputs
        from known where {DECEMBER} and area_code = '{area}')"""
    for area, cause, difference in (("E06000008", "publisher revised", 300), ("E06000009", "correction", -95))
)


def test_the_cells_behind_a_sum_tell_its_causes_apart(
    baseline_build: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By hand: 300 more by the publisher, 95 fewer by our correction, 1,295 claimants of Fylde that were not printed."""
    older = spoilt(baseline_build, tmp_path_factory.mktemp("older"), *CELLS)
    newer = spoilt(
        baseline_build,
        tmp_path_factory.mktemp("newer"),
        "drop view if exists dim_citation",
        f"delete from labour_slack where period_end > '2025-12-31' and {AREA}",
        *TOLD,
    )
    with closing(connect(newer, read_only=True)) as late, closing(connect(older, read_only=True)) as early:
        change = of(compare(Reader(late, "newer"), Reader(early, "older"), DECLARED), "labour_slack", "claimants")
    told = {part.cause.partition(":")[0]: part.amount for part in change.parts}
    assert told == {"publisher revised": 300, "correction": -95, "newly published": 1295}
    assert sum(told.values()) == (change.now or 0) - (change.before or 0) == 1500
    assert all("Claimant count" in part.cause for part in change.parts)


def test_a_projection_moved_by_an_assumption_names_it(moved: Moved) -> None:
    change = of(moved, "demand_by_industry", "jobs_p50")
    assert [p.amount for p in change.parts] == pytest.approx([-10000])
    assert "growth_weight_no_change" in change.parts[0].cause


def test_a_figure_that_may_be_printed_now_and_could_not_before_is_new(moved: Moved) -> None:
    change = of(moved, "provision", "value")
    assert change.before is None and change.now is not None and change.note == "new in this pack"


def test_what_did_not_move_is_said_to_be_unchanged(later: Connection) -> None:
    same = compare(Reader(later, "later"), Reader(later, "again"), DECLARED)
    assert same.changes and all(c.note == "unchanged" for c in same.changes)


def test_the_page_lists_each_change_with_its_cause_and_cites_it(
    later: Connection, earlier: Connection, tmp_path: Path
) -> None:
    write_pack(later, "later", DECLARED, tmp_path / "out", ("html",), Earlier(earlier, "earlier-build"))
    text = (tmp_path / "out" / "moved.html").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "out" / "citations.json").read_text(encoding="utf-8"))
    assert "earlier-build" in text and "new period: January 2026" in text and "growth_weight_no_change" in text
    assert not list(unaccounted(text, record))
    assert sum(c.startswith("change-") for c in record["figures"]) > 5


def test_a_mart_that_was_built_with_another_key_is_compared_all_the_same(
    later: Connection, baseline_build: Built, tmp_path: Path
) -> None:
    older = spoilt(
        baseline_build,
        tmp_path,
        "drop view if exists dim_citation",
        "create table older as select * exclude (age) from labour_slack where age = '_T'",
        "drop table labour_slack",
        "alter table older rename to labour_slack",
        "alter table labour_slack add primary key (area_code, period_start, period_end)",
        "create table older as select * exclude (is_part_year) from provision where not is_part_year",
        "drop table provision",
        "alter table older rename to provision",
    )
    with closing(connect(older, read_only=True)) as con:
        told = compare(Reader(later, "later"), Reader(con, "older"), DECLARED)
    assert all(
        sum(p.amount for p in c.parts) == pytest.approx((c.now or 0) - (c.before or 0)) for c in told.changes if c.parts
    )
    assert {c.note for c in told.changes if c.row and c.row.mart == "provision"} == {"new in this pack"}


def test_only_a_kept_build_can_be_compared_with(baseline_build: Built, tmp_path: Path) -> None:
    from lmi.errors import CoverageError

    with pytest.raises(CoverageError, match="one build that is kept"):
        evidence(baseline_build.data, tmp_path / "out", ("html",), "no-such-build")
    assert not list(tmp_path.iterdir())


#: Before the edition of April 2023, by hand from the publisher's two files: 678,700 in work or looking in 2021, since
#: revised to 679,400; 2022, which came with it, has 679,600.
ACTIVE = f"{AREA} and age = '16-64' and sex = '_T' and qualification = '_T'"
BEFORE_APRIL_2023 = (
    "drop view if exists dim_citation",
    f"delete from workforce where period_end >= '2022-12-31' and active is not null and {ACTIVE}",
    f"update workforce set active = 678700 where period_end = '2021-12-31' and {ACTIVE}",
    f"update known set value = 678700, released = '2022-06-14' where {AREA} and period_end = '2021-12-31' "
    "and indicator_id = 'residents_economic_activity' and detail = 'economically_active'",
)


def test_of_a_row_with_several_measures_the_cells_of_the_headline_tell_its_cause(
    later: Connection, baseline_build: Built, tmp_path: Path
) -> None:
    with closing(connect(spoilt(baseline_build, tmp_path, *BEFORE_APRIL_2023), read_only=True)) as early:
        change = of(compare(Reader(later, "later"), Reader(early, "earlier"), DECLARED), "workforce", "active")
    assert (change.before, change.now) == (678_700, 679_600)
    newer, revised = change.parts
    assert (newer.cause, newer.amount) == ("new period: 2022 in place of 2021", 200)
    assert revised.amount == 700 and revised.cause.startswith("publisher revised: Annual Population Survey")
