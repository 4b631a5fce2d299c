"""Explore Education Statistics: results of a query, the CSV of a data set, or a file of the data catalogue.

Owns: finding a data set by its titles, its pinned version, ids by label, paging. Never: reads a figure.

What a client must know: what the query names and the data set lacks is a warning on a 200, so every warning is a failure;
ids of filters and places belong to one data set; a release between two pages would shift rows, so a version is pinned.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lmi.raw.fetch.answers import Answer
from lmi.raw.fetch.client import CSV
from lmi.raw.fetch.session import Fetched, Session
from lmi.registry.queries import EesCsvQuery, EesFileQuery, EesQuery

#: The service's own limits on lists.
_PUBLICATIONS, _DATA_SETS = 40, 20
_USABLE = ("Published", "Deprecated")
_RESULT = frozenset({"timePeriod", "geographicLevel", "locations", "filters", "values"})


def fetch_ees(query: EesQuery, session: Session) -> Fetched:
    """Return the results of the query, with the lists that explain their ids, as one JSON file."""
    data_set, version, found = _edition(query, session)
    if found.edition in session.held:
        return found
    number = version["version"]
    meta = session.ask(session.url("data-sets", data_set["id"], "meta"), {"dataSetVersion": number})
    lists = session.json(meta)
    session.archive.begin_edition(found.edition)
    results, url = _results(query, session, data_set["id"], number, lists)
    body = {"dataSet": data_set, "version": version, "meta": lists, "results": results}
    text = json.dumps(body, indent=None, ensure_ascii=False, sort_keys=True)
    path = session.archive.write("results.json", iter([text.encode()]))
    return Fetched(**{**vars(found), "path": path, "url": url})


def fetch_ees_csv(query: EesCsvQuery, session: Session) -> Fetched:
    """Return the whole CSV of the data set's pinned version."""
    data_set, version, found = _edition(query, session)
    if found.edition in session.held:
        return found
    session.archive.begin_edition(found.edition)
    url = session.url("data-sets", data_set["id"], "csv")
    answer = session.page(url, {"dataSetVersion": version["version"]}, accept=CSV)
    session.check_csv(answer, query.columns, version["totalResults"])
    return _file(answer, session, found, f"{data_set['id']}_v{version['version']}.csv")


def fetch_ees_file(query: EesFileQuery, session: Session) -> Fetched:
    """Return a file of the data catalogue; it is the newest release, and says no version."""
    url = session.url("data-catalogue/data-set", query.file_id, "csv")
    answer = session.newer(url, accept=CSV)
    if answer is None:
        return Fetched("as held", session.today, "", url, "")
    released, basis = session.dated(answer)
    found = Fetched(released.isoformat(), released, basis, url, session.edition(answer))
    session.check_csv(answer, query.columns)
    return _file(answer, session, found, f"{query.file_id}.csv")


def _file(answer: Answer, session: Session, found: Fetched, name: str) -> Fetched:
    marked = answer.start.startswith(BOM_UTF8)
    path = session.archive.write(name, answer.blocks(len(BOM_UTF8))) if marked else session.archive.name(name, answer)
    return Fetched(**{**vars(found), "path": path, "url": answer.url})


def _edition(query: EesQuery | EesCsvQuery, session: Session) -> tuple[dict[str, Any], dict[str, Any], Fetched]:
    """Return the data set, its version, and what is known of the file before it is there."""
    search = {"search": query.publication}
    publication = _titled(
        query.publication, _all(session, search, _PUBLICATIONS, "publications"), session, "publication"
    )
    listed = _all(session, {}, _DATA_SETS, "publications", publication["id"], "data-sets")
    data_set = _titled(query.data_set, listed, session, "data set")
    if data_set["status"] != "Published":
        newer = data_set.get("supersedingDataSetId", "none named")
        raise session.changed(
            "the data set is no longer continued.",
            query.data_set,
            "Published",
            f"{data_set['status']}; superseded by {newer}",
        )
    answer = session.ask(session.url("data-sets", data_set["id"], "versions", query.version))
    version = session.json(answer)
    if version["status"] not in _USABLE:
        raise session.changed(
            "the pinned version is not usable.", answer.short_url, " or ".join(_USABLE), version["status"]
        )
    day = datetime.fromisoformat(version["published"]).date()
    number = str(version["version"])
    return data_set, version, Fetched(f"v{number}", day, "published, of the version", answer.url, f"v{number}")


def _all(session: Session, params: Mapping[str, str], size: int, *path: str) -> list[dict[str, Any]]:
    """Return the entries of every page of a list."""
    entries: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        answer = session.ask(session.url(*path), {**params, "page": str(page), "pageSize": str(size)})
        body = session.json(answer)
        entries += body["results"]
        pages, total = body["paging"]["totalPages"], body["paging"]["totalResults"]
        if not body["results"] or page == pages:
            break
        page += 1
    if entries and len(entries) != total:
        raise session.changed("the list is not whole.", answer.short_url, f"{total} entries", f"{len(entries)}")
    return entries


def _titled(title: str, entries: Sequence[dict[str, Any]], session: Session, what: str) -> dict[str, Any]:
    found = [e for e in entries if e["title"].strip().casefold() == title.strip().casefold()]
    if len(found) != 1:
        titles = "; ".join(e["title"] for e in entries) or "none"
        raise session.changed(f"there is not one {what} of this title.", session.client.end.url, title, titles)
    return found[0]


def _criteria(query: EesQuery, lists: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Return the question in ids. One condition a filter: options within one condition are alternatives."""
    conditions: list[dict[str, Any]] = [{"geographicLevels": {"in": list(query.levels)}}]
    if query.since:
        conditions.append({"timePeriods": {"gte": {"period": query.since, "code": query.time_code}}})
    filters = {f["label"]: {o["label"]: o["id"] for o in f["options"]} for f in lists["filters"]}
    for label, options in query.filters.items():
        ids = _by_label(options, _by_label([label], filters, session, "filter")[0], session, f"option of {label}")
        conditions.append({"filters": {"in": ids}})
    return {"and": conditions}


def _by_label(labels: Sequence[str], known: Mapping[str, Any], session: Session, what: str) -> list[Any]:
    missing = [label for label in labels if label not in known]
    if missing:
        raise session.changed(f"there is no {what} of this label.", "meta", ", ".join(missing), ", ".join(known))
    return [known[label] for label in labels]


def _results(
    query: EesQuery, session: Session, data_set: str, version: str, lists: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], str]:
    """Return the results of all pages, each once, and the address that gave them."""
    indicators = _by_label(query.indicators, {i["label"]: i["id"] for i in lists["indicators"]}, session, "indicator")
    url, size = session.url("data-sets", data_set, "query"), session.client.end.page
    results: list[dict[str, Any]] = []
    page, total = 1, -1
    while total < 0 or len(results) < total:
        body = {"criteria": _criteria(query, lists, session), "indicators": indicators, "page": page, "pageSize": size}
        answer = session.page(url, {"dataSetVersion": version}, body)
        found = session.json(answer)
        if found.get("warnings"):
            told = "; ".join(f"{w['code']}: {w['message']}" for w in found["warnings"])
            raise session.changed(
                "the publisher warns that the query asks for what is not there.", answer.short_url, "no warning", told
            )
        paging = found["paging"]
        expected = (page, size, total if total >= 0 else paging["totalResults"], -(-paging["totalResults"] // size))
        said = (paging["page"], paging["pageSize"], paging["totalResults"], paging["totalPages"])
        if said != expected or not found["results"]:
            raise session.changed(
                "the pages do not make a whole.",
                answer.short_url,
                str(expected),
                f"{said}, {len(found['results'])} results",
            )
        total = paging["totalResults"]
        for one in found["results"]:
            if set(one) != _RESULT or set(one["values"]) != set(indicators):
                raise session.changed(
                    "a result has other parts than asked for.", answer.short_url, str(indicators), str(one)[:200]
                )
        results += found["results"]
        page += 1
    different = set(map(_place, results))
    if len(results) != total or len(different) != total:
        found_text = f"{len(results)}, {len(different)} different"
        raise session.changed("results stand twice, or are too many.", url, f"{total} results", found_text)
    return results, f"{url}?dataSetVersion={version}"


def _place(result: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in result.items() if k != "values"}, sort_keys=True)
