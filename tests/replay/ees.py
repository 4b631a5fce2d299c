"""Explore Education Statistics as its published contract and its notes describe it. The figures are ours.

Every request is noted; `tests/replay/test_ees.py` holds the requests and the answers to the publisher's OpenAPI document.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.replay.publisher import Asked, Reply, json_reply

_PARAMS = {
    "publications": {"search", "page", "pageSize"},
    "data-sets": {"page", "pageSize"},
    "meta": {"types", "dataSetVersion"},
    "query": {"dataSetVersion"},
    "csv": {"dataSetVersion"},
    "versions": {"page", "pageSize"},
}
LEVELS = {"NAT": "National", "REG": "Regional", "LA": "Local authority", "LAD": "Local authority district"}
INDICATORS = dict[str, tuple[str, str, str]]


def guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@dataclass
class DataSet:
    """A data set: `records` have time_period, level, location code, then filter columns, then indicator columns."""

    publication: str
    title: str
    filters: Mapping[str, tuple[str, Sequence[str]]]  # column -> label, labels of options
    indicators: Mapping[str, str]  # column -> label
    places: Mapping[str, Mapping[str, str]]  # level -> code -> name
    records: list[dict[str, str]] = field(default_factory=list)
    version: str = "2.1"
    published: str = "2026-11-19T09:30:00+00:00"
    status: str = "Published"
    body: bytes = b""  # the CSV when it is not made of the records

    @property
    def size(self) -> int:
        return self.body.count(b"\n") - 1 if self.body else len(self.records)

    @property
    def id(self) -> str:
        return guid(f"{self.publication}: {self.title}")


class Ees:
    """The service."""

    def __init__(self, data_sets: Sequence[DataSet]) -> None:
        self.data_sets = {d.id: d for d in data_sets}

    def __call__(self, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")
        what = parts[2] if len(parts) > 2 else parts[0]
        unknown = set(asked.params) - _PARAMS.get(what, set())
        if unknown:
            errors = [{"message": "Unknown field.", "path": n, "code": "UnknownField"} for n in sorted(unknown)]
            return problem(400, errors=errors)
        if "application/json" not in asked.headers.get("accept", "") and what != "csv":
            return problem(406)
        if parts[0] == "publications":
            return self._publications(parts, asked.params)
        data_set = self.data_sets.get(parts[1])
        if data_set is None:
            return problem(404)
        if what == "versions":
            return self._version(data_set, parts[3])
        version = asked.params.get("dataSetVersion", data_set.version)
        if version != data_set.version:
            return problem(404)
        if what == "meta":
            return json_reply(meta(data_set))
        if what == "csv":
            return Reply(as_csv(data_set), kind="text/csv")
        return self._query(data_set, asked.json)

    def _publications(self, parts: Sequence[str], params: Mapping[str, str]) -> Reply:
        titles = sorted({d.publication for d in self.data_sets.values()})
        if len(parts) == 1:
            found = [t for t in titles if params.get("search", "").lower() in t.lower()]
            entries: list[dict[str, Any]] = [
                {
                    "id": guid(t),
                    "title": t,
                    "slug": t.lower().replace(" ", "-"),
                    "summary": "",
                    "lastPublished": "2026-11-19T09:30:00+00:00",
                }
                for t in found
            ]
        else:
            entries = [
                {"id": d.id, "title": d.title, "summary": "", "status": d.status}
                for d in self.data_sets.values()
                if guid(d.publication) == parts[1]
            ]
        return json_reply(paged(entries, int(params.get("page", 1)), int(params.get("pageSize", 10))))

    def _version(self, data_set: DataSet, asked: str) -> Reply:
        if asked not in (data_set.version, data_set.version.partition(".")[0] + ".*"):
            return problem(404)
        return json_reply(
            {
                "version": data_set.version,
                "type": "Minor",
                "status": "Published",
                "published": data_set.published,
                "notes": "",
                "totalResults": data_set.size,
                "file": {"id": guid(data_set.title + " file")},
                "release": {"title": "Academic year 2025/26", "slug": "2025-26"},
                "timePeriods": {"start": "2024/25", "end": "2025/26"},
                "geographicLevels": [LEVELS[level] for level in data_set.places],
                "filters": [label for label, _ in data_set.filters.values()],
                "indicators": list(data_set.indicators.values()),
            }
        )

    def _query(self, data_set: DataSet, body: Mapping[str, Any]) -> Reply:
        lists = meta(data_set)
        unknown = set(body["indicators"]) - {i["id"] for i in lists["indicators"]}
        if unknown:
            return problem(400, errors=[{"message": "not found", "path": "indicators", "code": "IndicatorsNotFound"}])
        rows = [result(data_set, r, body["indicators"]) for r in data_set.records]
        warnings: list[dict[str, Any]] = []
        for condition in body["criteria"]["and"]:
            rows = [r for r in rows if holds(condition, r)]
            known = {o["id"] for f in lists["filters"] for o in f["options"]}
            absent = [i for i in condition.get("filters", {}).get("in", []) if i not in known]
            if absent:
                warnings.append({"message": "filters not found", "path": "criteria", "code": "FiltersNotFound"})
        if not rows:
            warnings.append({"message": "The query did not match any results.", "code": "QueryNoResults"})
        return json_reply({**paged(rows, body["page"], body["pageSize"]), "warnings": warnings})


def problem(status: int, **more: Any) -> Reply:
    document = {"title": f"HTTP {status}", "type": "about:blank", "status": status, **more}
    return json_reply(document, status=status, kind="application/problem+json")


def paged(entries: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    pages = -(-len(entries) // size)
    paging = {"page": page, "pageSize": size, "totalResults": len(entries), "totalPages": pages}
    return {"paging": paging, "results": list(entries[(page - 1) * size : page * size])}


def short(*names: str) -> str:
    """Return a short opaque id, as the service makes them."""
    return guid("|".join(names)).replace("-", "")[:5]


def meta(data_set: DataSet) -> dict[str, Any]:
    return {
        "filters": [
            {
                "id": short(column),
                "column": column,
                "label": label,
                "hint": "",
                "options": [{"id": short(column, o), "label": o} for o in options],
            }
            for column, (label, options) in data_set.filters.items()
        ],
        "indicators": [
            {"id": short(column), "column": column, "label": label, "unit": "", "decimalPlaces": 0}
            for column, label in data_set.indicators.items()
        ],
        "geographicLevels": [{"code": level, "label": LEVELS[level]} for level in data_set.places],
        "locations": [
            {
                "level": {"code": level, "label": LEVELS[level]},
                "options": [{"id": short(level, code), "label": name, "code": code} for code, name in places.items()],
            }
            for level, places in data_set.places.items()
        ],
        "timePeriods": [
            {"code": "AY", "period": slashed(p), "label": slashed(p)}
            for p in sorted({r["time_period"] for r in data_set.records})
        ],
    }


def slashed(period: str) -> str:
    """Write 202425 as the API does: 2024/2025."""
    return f"{period[:4]}/{period[:2]}{period[4:]}"


def result(data_set: DataSet, record: Mapping[str, str], indicators: Sequence[str]) -> dict[str, Any]:
    level = record["level"]
    locations = {level: short(level, record["code"])}
    if level != "NAT":
        locations["NAT"] = short("NAT", "E92000001")
    return {
        "timePeriod": {"period": slashed(record["time_period"]), "code": "AY"},
        "geographicLevel": level,
        "locations": locations,
        "filters": {short(c): short(c, record[c]) for c in data_set.filters},
        "values": {short(c): record[c] for c in data_set.indicators if short(c) in indicators},
    }


def holds(condition: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """True when a result meets one condition of the query, as far as our queries go."""
    kind, wanted = next(iter(condition.items()))
    if kind == "geographicLevels":
        return row["geographicLevel"] in wanted["in"]
    if kind == "filters":
        return bool(set(row["filters"].values()) & set(wanted["in"]))
    return bool(row["timePeriod"]["period"] >= wanted["gte"]["period"])


def as_csv(data_set: DataSet) -> bytes:
    if data_set.body:
        return data_set.body
    out = io.StringIO()
    header = [
        "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
        "region_name", "lad_code", "lad_name", *data_set.filters, *data_set.indicators,
    ]  # fmt: skip
    writer = csv.DictWriter(out, header, restval="", lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for record in data_set.records:
        place = {"LAD": ("lad_code", "lad_name"), "REG": ("region_code", "region_name")}.get(record["level"])
        names = dict(zip(place, (record["code"], f"Name of {record['code']}"), strict=True)) if place else {}
        fixed = {
            "time_identifier": "Academic year",
            "geographic_level": LEVELS[record["level"]],
            "country_code": "E92000001",
            "country_name": "England",
        }
        writer.writerow({**fixed, **names, **record})
    return out.getvalue().encode()
