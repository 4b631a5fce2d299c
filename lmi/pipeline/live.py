"""A live refresh: ask each publisher for what is new, keep it, then refresh as always.

Owns: which queries are asked, what becomes of each, and that none of them can break a refresh: where a publisher cannot be
reached, is late, or changed its answer, the last good vintage serves and is called stale. Never: reads the environment or
the clock; both are in `Live`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from lmi import __version__
from lmi.engine import replacing
from lmi.errors import CoverageError, LmiError, SourceChanged, StoreError
from lmi.pipeline.folders import Folders
from lmi.pipeline.plan import Settings
from lmi.pipeline.run import Call, Report, run
from lmi.publish import refresh_lock
from lmi.raw.fetch import Archive, Client, Fetched, Key, Session, Waits, fetch
from lmi.raw.manifest import Snapshot
from lmi.raw.probe import Probe
from lmi.raw.recognise import Recognition, misses
from lmi.raw.store import RawStore
from lmi.registry import AnyQuery, Area, Registry, ServiceEnd, Source, load

_URL = "LMI_URL_"
#: How each service that has keys wants its own.
_KEY_HEADER = {"statxplore": "APIKey"}
_KEY_PARAMETER = {"nomis": "uid"}


@dataclass(frozen=True)
class Live:
    """What a live run needs from outside: services and keys as the environment has them, the time, and a clock to wait by."""

    services: Mapping[str, ServiceEnd]
    keys: Mapping[str, Key]
    now: datetime
    waits: Waits
    clients: dict[str, Client] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Client:
        """Return the client of a service, made when it is first wanted."""
        if service in self.clients:
            return self.clients[service]
        agent = f"lancashire-lmi/{__version__} (labour market statistics; python-httpx)"
        self.clients[service] = Client(service, self.services[service], self.keys[service], self.waits, agent)
        return self.clients[service]

    def close(self) -> None:
        """Close every client."""
        for client in self.clients.values():
            client.close()


@dataclass(frozen=True)
class Asked:
    """What became of one query: new, unchanged, skipped or stale. `serves` is the vintage that the source then has."""

    source_id: str
    query: str
    outcome: str
    vintage: str = ""
    serves: str = ""
    message: str = ""
    kind: str = ""  # class of the error, or NoKey

    def line(self) -> str:
        """Return the outcome as a line of the report."""
        name = f"{self.source_id} ({self.query})"
        if self.outcome == "stale":
            return f"stale: {name}: {self.serves or 'no vintage'} serves. {self.message}"
        if self.outcome == "skipped":
            return f"skipped: {name}: {self.message}"
        return f"{self.outcome}: {name}: {self.vintage}"


def live_settings(registry: Registry, environment: Mapping[str, str], now: datetime, waits: Waits) -> Live:
    """Return the settings of a live run. `LMI_URL_<SERVICE>` replaces an address; keys stand in the variables declared."""
    services, keys = {}, {}
    for name, end in registry.services.items():
        url = environment.get(f"{_URL}{name.upper()}")
        services[name] = end.model_copy(update={"url": url.rstrip("/"), "also": ()}) if url else end
        value = environment.get(end.key, "").strip() if end.key else ""
        keys[name] = Key(value, _KEY_HEADER.get(name, ""), _KEY_PARAMETER.get(name, ""))
    return Live(services, keys, now, waits)


def refresh_live(settings: Settings, call: Call, live: Live) -> Report:
    """Ask the publishers, keep what is new, refresh, and return the report with a line for each query.

    Raises LmiError only as `run` does; whatever a publisher does is in the report.
    """
    registry = load()
    area = registry.area(settings.area_id)
    wanted = [registry.source(name) for name in settings.sources] or list(registry.sources.values())
    sources = [source for source in wanted if source.queries]
    unasked = [s.source_id for s in wanted if not s.queries] if settings.sources else []
    asked: list[Asked] = []
    with refresh_lock(Folders(settings.data).responses, "fetch"):
        for source in sorted(sources, key=lambda s: s.source_id):
            try:
                call("fetch", source.source_id, fetch_source, source, area, settings.data, live, asked)
            except StoreError:
                raise
            except LmiError:
                continue  # it is in `asked`, with its reason
    live.close()
    _write(settings.data, asked, live.now)
    notes = [f"{name} has no live query; land its files with lmi land" for name in unasked]
    report = run(settings, call)
    asked = _less(asked, report, registry, RawStore(settings.data))
    _write(settings.data, asked, live.now)
    stale = {a.source_id for a in asked if a.outcome == "stale"}
    counts = {**report.counts, "stale live sources": len(stale)} if report.counts else report.counts
    return replace(report, counts=counts, live=tuple(a.line() for a in asked), notes=(*report.notes, *notes))


def _less(asked: list[Asked], report: Report, registry: Registry, store: RawStore) -> list[Asked]:
    """Return what became of the queries, those stale whose file came and was then set aside: no build can be made with it."""
    why = {(s.source_id, s.layout, s.vintage): reason for s, reason in report.aside}
    aside = {s.sha256 for s, _ in report.aside}
    made = []
    for one in asked:
        source = registry.source(one.source_id)
        layout = source.queries[one.query].layout
        reason = why.get((one.source_id, layout, one.vintage))
        if reason is not None:
            told = f"the edition {one.vintage} came and is set aside, since no build can be made with it: {reason}"
            serves = _serving(store, source, layout, aside)
            one = replace(one, outcome="stale", serves=serves, message=told, kind=CoverageError.__name__)
        made.append(one)
    return made


def fetch_source(source: Source, area: Area, data: Path, live: Live, asked: list[Asked]) -> None:
    """Ask every query of a source and add what became of each to `asked`.

    Raises the last LmiError, so that whoever watches sees the source fail, after all queries were asked.
    """
    store = RawStore(data)
    failed: LmiError | None = None
    for name, query in source.queries.items():
        try:
            made = _ask(source, name, query, area, store, data, live)
        except StoreError:
            raise
        except LmiError as error:
            failed = error
            made = Asked(source.source_id, name, "stale", message=str(error), kind=type(error).__name__)
        asked.append(replace(made, serves=_serving(store, source, query.layout)))
    if failed is not None:
        raise failed


def _ask(source: Source, name: str, query: AnyQuery, area: Area, store: RawStore, data: Path, live: Live) -> Asked:
    end, key = live.services[query.end], live.keys[query.end]
    if end.key_needed and not key.value:
        how = f"no key: set {end.key} in the environment ({end.key_from})"
        return Asked(source.source_id, name, "skipped", message=how, kind="NoKey")
    sought = _sought(query, area)
    held = [
        s.labels.get("edition", "")
        for s in store.landed()
        if s.source_id == source.source_id and s.labels.get("asked") == sought
    ]
    archive = Archive(Folders(data).responses, source.source_id, name, live.now)
    client = live.client(query.end)
    session = Session(source.source_id, source.layouts[query.layout], client, archive, area, held, live.now)
    found = fetch(query, session)
    if found.path is None:
        return Asked(source.source_id, name, "unchanged", found.vintage)
    snapshot, new = _keep(found, source, query, store, live, {"edition": found.edition, "asked": sought})
    return Asked(source.source_id, name, "new" if new else "unchanged", snapshot.vintage)


def _keep(
    found: Fetched, source: Source, query: AnyQuery, store: RawStore, live: Live, labels: dict[str, str]
) -> tuple[Snapshot, bool]:
    """Land the file that a query brought. Raises SourceChanged when it does not bear its layout's marks."""
    assert found.path is not None
    probe = Probe(found.path, found.sha256)
    missing = misses(probe, source.layouts[query.layout].recognise)
    refused = [e.refuse for e in source.editions if e.sha256 == probe.sha256 and e.refuse]
    if missing or refused:
        raise SourceChanged(
            refused[0] if refused else "the file does not have the layout that the query declares.",
            source=source.source_id,
            place=found.url,
            expected="" if refused else "; ".join(missing),
            found=", ".join(probe.header[:12]) or probe.format,
            do=f"look at {found.path}, then change the layout {query.layout}.",
        )
    edition = next((e for e in source.editions if e.sha256 == probe.sha256), None)
    known = Recognition(
        source, query.layout, found.vintage, query.part, found.released, found.basis, probe.sha256, labels
    )
    if edition is not None:  # a file that we know: what is declared of it says more than the page that it hangs on
        known = replace(
            known,
            vintage=edition.vintage,
            part=edition.part,
            released=edition.released,
            released_basis="declared edition",
            labels={**labels, **edition.labels},
        )
    taken = {
        s.vintage
        for s in store.landed()
        if (s.source_id, s.layout, s.part) == (source.source_id, query.layout, known.part)
    }
    if known.vintage in taken:  # the publisher changed an edition without renaming it
        known = replace(known, vintage=f"{known.vintage}.{live.now:%Y-%m-%d}.{probe.sha256[:8]}")
        known = replace(
            known, released=max(known.released, live.now.date()), released_basis="day of retrieval: changed in place"
        )
    return store.add(found.path, known, live.now.isoformat(), origin="live", url=found.url, immutable=True)


def _sought(query: AnyQuery, area: Area) -> str:
    text = query.model_dump_json() + json.dumps([area.code, area.members, area.comparators])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _serving(store: RawStore, source: Source, layout: str, aside: AbstractSet[str] = frozenset()) -> str:
    """Return the newest vintage at hand of a layout, in words; files with the digests in `aside` do not serve."""
    have = [
        s for s in store.serving() if (s.source_id, s.layout) == (source.source_id, layout) and s.sha256 not in aside
    ]
    return f"{have[-1].vintage}, released {have[-1].released}," if have else ""


def _write(data: Path, asked: list[Asked], now: datetime) -> None:
    """Keep what this run found, beside what earlier runs found of other queries."""
    path = Folders(data).live
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        body = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError:
        body = {}  # it is a summary of what the report said: a damaged one is written anew
    body |= {f"{a.source_id} {a.query}": {**asdict(a), "when": now.isoformat()} for a in asked}
    with replacing(path) as part:
        part.write_text(json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
