"""Live files with which no build can be made: found among others in few trials, left out, and tried again after a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lmi.pipeline import Plan, Settings, make_plan
from lmi.pipeline.aside import keep_aside, leave_out, outcomes_aside, suspects_of
from tests.pipeline.builds import DAY

LIVE = (
    "dfe/neet_by_la", "dwp/claimant_count_by_la", "ons/aps_employment_rate", "ons/bres_employment_by_industry",
    "ons/business_demography", "ons/productivity_by_itl", "ons/productivity_by_la", "ons/ubc_enterprises_by_size",
)  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The baseline's plan, in which eight sources are as if the last live refresh had brought them."""
    made = make_plan(Settings(tmp_path, "", DAY))
    snapshots = tuple(replace(s, origin="live") if s.source_id in LIVE else s for s in made.snapshots)
    visible = tuple(replace(s, origin="live") if s.source_id in LIVE else s for s in made.visible)
    assert {s.source_id for s in visible if s.origin == "live"} == set(LIVE)
    return replace(made, snapshots=snapshots, visible=visible)


def failing_with(*bad: str, trials: list[str]) -> Callable[[Plan], str]:
    """Return a trial that fails where a file of one of these sources would be read, and notes each trial."""

    def why_not(plan: Plan) -> str:
        read = {s.source_id for s in plan.visible}
        trials.append("")
        return ", ".join(f"{name} lacks codes" for name in bad if name in read)

    return why_not


@pytest.mark.parametrize("bad", [LIVE[:1], LIVE[-1:], (LIVE[2], LIVE[5]), LIVE])
def test_only_the_sources_at_fault_are_left_out_each_with_its_own_reason(plan: Plan, bad: tuple[str, ...]) -> None:
    trials: list[str] = []
    made = leave_out(plan, suspects_of(plan, {}), "a build fails", failing_with(*bad, trials=trials))
    assert made is not None
    gone = {s.source_id for s in plan.visible} - {s.source_id for s in made.visible}
    assert gone == set(bad) == {s.source_id for s, _ in made.aside}
    assert all(reason == f"{s.source_id} lacks codes" for s, reason in made.aside)
    assert len(trials) <= 1 + 2 * 3 * len(bad)  # one among eight takes three halvings of two trials


def test_files_that_are_not_to_blame_stay(plan: Plan) -> None:
    assert leave_out(plan, suspects_of(plan, {}), "a build fails", lambda tried: "the disk is full") is None


def test_a_file_that_the_published_build_read_is_not_suspected(plan: Plan) -> None:
    held = {s.source_id: [s.sha256] for s in plan.visible if s.source_id == LIVE[0]}
    listed = {s.sha256 for s in suspects_of(plan, held)}
    assert listed and not listed & {digest for digests in held.values() for digest in digests}


def test_what_was_set_aside_stays_so_until_code_or_declarations_change(plan: Plan, tmp_path: Path) -> None:
    first = next(s for s in plan.visible if s.source_id == LIVE[0])
    (tmp_path / "curated").mkdir()
    keep_aside(plan.without({first.sha256: "no build."}))
    again = make_plan(Settings(tmp_path, "", DAY))
    assert [(s.sha256, reason) for s, reason in again.aside] == [(first.sha256, "no build.")]
    assert first.sha256 not in {s.sha256 for s in again.visible}
    (outcome,) = outcomes_aside(again)
    assert (outcome.state, outcome.source_id) == ("stopped", LIVE[0]) and "no build. What to do" in outcome.error
    body = json.loads(plan.folders.aside.read_text(encoding="utf-8"))
    body[first.sha256]["mark"] = "other code"
    plan.folders.aside.write_text(json.dumps(body), encoding="utf-8")
    assert make_plan(Settings(tmp_path, "", DAY)).aside == ()
