"""Stat-Xplore: one table, asked with ids that were first looked up in the schema.

Owns: discovery of values, the request for a table, the hourly limit, and whether the answer is the table asked for. Never:
reads a figure; the parser does that.

What a client must know: ids drift (a date field was renamed, the geography re-dated), there is no "latest" month, lists of
more than a hundred are paged by a Link header, and a nil cell is no error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urljoin

from lmi.errors import SourceUnavailable
from lmi.raw.fetch.answers import Answer
from lmi.raw.fetch.session import Fetched, Session
from lmi.registry.queries import StatXploreField, StatXploreQuery

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_MONTH = re.compile(r":(\d{4})(\d{2})$")
_LEFT, _RESET = "x-ratelimit-remaining", "x-ratelimit-reset"
_DEPTH = 4  # groups within groups of a database

#: One item of an answer: the values that make it.
Item = list[str]


def fetch_statxplore(query: StatXploreQuery, session: Session) -> Fetched:
    """Return the table as the JSON that the service gave. Raises as Session does."""
    _check_ids(query, session)
    items = [_items(field, session) for field in query.fields]
    cells = len(query.measures)
    for field, found in zip(query.fields, items, strict=True):
        cells *= len(found) + field.total
    if cells > session.client.end.page:
        raise session.changed(
            "the table is larger than the service may give.",
            query.database,
            f"{session.client.end.page:,} cells",
            f"{cells:,}",
        )
    newest = max((_month(i[-1][0]) for f, i in zip(query.fields, items, strict=True) if f.take == "latest"), default="")
    session.archive.begin_edition(f"{newest} {session.today}")
    body = {
        "database": query.database,
        "measures": list(query.measures),
        "dimensions": [[field.field] for field in query.fields],
        "recodes": {
            field.field: {"map": found, "total": field.total} for field, found in zip(query.fields, items, strict=True)
        },
    }
    answer = session.page(session.url("table"), body=body)
    _check_table(query, items, session.json(answer), session, answer.url)
    path = session.archive.name("table.json", answer)
    vintage = newest or session.today.isoformat()
    return Fetched(vintage, session.today, "day of retrieval", answer.url, answer.sha256, path)


def _schema(node: str, session: Session) -> list[dict[str, Any]]:
    """Return the children of a node of the schema, from all of its pages."""
    children: list[dict[str, Any]] = []
    url, seen = session.url("schema", quote(node, safe="")), set[str]()
    while url and url not in seen:
        seen.add(url)
        answer = session.ask(url)
        children += session.json(answer).get("children") or []
        _mind_the_limit(answer, session)
        match = _NEXT.search(answer.headers.get("link", ""))
        url = urljoin(url, match[1]) if match else ""
    return children


def _check_ids(query: StatXploreQuery, session: Session) -> None:
    """Compare the pinned ids with those of the database, and say what a missing one is called now."""
    found: dict[str, str] = {}
    level = [query.database]
    for _ in range(_DEPTH):
        nodes = [child for node in level for child in _schema(node, session)]
        found |= {n["id"]: n["label"] for n in nodes}
        level = [n["id"] for n in nodes if n["type"] == "GROUP"]
        if not level:
            break
    missing = [i for i in (*query.measures, *(f.field for f in query.fields)) if i not in found]
    if missing:
        near = "; ".join(f"{i} ({label})" for i, label in found.items())
        raise session.changed(
            "ids of the query are no longer in the database.", query.database, ", ".join(missing), near
        )


def _items(field: StatXploreField, session: Session) -> list[Item]:
    """Return the values asked for, one list an item, in the publisher's order."""
    values = [c for c in _schema(_valueset(field, session), session) if c["type"] == "VALUE"]
    labels = {c["label"]: c["id"] for c in values}
    ids = [c["id"] for c in values]
    if not ids:
        raise session.changed("the list of values is empty.", field.valueset, "values", "none")
    if field.take == "all":
        return [[i] for i in ids]
    if field.take == "latest":
        months = sorted((i for i in ids if _MONTH.search(i)), key=_month)
        if len(months) < field.latest:
            raise session.changed(
                "there are fewer months than asked for.", field.valueset, str(field.latest), str(len(months))
            )
        return [[i] for i in months[-field.latest :]]
    if field.take == "members":
        by_code = {i.rpartition(":")[2]: i for i in ids}
        absent = [code for code in session.area.members if code not in by_code]
        if absent:
            raise session.changed(
                "districts are not among the values.", field.valueset, ", ".join(absent), f"{len(ids)} others"
            )
        return [[by_code[code]] for code in session.area.members]
    absent = [label for group in field.groups.values() for label in group if label not in labels]
    if absent:
        raise session.changed("labels are not among the values.", field.valueset, ", ".join(absent), ", ".join(labels))
    return [[labels[label] for label in group] for group in field.groups.values()]


def _valueset(field: StatXploreField, session: Session) -> str:
    """Return the one list of values of the field that is meant: bands or single years, districts or regions."""
    listed = [c["id"] for c in _schema(field.field, session) if c["type"] == "VALUESET"]
    fits = [i for i in listed if re.fullmatch(field.valueset, i)]
    if len(fits) != 1:
        raise session.changed(
            "the field has not one such list of values.", field.field, field.valueset, ", ".join(listed)
        )
    return str(fits[0])


def _month(value: str) -> str:
    match = _MONTH.search(value)
    return f"{match[1]}-{match[2]}" if match else ""


def _check_table(
    query: StatXploreQuery, items: Sequence[list[Item]], body: Mapping[str, Any], session: Session, url: str
) -> None:
    """The axes are those asked for, in that order: figures stand by position only."""
    if body["database"]["uri"] != query.database or [m["uri"] for m in body["measures"]] != list(query.measures):
        found = f"{body['database']['uri']}, {[m['uri'] for m in body['measures']]}"
        raise session.changed("the table is another one.", url, f"{query.database}, {query.measures}", found)
    fields = [f["uri"] for f in body["fields"]]
    if fields != [f.field for f in query.fields]:
        raise session.changed(
            "the axes are not those asked for.", url, ", ".join(f.field for f in query.fields), ", ".join(fields)
        )
    sizes = []
    for asked, wanted, given in zip(query.fields, items, body["fields"], strict=True):
        uris = [i.get("uris") for i in given["items"] if i["type"] == "RecodeItem"]
        totals = [i for i in given["items"] if i["type"] == "Total"]
        if uris != wanted or len(totals) != int(asked.total) or len(uris) + len(totals) != len(given["items"]):
            odd = next((str(g) for g, w in zip(uris, wanted, strict=False) if g != w), f"{len(given['items'])} items")
            raise session.changed(
                f"the items of {asked.field} are not those asked for.", url, f"{len(wanted)} items", odd
            )
        sizes.append(len(given["items"]))
    if set(body["cubes"]) != set(query.measures):
        raise session.changed(
            "the cubes are not those asked for.", url, ", ".join(query.measures), ", ".join(body["cubes"])
        )
    for measure, cube in body["cubes"].items():
        if not _is_box(cube["values"], sizes):
            raise session.changed(
                "the cube does not have the size of its axes.", url, " x ".join(map(str, sizes)), measure
            )


def _is_box(values: Any, sizes: Sequence[int]) -> bool:
    if not sizes:
        return not isinstance(values, list)
    return isinstance(values, list) and len(values) == sizes[0] and all(_is_box(v, sizes[1:]) for v in values)


def _mind_the_limit(answer: Answer, session: Session) -> None:
    """Stop before the hour's allowance is spent, and say when it is given anew."""
    if answer.headers.get(_LEFT) != "0":
        return
    until = int(answer.headers.get(_RESET, "0")) / 1000 - session.now.timestamp()
    raise SourceUnavailable(
        "the hour's allowance of requests is spent.",
        source=session.source,
        place=answer.url,
        found=f"{_LEFT} 0; anew in about {max(until, 0):.0f} seconds",
        do="run lmi refresh --live again after that; the last good vintage serves meanwhile.",
    )
