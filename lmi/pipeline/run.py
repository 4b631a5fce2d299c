"""The refresh: one ordered tuple of stages, run plainly or by whoever wraps each step.

Owns: STAGES, the only place where the order stands; what a run reports. Never: knows Prefect, the clock or a mart.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

from lmi.contract import literal
from lmi.engine import (
    MACHINE_ERRORS,
    Connection,
    DatabaseError,
    fetch,
    few_collections,
    release_memory,
    share_memory,
)
from lmi.errors import DeclarationError, LmiError, SnapshotMismatch, StoreError
from lmi.pipeline.aside import keep_aside, leave_out, note_aside, outcomes_aside, suspects_of
from lmi.pipeline.plan import Plan, Settings, make_plan
from lmi.publish import Build, new_build, publish, published_builds, refresh_lock
from lmi.raw.manifest import Snapshot

_REPORT = "report.json"
#: Failures of a build that no other figures would mend.
_NOT_BY_FIGURES = (StoreError, DeclarationError, SnapshotMismatch)
Result = TypeVar("Result")


class Call(Protocol):
    """How a step is run: given its stage, what it works on, the function and its arguments."""

    def __call__(self, stage: str, what: str, step: Callable[..., Result], *arguments: Any) -> Result:
        """Run the step and return what it returns."""
        ...


@dataclass
class Run:
    """The working state that the stages hand on."""

    plan: Plan
    ingest: Any = None
    building: Any = None
    folder: Path | None = None
    read: tuple[Any, ...] = ()
    marts: dict[str, int] = field(default_factory=dict)
    projection: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    revised: dict[str, int] = field(default_factory=dict)  # by source: figures that its newest edition changed
    boundaries: set[str] = field(default_factory=set)  # look-up sources that give the area other members


@dataclass(frozen=True)
class Report:
    """How a refresh ended. `new` is false when nothing had changed and nothing was rebuilt."""

    area_id: str
    build_id: str
    published: bool
    new: bool
    counts: dict[str, int] = field(default_factory=dict)
    marts: dict[str, int] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    live: tuple[str, ...] = ()  # what asking the publishers brought, a line a query
    aside: tuple[tuple[Snapshot, str], ...] = ()  # live files with which no build could be made, and why
    by_figures: bool = True  # where there is an error: other figures could mend it, as no disk or declaration can

    def summary(self) -> str:
        """Return the closing lines of a refresh."""
        if not self.new:
            same = f"Nothing new: {self.build_id} already has every figure at hand; nothing was rebuilt."
            return "\n".join([*self.live, *(f"stopped: {text}" for text in self.stopped), same])
        lines = [*self.live]
        lines += [f"Published {self.build_id}."] if self.published else [f"Not published: {self.error}"]
        if self.counts:
            lines.append("figures: " + ", ".join(f"{n:,} {name}" for name, n in self.counts.items()))
        if self.marts:
            lines.append(f"marts: {len(self.marts)} with {sum(self.marts.values()):,} rows")
        lines += [f"stopped: {text}" for text in self.stopped]
        lines += [f"note: {text}" for text in self.notes]
        return "\n".join(lines)


def run(settings: Settings, call: Call) -> Report:
    """Refresh the marts of one area and return the report.

    Steps run through `call`, so that a person sees progress or Prefect a task. A source that fails is left out with its
    reason; anything else that fails leaves the published build as it was. Raises LmiError when the run cannot start.
    """
    try:
        with few_collections():
            return _run(settings, call)
    except OSError as error:
        raise StoreError(
            "the data folder cannot be read or written.",
            place=str(settings.data),
            found=str(error),
            do="grant the right, free disk space, or choose another folder with --data.",
        ) from error


def _run(settings: Settings, call: Call) -> Report:
    share_memory()
    curated = settings.data / "curated"
    before = _published_report(curated)
    plan = call("gather", "snapshots", make_plan, settings, before.get("held") if before else None)
    if before and before["digest"] == plan.digest:
        return _nothing_new(plan, before["build_id"])
    with refresh_lock(curated, f"refresh {plan.build_id}"):
        suspects = suspects_of(plan, before.get("held", {}) if before else {})
        try:
            report = _attempt(plan, call)
        except (OSError, StoreError):
            raise
        except Exception as error:  # code that met figures as no publisher gave them before
            leaner = _leaner(plan, suspects, f"{type(error).__name__}: {error}", before, call)
            if leaner is None:
                raise
        else:
            if report.published or not report.by_figures:
                return report
            leaner = _leaner(plan, suspects, report.error, before, call)
            if leaner is None:
                return report
        keep_aside(leaner)
        if before and before["digest"] == leaner.digest:
            note_aside(leaner)
            return _nothing_new(leaner, before["build_id"])
        return _attempt(leaner, call)


def _nothing_new(plan: Plan, build_id: str) -> Report:
    told = tuple(outcome.error for outcome in outcomes_aside(plan))
    return Report(plan.area.id, build_id, published=True, new=False, stopped=told, aside=plan.aside)


def _leaner(
    plan: Plan, suspects: Sequence[Snapshot], said: str, before: dict[str, Any] | None, call: Call
) -> Plan | None:
    """Return the plan without the live files with which no build can be made, or None when they are not to blame."""
    known = before["digest"] if before else ""

    def why_not(tried: Plan) -> str:
        return "" if tried.digest == known else _why_no_build(tried)

    return call("set aside", "live files", leave_out, plan, suspects, said, why_not) if suspects else None


def _attempt(plan: Plan, call: Call) -> Report:
    """Build, publish and write the status; return the report, which says why nothing was published."""
    state = Run(plan)
    curated = plan.folders.curated
    try:
        with new_build(curated, plan.build_id) as folder:
            _build(state, folder, call)
        call("publish", plan.build_id, publish, curated, plan.build_id, plan.registry.house.builds_kept)
    except (LmiError, DatabaseError) as error:
        stated = _stated(error, curated)
        report = replace(_report(state, error=str(stated)), by_figures=not isinstance(stated, _NOT_BY_FIGURES))
    else:
        report = _report(state)
    _write_status(state, report)
    return report


def _build(state: Run, folder: Path, call: Call) -> None:
    state.folder = folder
    try:
        for stage, step in STAGES:
            step(state, lambda what, function, *a, stage=stage: call(stage, what, function, *a))
            release_memory()  # what a stage freed would else stand beside what the next one needs
    finally:
        if state.ingest is not None:
            state.ingest.close()
        if state.building is not None:
            state.building.close()


def _why_no_build(plan: Plan) -> str:
    """Return why no build can be made of the plan, or nothing; the build itself is thrown away."""
    with TemporaryDirectory(dir=plan.folders.curated, prefix=".trial-") as folder:
        try:
            _build(Run(plan), Path(folder), lambda stage, what, step, *a: step(*a))
        except (OSError, StoreError):
            raise
        except Exception as error:
            return str(error) if isinstance(error, LmiError) else f"{type(error).__name__}: {error}"
    return ""


def _gather_lookups(state: Run, call: Callable[..., Any]) -> None:
    from lmi.pipeline.ingest import Ingest

    state.ingest = Ingest(state.plan)
    for source_id in state.ingest.lookup_order():
        call(source_id, state.ingest.read_lookups, source_id)
    state.ingest.close_lookups()
    state.ingest.work_ahead()


def _stage(state: Run, call: Callable[..., Any]) -> None:
    for source_id in state.plan.source_ids("statistics"):
        call(source_id, state.ingest.stage_source, source_id)


def _validate(state: Run, call: Callable[..., Any]) -> None:
    for source_id in state.plan.source_ids("statistics"):
        call(source_id, state.ingest.validate_source, source_id)


def _curate(state: Run, call: Callable[..., Any]) -> None:
    for source_id in state.plan.source_ids("statistics"):
        call(source_id, state.ingest.curate_source, source_id)


def _load(state: Run, call: Callable[..., Any]) -> None:
    from lmi.geography import disagreements
    from lmi.marts.run import read_marts
    from lmi.pipeline.build import build_database
    from lmi.pipeline.quality import write_page
    from lmi.publish import DATABASE, PAGE

    assert state.folder is not None
    state.read = read_marts()
    # Its libraries are loaded while the database works, which needs no Python.
    threading.Thread(target=import_module, args=("lmi.project.run",)).start()
    state.building = call("database", build_database, state.plan, state.ingest, state.folder / DATABASE, state.read)
    call("page of checks", write_page, state.ingest, state.folder / PAGE)
    for table in state.ingest.lookups.get("area_members", []):
        found = disagreements(state.plan.area, table)
        state.notes += found
        if found:
            state.boundaries |= {state.ingest.outcomes[key // 2**32].source_id for key in table["obs_key"].to_pylist()}


def _project(state: Run, call: Callable[..., Any]) -> None:
    from lmi.pipeline.build import project_into

    state.building.begin_marts(state.read)
    state.projection = call(state.plan.area.id, project_into, state.building.con, state.plan)


def _make_marts(state: Run, call: Callable[..., Any]) -> None:
    from lmi.pipeline.build import make_marts
    from lmi.pipeline.revisions import revised_by_newest

    state.marts = call("all", make_marts, state.building, state.read)
    state.revised = revised_by_newest(state.building.con)


def _close(state: Run, call: Callable[..., Any]) -> None:
    """Compare with the build before, write the report beside the database, and close the file."""
    assert state.folder is not None
    state.moved = call("changes", _moved, state.building.con, _previous(state.plan), state.notes)
    held: dict[str, list[str]] = {}
    for snapshot in state.plan.visible:
        held.setdefault(snapshot.source_id, []).append(snapshot.sha256)
    body = {
        "build_id": state.plan.build_id,
        "digest": state.plan.digest,
        "area": state.plan.area.id,
        "as_of": state.plan.settings.as_of.isoformat(),
        "held": held,
        "marts": state.marts,
        "projection": state.projection,
        "notes": state.notes,
    }
    (state.folder / _REPORT).write_text(json.dumps(body, indent=1, sort_keys=True, default=str), encoding="utf-8")
    state.building.con.execute("checkpoint")
    state.building.close()
    state.building = None


#: The order of a refresh. It stands here and nowhere else.
STAGES: tuple[tuple[str, Callable[[Run, Callable[..., Any]], None]], ...] = (
    ("look up", _gather_lookups),
    ("stage", _stage),
    ("validate", _validate),
    ("curate", _curate),
    ("load", _load),
    ("project", _project),
    ("marts", _make_marts),
    ("close", _close),
)


def _published_report(curated: Path) -> dict[str, Any] | None:
    """Return the report of the published build, or None when none is published."""
    for build in published_builds(curated)[:1]:
        try:
            body: dict[str, Any] = json.loads((build.folder / _REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(
                "the published build has no report.",
                place=str(build.folder),
                found=str(error),
                do=f"delete {curated / 'published.json'} and run lmi refresh.",
            ) from error
        return body
    return None


def _previous(plan: Plan) -> Build | None:
    same = [b for b in published_builds(plan.folders.curated) if b.build_id.startswith(f"{plan.area.id}-")]
    return same[0] if same else None


def _moved(con: Connection, previous: Build | None, notes: list[str]) -> dict[str, int]:
    """Return how many figures are new, revised and withdrawn against the build before."""
    from lmi.curate import FIGURE

    if previous is None:
        return {"new": int(fetch(con, "select count(*) as n from known")["n"][0].as_py()), "revised": 0, "withdrawn": 0}
    on = " and ".join(f"a.{c} = b.{c}" for c in FIGURE)
    try:
        con.execute(f"attach {literal(str(previous.database))} as previous (read_only)")
        row = fetch(
            con,
            "select count(*) filter (where b.obs_key is null) as new, "
            "count(*) filter (where a.obs_key is null) as withdrawn, count(*) filter "
            "(where a.value is distinct from b.value and a.obs_key is not null and b.obs_key is not null) as revised "
            f"from known as a full join previous.known as b on {on}",
        ).to_pylist()[0]
    except DatabaseError as error:  # damaged, or of a version that kept other tables: no reason to publish nothing
        notes.append(f"the build {previous.build_id} cannot be compared with: {str(error).splitlines()[0]}")
        return {}
    finally:
        con.execute("detach database if exists previous")
    return {name: int(row[name]) for name in ("new", "revised", "withdrawn")}


def _stated(error: Exception, curated: Path) -> Exception:
    """Return a failure as one that a person can act on: the machine's own apart from a fault of the code or of rows."""
    if not isinstance(error, DatabaseError):
        return error
    if isinstance(error, MACHINE_ERRORS):
        return StoreError(
            "the build's database cannot be written.",
            place=str(curated / "builds"),
            found=str(error),
            do="free disk space or memory and run lmi refresh again; the published build is untouched.",
        )
    return LmiError(
        "the database refused a step of the build.",
        place=str(curated / "builds"),
        found=f"{type(error).__name__}: {error}",
        do="neither disk nor memory is at fault: mend the declaration, mart or code that this names; the published build "
        "is untouched.",
    )


def _outcomes(state: Run) -> list[Any]:
    """Return what became of the snapshots that this build may read, and of those that were set aside."""
    read = state.ingest.visible_outcomes() if state.ingest is not None else ()
    return [*read, *outcomes_aside(state.plan)]


def _report(state: Run, error: str = "") -> Report:
    outcomes = _outcomes(state)
    stopped = tuple(o.error for o in outcomes if o.state == "stopped")
    late = {o.source_id for o in outcomes if o.state == "stopped"}
    refused = sum(sum(o.quarantined.values()) for o in outcomes)
    counts = {**state.moved, "stale sources": len(late), "quarantined": refused}
    return Report(
        area_id=state.plan.area.id,
        build_id=state.plan.build_id,
        published=not error,
        new=True,
        counts=counts,
        marts=state.marts,
        stopped=stopped,
        notes=tuple(state.notes),
        error=error,
        aside=state.plan.aside,
    )


def _write_status(state: Run, report: Report) -> None:
    from lmi.pipeline.status import State, write_status

    builds = published_builds(state.plan.folders.curated)
    write_status(
        state.plan.settings.data,
        State(
            outcomes=tuple(_outcomes(state)),
            build_id=builds[0].build_id if builds else "",
            ran=state.plan.settings.as_of.isoformat(),
            error=report.error,
            notes=report.notes,
            titles={s.source_id: s.title for s in state.plan.registry.sources.values()},
            revised=state.revised,
            boundaries=tuple(sorted(state.boundaries)),
        ),
    )
