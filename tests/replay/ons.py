"""The geography portal, beta API and website of ONS, files of a catalogue, and an attachment of GOV.UK. The figures are ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.replay.publisher import Asked, Reply, Service, json_reply

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Layer:
    """A layer of the portal: its records, and the most that one answer holds."""

    records: list[dict[str, Any]]
    cap: int = 2000
    edited: int | None = 1_763_337_600_000  # 17 November 2025, in milliseconds


class ArcGis:
    """The portal. An error is told with status 200."""

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        self.layers = layers

    def __call__(self, asked: Asked) -> Reply:
        name, _, rest = asked.path.strip("/").partition("/FeatureServer/")
        layer = self.layers.get(name)
        if layer is None:
            return json_reply({"error": {"code": 400, "message": "Invalid URL", "details": []}})
        if not rest.endswith("/query"):
            fields = [{"name": n, "type": "esriFieldTypeString", "alias": n} for n in layer.records[0]]
            edited = {"editingInfo": {"lastEditDate": layer.edited}} if layer.edited else {}
            return json_reply({"name": name, "fields": fields, **edited})
        if asked.params.get("returnCountOnly") == "true":
            return json_reply({"count": len(layer.records)})
        start = int(asked.params["resultOffset"])
        size = min(int(asked.params["resultRecordCount"]), layer.cap)
        names = asked.params["outFields"].split(",")
        page = sorted(layer.records, key=lambda r: r[asked.params["orderByFields"]])[start : start + size]
        body: dict[str, Any] = {
            "objectIdFieldName": "ObjectId",
            "fields": [{"name": n, "type": "esriFieldTypeString", "alias": n} for n in names],
            "features": [{"attributes": {n: r[n] for n in names}} for r in page],
        }
        if start + size < len(layer.records):
            body["exceededTransferLimit"] = True
        return json_reply(body)


def file_reply(body: bytes, kind: str) -> Reply:
    return Reply(body, kind=kind, headers={"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'})


@dataclass
class Beta:
    """The beta API with one dataset of one edition."""

    dataset: str
    edition: str
    version: int
    body: bytes

    def __call__(self, asked: Asked) -> Reply:
        root = f"/datasets/{self.dataset}"
        latest = f"{root}/editions/{self.edition}/versions/{self.version}"
        if asked.path == root:
            return json_reply({"id": self.dataset, "links": {"latest_version": {"href": asked.base + latest}}})
        if asked.path == latest:
            href = f"{asked.base}/downloads{latest}.csv"
            return json_reply(
                {
                    "version": self.version,
                    "release_date": "2026-11-17T00:00:00.000Z",
                    "state": "published",
                    "downloads": {"csv": {"href": href, "size": str(len(self.body))}},
                }
            )
        if asked.path == f"/downloads{latest}.csv":
            return file_reply(self.body, "text/csv")
        return Reply(b"not found", 404, "text/plain")


def first_of(*services: Service) -> Service:
    """Return a service of several datasets: the first that knows what is asked for answers."""

    def answer(asked: Asked) -> Reply:
        replies = [service(asked) for service in services]
        return next((r for r in replies if r.status != 404), replies[0])

    return answer


def catalogue(files: Mapping[str, bytes]) -> Service:
    """Return DfE's data catalogue: data sets as files, by id and without a version."""

    def answer(asked: Asked) -> Reply:
        for file_id, body in files.items():
            if asked.path == f"/data-catalogue/data-set/{file_id}/csv":
                return file_reply(body, "text/csv")
        return Reply(b"<html>not found</html>", 404, "text/html")

    return answer


@dataclass
class Website:
    """The website: pages with one file each (page -> name, bytes, type), and time series."""

    pages: Mapping[str, tuple[str, bytes, str]]
    series: Mapping[str, bytes]

    def __call__(self, asked: Asked) -> Reply:
        day = {"releaseDate": "2026-11-17T09:30:00.000Z"}
        for page, (name, body, kind) in self.pages.items():
            if asked.path == f"{page}/data":
                return json_reply({"description": day, "datasets": [{"uri": f"{page}/current"}]})
            if asked.path == f"{page}/current/data":
                return json_reply({"description": day, "downloads": [{"file": name}]})
            if asked.path == "/file" and asked.params.get("uri") == f"{page}/current/{name}":
                return file_reply(body, kind)
        if asked.path == "/generator" and asked.params.get("uri") in self.series:
            return Reply(self.series[asked.params["uri"]], kind="text/csv")
        return Reply(b"<html>not found</html>", 404, "text/html")


@dataclass
class GovUk:
    """A page with attachments: title, file name and bytes of each."""

    page: str
    attachments: Sequence[tuple[str, str, bytes]]
    kind: str = XLSX

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == f"/api/content{self.page}":
            listed = [
                {
                    "title": title,
                    "filename": name,
                    "url": f"{asked.base}/media/{name}",
                    "content_type": self.kind,
                    "file_size": len(body),
                }
                for title, name, body in self.attachments
            ]
            return json_reply({"public_updated_at": "2026-11-05T09:30:00Z", "details": {"attachments": listed}})
        for _, name, body in self.attachments:
            if asked.path == f"/media/{name}":
                return file_reply(body, self.kind)
        return Reply(b"not found", 404, "text/plain")
