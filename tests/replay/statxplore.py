"""Stat-Xplore as its notes describe it: a schema of nodes, and tables as nested lists. The figures are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import unquote

from tests.replay.publisher import Asked, Reply, json_reply


@dataclass(frozen=True)
class Field:
    """A field: its id, label, the id of its list of values, and {id of a value: label}."""

    id: str
    label: str
    valueset: str
    values: Mapping[str, str]


@dataclass
class Database:
    """A database with one measure, whose figure is the same whatever the combination, times the number of values."""

    id: str
    label: str
    measure: str
    fields: Sequence[Field]
    figure: int = 100


class StatXplore:
    """The service. `shown` is how many children of a node one answer holds."""

    def __init__(self, databases: Sequence[Database], key: str, shown: int = 100) -> None:
        self.databases, self.key, self.shown = {d.id: d for d in databases}, key, shown
        self.left = 2000

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("apikey") != self.key:
            return Reply(b'{"message": "Invalid API key"}', 401)
        self.left -= 1
        headers = {"X-RateLimit": "2000", "X-RateLimit-Remaining": str(self.left), "X-RateLimit-Reset": "1795426200000"}
        if asked.path == "/table":
            return self._table(asked.json).having(headers=headers)
        return self._schema(asked).having(headers={**headers, **self._link(asked)})

    def _children(self, node: str) -> tuple[str, str, list[dict[str, str]]] | None:
        for database in self.databases.values():
            if node == database.id:
                group = [{"id": database.id + ":geo", "label": "Geography", "type": "GROUP"}]
                fields = [{"id": f.id, "label": f.label, "type": "FIELD"} for f in database.fields if "COA" not in f.id]
                counted = {"id": database.measure, "label": database.label, "type": "COUNT"}
                return "DATABASE", database.label, [counted, *group, *fields]
            if node == database.id + ":geo":
                found = [{"id": f.id, "label": f.label, "type": "FIELD"} for f in database.fields if "COA" in f.id]
                return "GROUP", "Geography", found
            for f in database.fields:
                if node == f.id:
                    other = {"id": f.valueset.rpartition(":")[0] + ":C_SINGLE", "label": f.label, "type": "VALUESET"}
                    return "FIELD", f.label, [{"id": f.valueset, "label": f.label, "type": "VALUESET"}, other]
                if node == f.valueset:
                    return "VALUESET", f.label, [{"id": i, "label": t, "type": "VALUE"} for i, t in f.values.items()]
        return None

    def _schema(self, asked: Asked) -> Reply:
        found = self._children(unquote(asked.path.removeprefix("/schema/")))
        if found is None:
            return Reply(b'{"errorCode": "SCHEMA_COMPONENT_NOT_FOUND"}', 404)
        kind, label, children = found
        start = int(asked.params.get("offset", 0))
        node = unquote(asked.path.removeprefix("/schema/"))
        return json_reply(
            {"id": node, "label": label, "type": kind, "children": children[start : start + self.shown]},
            kind="application/json;charset=UTF-8",
        )

    def _link(self, asked: Asked) -> dict[str, str]:
        found = self._children(unquote(asked.path.removeprefix("/schema/")))
        following = int(asked.params.get("offset", 0)) + self.shown
        if found is None or len(found[2]) <= following:
            return {}
        return {"Link": f'<{asked.base}{asked.path}?offset={following}>; rel="next"'}

    def _table(self, query: Mapping[str, Any]) -> Reply:
        database = self.databases[query["database"]]
        fields, sizes, asked = [], [], []
        for (dimension,) in query["dimensions"]:
            known = next(f for f in database.fields if f.id == dimension)
            recode = query["recodes"][dimension]
            asked.append(known)
            items: list[dict[str, Any]] = [
                {"type": "RecodeItem", "labels": [known.values[v] for v in group], "uris": group}
                for group in recode["map"]
            ]
            if recode["total"]:
                items.append({"type": "Total", "labels": ["Total"]})
            fields.append({"uri": known.id, "label": known.label, "items": items})
            sizes.append(items)
        figures = [self._figure(database, asked, combination) for combination in product(*sizes)]
        cube = {"values": nested(figures, [len(s) for s in sizes]), "precision": 0}
        measure = {"uri": database.measure, "label": database.label, "measure": database.measure, "function": "COUNT"}
        return json_reply(
            {
                "query": query,
                "database": {"uri": database.id, "label": database.label, "annotationKeys": []},
                "measures": [measure],
                "fields": fields,
                "cubes": {database.measure: cube},
                "annotationMap": {},
            },
            kind="application/json;charset=UTF-8",
        )

    def _figure(self, database: Database, fields: Sequence[Field], items: Sequence[Mapping[str, Any]]) -> int:
        """A value counts once, a group as many times as it has values, a total as many as the field."""
        figure = database.figure
        for item, known in zip(items, fields, strict=True):
            figure *= len(item["uris"]) if "uris" in item else len(known.values)
        return figure


def nested(figures: Sequence[int], sizes: Sequence[int]) -> Any:
    if len(sizes) == 1:
        return list(figures)
    step = len(figures) // sizes[0]
    return [nested(figures[i * step : (i + 1) * step], sizes[1:]) for i in range(sizes[0])]
