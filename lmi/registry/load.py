"""Read the declarations and check that they agree with each other.

Owns: `Registry` and the errors that name a file and a key. Never: opens publishers' data.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lmi.errors import DeclarationError
from lmi.registry.model import Area, Assumption, Correction, House, Indicator, Layout, Source
from lmi.registry.queries import ServiceEnd
from lmi.tables import DIMENSIONS

Model = TypeVar("Model", bound=BaseModel)


#: Stands in a scaffold wherever a person must decide. A file that holds it is not a declaration yet.
UNFILLED = "FILL:"


def repository_root() -> Path:
    """Return the folder that holds `lmi/`, `expectations/` and the committed baseline."""
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Registry:
    """All declarations, cross-checked. `digest` changes when any declaration does."""

    sources: Mapping[str, Source]
    indicators: Mapping[str, Indicator]
    areas: Mapping[str, Area]
    assumptions: Mapping[str, Assumption]
    corrections: tuple[Correction, ...]
    house: House
    digest: str
    digests: Mapping[str, str] = field(default_factory=dict)  # declaration file, relative -> sha256
    services: Mapping[str, ServiceEnd] = field(default_factory=dict)

    def source(self, source_id: str) -> Source:
        """Return a source. Raises DeclarationError that names the nearest known id."""
        return _known("source", source_id, self.sources)

    def area(self, area_id: str) -> Area:
        """Return an area; an empty id is the default one. Raises DeclarationError that names the nearest known id."""
        if area_id:
            return _known("area", area_id, self.areas)
        defaults = [area for area in self.areas.values() if area.default]
        if len(defaults) != 1:
            raise DeclarationError(
                "exactly one area must be the default.",
                place="declared/areas, key default",
                found=", ".join(a.id for a in defaults) or "none",
                do="set default = true in one area, or name one with --area.",
            )
        return defaults[0]


def load(root: Path | None = None) -> Registry:
    """Return the cross-checked declarations under `root`/lmi (default: this repository).

    Raises DeclarationError naming the file and the key at the first thing that is wrong.
    """
    base = (root or repository_root()) / "lmi"
    digests: dict[str, str] = {}

    def read(path: Path) -> dict[str, Any]:
        if not path.is_file():
            raise DeclarationError("the declaration is missing.", place=_short(path, base), do="restore the file.")
        raw = path.read_bytes()
        if UNFILLED.encode() in raw:
            raise DeclarationError(
                "the declaration is a scaffold that is not filled in.",
                place=_short(path, base),
                found=f"{raw.count(UNFILLED.encode())} marks {UNFILLED}",
                do="fill them (lmi source check and lmi area check list them), or take the file away.",
            )
        digests[path.relative_to(base).as_posix()] = hashlib.sha256(raw).hexdigest()
        try:
            return tomllib.loads(raw.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DeclarationError(
                "the file is not TOML.", place=_short(path, base), found=str(error), do="mend the line that it names."
            ) from error

    sources = {
        source_id: _made(Source, {**read(path), "source_id": source_id}, path, base)
        for path in sorted((base / "sources").rglob("*.toml"))
        for source_id in [path.relative_to(base / "sources").with_suffix("").as_posix()]
    }
    declared = base / "declared"
    indicators = _with_own(_entries(Indicator, declared / "indicators.toml", base, read, "indicator_id"), sources)
    areas = {
        path.stem: _made(Area, {**read(path), "id": path.stem}, path, base)
        for path in sorted((declared / "areas").glob("*.toml"))
    }
    assumptions = _listed(Assumption, declared / "assumptions.toml", "assumption", base, read)
    corrections = tuple(
        correction
        for path in sorted((declared / "corrections").glob("*.toml"))
        for correction in _listed(Correction, path, "correction", base, read).values()
    )
    house = _made(House, read(declared / "settings.toml"), declared / "settings.toml", base)
    for source in sources.values():
        _check_source(source, indicators)
    for area in areas.values():
        _check_area(area)
    for correction in corrections:
        _known("source", correction.source, sources, place=f"declared/corrections, correction.{correction.id}.source")
    services = _services(declared / "services.toml", base, read)
    for source in sources.values():
        for name, query in source.queries.items():
            at = f"sources/{source.source_id}.toml, key queries.{name}.service"
            _known("service", query.end, services, place=at)
    digest = hashlib.sha256("".join(f"{k}={v};" for k, v in sorted(digests.items())).encode()).hexdigest()
    return Registry(sources, indicators, areas, assumptions, corrections, house, digest, digests, services)


def _entries(
    model: type[Model], path: Path, base: Path, read: Callable[[Path], dict[str, Any]], id_key: str
) -> dict[str, Model]:
    return {name: _made(model, {**body, id_key: name}, path, base, name) for name, body in read(path).items()}


def _services(path: Path, base: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, ServiceEnd]:
    return {name: _made(ServiceEnd, body, path, base, name) for name, body in read(path).items()}


def _with_own(shared: dict[str, Indicator], sources: Mapping[str, Source]) -> dict[str, Indicator]:
    """Return the shared indicators and those that one source declares for itself."""
    made = dict(shared)
    for source in sources.values():
        for name, indicator in source.indicators.items():
            if name in made:
                raise DeclarationError(
                    f"the indicator {name!r} is declared twice.",
                    place=f"sources/{source.source_id}.toml, key indicators.{name}",
                )
            made[name] = indicator.model_copy(update={"indicator_id": name})
    return made


def _listed(
    model: type[Model], path: Path, key: str, base: Path, read: Callable[[Path], dict[str, Any]]
) -> dict[str, Model]:
    body = read(path)
    _refuse_other_keys(body, {key}, path, base)
    made = [_made(model, entry, path, base, f"{key}[{i}]") for i, entry in enumerate(body.get(key, []))]
    ids = [str(m.id) for m in made]  # type: ignore[attr-defined]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise DeclarationError(
            "an id stands twice.", place=f"{_short(path, base)}, key {key}.id", found=", ".join(twice)
        )
    return dict(zip(ids, made, strict=True))


def _made(model: type[Model], body: Mapping[str, Any], path: Path, base: Path, within: str = "") -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        # A misspelt key is told before the required key that it was meant to be.
        first = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
        key = ".".join(str(part) for part in ([within] if within else []) + list(first["loc"]))
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = _nearest(str(first["loc"][-1]), _keys_at(model, first["loc"][:-1]))
        raise DeclarationError(
            f"{first['msg']}.",
            place=f"{_short(path, base)}, key {key}",
            found=repr(first.get("input"))[:120],
            do=hint or "mend the key; lmi/registry/model.py says what each key means.",
        ) from error


def _keys_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """Return the keys allowed at `loc`, as far as models can be followed; else the top-level keys."""
    current: type[BaseModel] = model
    for part in loc:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        for inner in _models_in(current.model_fields[part].annotation):
            current = inner
    return list(current.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(sorted(known))}."


def _refuse_other_keys(body: Mapping[str, Any], allowed: set[str], path: Path, base: Path) -> None:
    for key in body:
        if key not in allowed:
            raise DeclarationError(
                "unknown key.", place=f"{_short(path, base)}, key {key}", do=_nearest(key, sorted(allowed))
            )


def _known(kind: str, name: str, known: Mapping[str, Model], place: str | None = None) -> Model:
    if name in known:
        return known[name]
    raise DeclarationError(
        f"there is no {kind} {name!r}.",
        place=place,
        expected=", ".join(sorted(known)) or f"at least one declared {kind}",
        do=_nearest(name, list(known)),
    )


def _check_source(source: Source, indicators: Mapping[str, Indicator]) -> None:
    place = f"sources/{source.source_id}.toml"
    digests = [edition.sha256 for edition in source.editions]
    if len(set(digests)) != len(digests):
        raise DeclarationError("two editions name one sha256.", place=f"{place}, key editions.sha256")
    for edition in source.editions:
        if edition.layout and edition.layout not in source.layouts:
            raise DeclarationError(
                f"edition {edition.vintage} names a layout that is not there.",
                place=f"{place}, key editions.layout",
                found=edition.layout,
                do=_nearest(edition.layout, list(source.layouts)),
            )
    _check_calendar(source, place)
    _check_queries(source, place)
    for name, layout in source.layouts.items():
        _check_layout(source, layout, f"{place}, key layouts.{name}", indicators)


def _check_calendar(source: Source, place: str) -> None:
    alone = {"monthly", "irregular", "discontinued"} & set(source.releases)
    if len(set(source.releases)) != len(source.releases) or (alone and len(source.releases) > 1):
        raise DeclarationError(
            "the months of release contradict each other.",
            place=f"{place}, key releases",
            expected='months, each once, or "monthly", "irregular" or "discontinued"',
            found=", ".join(source.releases),
        )
    if source.release_days and source.release_days[0] > source.release_days[1]:
        raise DeclarationError(
            "the days of release run backwards.", place=f"{place}, key release_days", found=str(source.release_days)
        )
    if source.release_days and not set(source.releases) - {"irregular", "discontinued"}:
        raise DeclarationError("days of release need months of release.", place=f"{place}, key release_days")


def _check_queries(source: Source, place: str) -> None:
    asked: dict[tuple[str, str], str] = {}
    for name, query in source.queries.items():
        at = f"{place}, key queries.{name}"
        _known("layout", query.layout, source.layouts, place=f"{at}.layout")
        if (query.layout, query.part) in asked:
            raise DeclarationError(
                "two queries give the same layout and part, so one vintage would hold two files.",
                place=at,
                found=f"also queries.{asked[query.layout, query.part]}",
                do="name a part in one of them.",
            )
        asked[query.layout, query.part] = name
        wrong = query.faults()
        if wrong:
            raise DeclarationError(f"{wrong}.", place=at, do="lmi/registry/queries.py says what each key means.")


def _check_layout(source: Source, layout: Layout, place: str, indicators: Mapping[str, Indicator]) -> None:
    if source.kind == "lookup":
        if not layout.produces:
            raise DeclarationError("a look-up must say what it produces.", place=f"{place}.produces")
        return
    if not layout.measures or layout.period is None or "area" not in layout.dimensions:
        raise DeclarationError(
            "a statistical layout needs measures, a period and the area dimension.",
            place=place,
            found=f"measures {len(layout.measures)}, period {layout.period is not None}, dimensions {sorted(layout.dimensions)}",
        )
    for i, measure in enumerate(layout.measures):
        _known("indicator", measure.indicator, indicators, place=f"{place}.measures[{i}].indicator")
    for dimension in layout.dimensions:
        if dimension not in (*DIMENSIONS, "area"):
            raise DeclarationError(
                "unknown dimension.",
                place=f"{place}.dimensions.{dimension}",
                do=_nearest(dimension, [*DIMENSIONS, "area"]),
            )
    for step in layout.period.rules:
        if not _groups(step.pattern):
            raise DeclarationError(
                "the pattern of a period has no group for the period.",
                place=f"{place}.period.rules",
                expected="a regular expression with brackets around the period",
                found=repr(step.pattern),
                do="put brackets around the part that is the period.",
            )
    patterns = [i.pattern for i in layout.ignore] + [p for m in layout.measures for p in m.when.values()]
    patterns += [r.pattern for d in layout.dimensions.values() for r in d.rules]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise DeclarationError(
                "a pattern is not a regular expression.", place=place, found=f"{pattern!r}: {error}"
            ) from error


def _groups(pattern: str) -> int:
    """Return the number of groups of a regular expression; 0 when it is none."""
    try:
        return re.compile(pattern).groups
    except re.error:
        return 0


def _check_area(area: Area) -> None:
    place = f"declared/areas/{area.id}.toml"
    if len(set(area.members)) != len(area.members):
        raise DeclarationError("a district stands twice.", place=f"{place}, key members")
    outside = {code for codes in area.groups.values() for code in codes} - set(area.members)
    if outside:
        raise DeclarationError(
            "a group holds districts that are no members.",
            place=f"{place}, key groups",
            found=", ".join(sorted(outside)),
        )
    ids = [sector.id for sector in area.sectors]
    if len(set(ids)) != len(ids):
        raise DeclarationError("a sector stands twice.", place=f"{place}, key sectors.id")


def _short(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix()
