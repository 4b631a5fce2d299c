"""Nomis: records of a dataset as CSV, page by page until its own record count is reached.

Owns: the query's parameters, paging, and the checks that a page belongs to the whole. Never: reads a figure.

What the service does that a client must know: over its limit it answers 200 with fewer records and no error; where
nothing is found the body is empty, without a header; pages are only whole when offsets follow each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi.raw.fetch.answers import Answer
from lmi.raw.fetch.client import CSV
from lmi.raw.fetch.session import Fetched, Session, blocks
from lmi.registry.queries import NomisQuery

_HEAD = ("DATE", "DATE_NAME", "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "GEOGRAPHY_TYPE")
_TAIL = ("MEASURES", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS_NAME", "RECORD_OFFSET", "RECORD_COUNT")
_FIGURE = ("OBS_VALUE", "OBS_STATUS_NAME", "RECORD_OFFSET", "RECORD_COUNT")
_UPDATED = re.compile(r"(\d{4}-\d{2}-\d{2})")


def columns_of(query: NomisQuery) -> tuple[str, ...]:
    """Return the header that the answer must have: it follows the order asked for."""
    dimensions = [c for name in (*query.dimensions, *query.find) for c in (name.upper(), f"{name.upper()}_NAME")]
    own = [] if query.time_dimension == "date" else [query.time_dimension.upper()]
    return (*_HEAD, *own, *dimensions, *_TAIL)


def parameters(query: NomisQuery, session: Session, found: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of the query, without page and key."""
    area = session.area
    parts = [",".join(_coded(query, session))]
    if "whole" in query.areas:
        parts.append(f"MAKE|{area.name}|{';'.join(area.members)}")
    return {
        "geography": ",".join(parts),
        query.time_dimension: query.time,
        **query.dimensions,
        **found,
        "measures": query.measures,
        "select": ",".join(columns_of(query)),
    }


def _coded(query: NomisQuery, session: Session) -> list[str]:
    """Return the areas asked for by code, in the order of their roles."""
    roles = {"members": session.area.members, "comparators": session.area.comparators}
    return [code for role in query.areas for code in roles.get(role, ()) if code not in query.not_covered]


def fetch_nomis(query: NomisQuery, session: Session) -> Fetched:
    """Return the records of the query as one CSV file. Raises as Session does."""
    updated = _last_updated(query, session)
    edition = updated or session.today.isoformat()
    url = session.url("dataset", f"{query.dataset}.data.csv")
    found = Fetched(
        vintage=edition,
        released=date.fromisoformat(edition[:10]),
        basis="LastUpdated of the dataset" if updated else "day of retrieval",
        url=url,
        edition=edition,
    )
    if updated and edition in session.held:
        return found
    session.archive.begin_edition(edition)
    asked = parameters(query, session, {name: _codes(name, query, session) for name in query.find})
    pages, table = _pages(query, session, url, asked)
    _check_whole(query, session, table, url)
    path = session.archive.write(f"{query.dataset.lower()}.csv", blocks(pages))
    return Fetched(**{**vars(found), "path": path, "url": pages[0].url})


def _last_updated(query: NomisQuery, session: Session) -> str:
    """Return the day on which the dataset was last updated, or nothing when it does not say."""
    answer = session.ask(session.url("dataset", f"{query.dataset}.def.sdmx.json"))
    families = (session.json(answer).get("structure") or {}).get("keyfamilies")
    if not families:
        raise session.changed("there is no such dataset.", answer.short_url, query.dataset, "no key family")
    family = families.get("keyfamily")
    listed: list[dict[str, Any]] = family if isinstance(family, list) else [family or {}]
    for one in listed:
        notes = (one.get("annotations") or {}).get("annotation") or []
        for note in notes if isinstance(notes, list) else [notes]:
            match = _UPDATED.match(str(note.get("annotationtext", "")))
            if str(note.get("annotationtitle")) == "LastUpdated" and match:
                return match[1]
    return ""


def _codes(dimension: str, query: NomisQuery, session: Session) -> str:
    """Return the codes of a dimension whose descriptions are those declared: numbers change, descriptions seldom do."""
    search = {"search": query.search[dimension]} if dimension in query.search else {}
    answer = session.ask(session.url("dataset", query.dataset, f"{dimension}.def.sdmx.json"), search)
    lists = (session.json(answer).get("structure") or {}).get("codelists") or {}
    codelist = lists.get("codelist") or []
    listed = codelist if isinstance(codelist, list) else [codelist]
    codes = [code for one in listed for code in one["code"]]
    chosen: list[str] = []
    for pattern in query.find[dimension]:
        found = [str(c["value"]) for c in codes if re.fullmatch(pattern, str(c["description"]["value"]).strip())]
        if not found:
            seen = "; ".join(str(c["description"]["value"]) for c in codes[:5])
            raise session.changed(
                f"no code of {dimension} has this description.", answer.short_url, pattern, seen or "none"
            )
        chosen += [c for c in found if c not in chosen]
    return ",".join(chosen)


def _pages(query: NomisQuery, session: Session, url: str, asked: Mapping[str, str]) -> tuple[list[Answer], pa.Table]:
    header = columns_of(query)
    pages: list[Answer] = []
    tables: list[pa.Table] = []
    have, total = 0, None
    while total is None or have < total:
        page = {**asked, "RecordOffset": str(have), "RecordLimit": str(session.client.end.page)}
        answer = session.page(url, page, accept=CSV)
        table = session.records(answer, header)
        if not table.num_rows:
            raise session.changed("the answer ends early.", answer.short_url, f"records from {have}", "none")
        counts = pc.unique(table["RECORD_COUNT"]).to_pylist()
        if len(counts) != 1 or not counts[0].isdigit() or (total is not None and int(counts[0]) != total):
            raise session.changed(
                "the record count is not the same throughout: the dataset may have been renewed meanwhile.",
                answer.short_url,
                str(total if total is not None else "one count"),
                ", ".join(counts[:5]),
            )
        total = int(counts[0])
        offsets = pa.array(map(str, range(have, have + table.num_rows)), pa.string())
        if not pc.all(pc.equal(table["RECORD_OFFSET"], offsets)).as_py() or have + table.num_rows > total:
            found = f"{table['RECORD_OFFSET'][0]} to {table['RECORD_OFFSET'][-1]} of {total}"
            raise session.changed(
                "records are missing, repeated or too many.", answer.short_url, f"from {have} on", found
            )
        have += table.num_rows
        pages.append(answer)
        tables.append(table)
    return pages, pa.concat_tables(tables)


def _check_whole(query: NomisQuery, session: Session, table: pa.Table, url: str) -> None:
    """The areas are those asked for, all of them and no other, and no record stands twice."""
    session.once(table, [c for c in table.column_names if c not in _FIGURE], url)
    asked = set(_coded(query, session))
    whole = pc.equal(table["GEOGRAPHY_NAME"], session.area.name) if "whole" in query.areas else None
    coded = table if whole is None else table.filter(pc.invert(whole))
    given = set(pc.unique(coded["GEOGRAPHY_CODE"]).to_pylist())
    if given != asked or (whole is not None and not pc.any(whole).as_py()):
        missing, new = ", ".join(sorted(asked - given)) or "none", ", ".join(sorted(given - asked)) or "none"
        found = (
            f"missing: {missing}; new: {new}; {session.area.name} as a whole: {whole is None or pc.any(whole).as_py()}"
        )
        raise session.changed("the areas are not those asked for.", url, f"{len(asked)} areas", found)
