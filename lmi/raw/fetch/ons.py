"""The Office for National Statistics: the geography portal, the beta API, files and time series of the website.

Owns: paging of features, the newest version of a dataset, the newest file of a page. Never: reads a figure.

What a client must know: the portal tells errors with status 200, and a page of features may be shorter than asked for; the
API lags the website; a corrected file of the website keeps its name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from lmi.raw.fetch.answers import Answer
from lmi.raw.fetch.client import CSV, WORKBOOK
from lmi.raw.fetch.session import Fetched, Session
from lmi.registry.queries import ArcGisQuery, OnsBetaQuery, OnsWebsiteQuery

_SERIES_DATE = "%d-%m-%Y"
_ZIP = b"PK\x03\x04"


def fetch_arcgis(query: ArcGisQuery, session: Session) -> Fetched:
    """Return the attributes of a layer as CSV, with the columns asked for; the pages stay as they came."""
    base = session.url(query.feature_service, "FeatureServer", str(query.layer))
    layer = _document(session, session.ask(base, {"f": "json"}))
    names = [f["name"] for f in layer["fields"]]
    missing = [c for c in (*query.columns, query.key) if c not in names]
    if missing:
        raise session.changed("the layer lacks fields.", base, ", ".join(missing), ", ".join(names))
    edited = (layer.get("editingInfo") or {}).get("lastEditDate")
    day = datetime.fromtimestamp(edited / 1000, UTC).date() if edited else session.today
    basis = "lastEditDate of the layer" if edited else "day of retrieval"
    found = Fetched(day.isoformat(), day, basis, base, str(edited or session.today))
    if edited and found.edition in session.held:
        return found
    session.archive.begin_edition(found.edition)
    rows = _features(query, session, f"{base}/query")
    path = session.archive.write(f"{query.feature_service.lower()}.csv", _as_csv(query.columns, rows))
    return Fetched(**{**vars(found), "path": path})


def _document(session: Session, answer: Answer) -> Any:
    body = session.json(answer)
    if "error" in body:
        said = f"{body['error'].get('code')} {body['error'].get('message')}"
        raise session.changed("the portal tells an error in an answer of status 200.", answer.short_url, "data", said)
    return body


def _features(query: ArcGisQuery, session: Session, url: str) -> list[dict[str, Any]]:
    where = {"where": query.where, "f": "json"}
    total = _document(session, session.ask(url, {**where, "returnCountOnly": "true"}))["count"]
    fields = list(dict.fromkeys((*query.columns, query.key)))
    asked = {**where, "outFields": ",".join(fields), "returnGeometry": "false", "orderByFields": query.key}
    rows: list[dict[str, Any]] = []
    more = True
    while len(rows) < total or more:
        page = {**asked, "resultOffset": str(len(rows)), "resultRecordCount": str(session.client.end.page)}
        answer = session.page(url, page)
        body = _document(session, answer)
        features = [f["attributes"] for f in body["features"]]
        more = bool(body.get("exceededTransferLimit"))
        odd = next((f for f in features if set(f) != set(fields)), None)
        if odd is not None:
            raise session.changed(
                "a feature has other fields than asked for.", answer.short_url, ", ".join(fields), ", ".join(odd)
            )
        if not features or len(rows) + len(features) > total or (more and len(rows) + len(features) == total):
            found = f"{len(rows)} and {len(features)} more, transfer limit exceeded: {more}"
            raise session.changed("the pages do not make the whole.", answer.short_url, f"{total} features", found)
        rows += features
    keys = {str(r[query.key]) for r in rows}
    parts = {tuple(r[c] for c in query.columns) for r in rows}
    if len(keys) != total or len(parts) != total:
        raise session.changed("features stand twice.", url, f"{total} different", f"{min(len(keys), len(parts))}")
    return rows


def _as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    for record in ([*columns], *([r[c] for c in columns] for r in rows)):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(["" if v is None else v for v in record])
        yield out.getvalue().encode()


def fetch_ons_beta(query: OnsBetaQuery, session: Session) -> Fetched:
    """Return the CSV of the newest version of a dataset, which must be of the declared edition where one is declared."""
    answer = session.ask(session.url("datasets", query.dataset))
    latest = session.json(answer)["links"]["latest_version"]["href"]
    name = re.escape(query.edition) or r"[^/]+"
    match = re.search(rf"/datasets/{re.escape(query.dataset)}/editions/({name})/versions/(\d+)$", latest)
    if match is None:
        expected = query.edition or f"a version of {query.dataset}"
        raise session.changed("the newest version is of another edition.", answer.short_url, expected, latest)
    version = session.ask(session.url("datasets", query.dataset, "editions", match[1], "versions", match[2]))
    body = session.json(version)
    day = datetime.fromisoformat(body["release_date"]).date()
    edition = f"{match[1]}.v{match[2]}"
    file = body["downloads"]["csv"]
    found = Fetched(edition, day, "release_date of the version", file["href"], edition)
    if edition in session.held:
        return found
    session.archive.begin_edition(edition)
    answer = session.page(file["href"], accept=CSV)
    _check_size(answer, file.get("size"), session)
    session.check_csv(answer, query.columns)
    path = session.archive.name(f"{query.dataset}-{edition}.csv", answer)
    return Fetched(**{**vars(found), "path": path})


def fetch_ons_website(query: OnsWebsiteQuery, session: Session) -> Fetched:
    """Return the newest file of a page, or the table of a time series."""
    if not query.file:
        return _series(query, session)
    page = session.json(session.ask(session.url(query.page, "data")))
    uris = [d["uri"] for d in page.get("datasets") or []] or [query.page]
    answer = session.ask(session.url(uris[0], "data"))
    edition = session.json(answer)
    names = [d["file"] for d in edition.get("downloads") or [] if re.search(query.file, d["file"])]
    if len(names) != 1:
        every = ", ".join(str(d.get("file")) for d in edition.get("downloads") or [])
        raise session.changed("there is not one file of this name.", answer.short_url, query.file, every or "none")
    url = session.url("file")
    kinds = CSV if names[0].endswith(".csv") else WORKBOOK
    file = session.newer(url, {"uri": f"{uris[0].rstrip('/')}/{names[0]}"}, kinds)
    if file is None:
        return Fetched("as held", session.today, "", url, "")
    check_kind(file, names[0], session)
    told = str((edition.get("description") or page.get("description") or {}).get("releaseDate", ""))[:10]
    released, basis = (date.fromisoformat(told), "releaseDate of the page") if told else session.dated(file)
    path = session.archive.name(names[0], file)
    return Fetched(released.isoformat(), released, basis, file.url, session.edition(file), path)


def _series(query: OnsWebsiteQuery, session: Session) -> Fetched:
    """Return a time series: a block of papers, then years, quarters and months in one column."""
    answer = session.ask(session.url("generator"), {"format": "csv", "uri": query.page}, accept=CSV)
    try:
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise session.changed("the table cannot be read.", answer.short_url, "CSV in UTF-8", str(error)) from error
    papers = {r[0]: r[1] if len(r) > 1 else "" for r in rows if r and not re.match(r"\d{4}", r[0])}
    cdid = query.page.rstrip("/").split("/")[-2].upper()
    periods = [r[0] for r in rows if r and re.match(r"\d{4}", r[0])]
    if papers.get("CDID") != cdid or not periods or len(set(periods)) != len(periods):
        found = f"CDID {papers.get('CDID')}, {len(periods)} periods, {len(set(periods))} different"
        raise session.changed("the table is not that of the series.", answer.short_url, f"CDID {cdid}", found)
    try:
        day = datetime.strptime(papers["Release date"], _SERIES_DATE).date()
    except ValueError as error:
        raise session.changed(
            "the release date cannot be read.", answer.short_url, "30-06-2026", papers["Release date"]
        ) from error
    path = session.archive.name(f"{cdid.lower()}.csv", answer)
    return Fetched(day.isoformat(), day, "release date in the table", answer.url, answer.sha256, path)


def check_kind(answer: Answer, name: str, session: Session) -> None:
    """Raise SourceChanged when a file's bytes are not of the kind that its name says."""
    is_zip = answer.start.startswith(_ZIP)
    if name.lower().endswith((".xlsx", ".xlsm", ".ods")) != is_zip:
        raise session.changed(
            "the file is of another kind than its name says.", answer.short_url, name, f"{answer.start[:20]!r}"
        )
    if name.lower().endswith(".csv"):
        session.check_csv(answer)


def _check_size(answer: Answer, size: Any, session: Session) -> None:
    if size is not None and int(size) != answer.path.stat().st_size:
        found = f"{answer.path.stat().st_size} bytes"
        raise session.changed(
            "the file is not as long as the publisher says.", answer.short_url, f"{size} bytes", found
        )
