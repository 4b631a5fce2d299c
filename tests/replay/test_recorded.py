"""Recorded answers of the publishers, served again: what real services sent is read by the same connectors.

The oracles are figures as they stand in the recorded files, with their place.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lmi.errors import SourceChanged
from lmi.raw.fetch import Archive, Fetched, Session, fetch
from lmi.registry import AnyQuery
from lmi.registry.queries import EesFileQuery, NomisQuery, OnsWebsiteQuery, StatXploreField, StatXploreQuery
from tests.replay.bench import KEYS, NOW, Clock, live_on, registry
from tests.replay.ees import Ees
from tests.replay.publisher import Asked, Publisher, Reply, json_reply
from tests.replay.queries import cases
from tests.replay.world import FILE_ID, aims

pytestmark = pytest.mark.data
Ask = Callable[[AnyQuery], Fetched]


@pytest.fixture
def ask(publisher: Publisher, tmp_path: Path) -> Ask:
    """Ask one query as a source would, without landing the answer."""
    live = live_on(publisher, Clock())

    def asked(query: AnyQuery) -> Fetched:
        layout = registry().sources["dfe/ees_fe_aims"].layouts["by_subject_csv"].model_copy(update={"options": {}})
        archive = Archive(tmp_path / "responses", "any/source", "q", NOW)
        client = live.client(query.end)
        return fetch(query, Session("any/source", layout, client, archive, registry().area(""), (), NOW))

    return asked


def rows_of(found: Fetched) -> list[dict[str, str]]:
    assert found.path is not None
    return list(csv.DictReader(io.StringIO(found.path.read_text("utf-8"))))


class RecordedNomis:
    """A recorded dataset: records, columns and page are cut out of it as the service would."""

    def __init__(self, path: Path, cap: int) -> None:
        self.records, self.cap = list(csv.DictReader(path.open(encoding="utf-8"))), cap

    def __call__(self, asked: Asked) -> Reply:
        if not asked.path.endswith(".data.csv"):
            notes = {"annotation": [{"annotationtitle": "LastUpdated", "annotationtext": "2025-07-30 09:30:00"}]}
            return json_reply({"structure": {"keyfamilies": {"keyfamily": {"annotations": notes}}}})
        given = {k.lower(): v.split(",") for k, v in asked.params.items()}
        keep = {"GEOGRAPHY_CODE": given["geography"], "SEX": given["sex"], "AGE": given["age"]}
        rows = [r for r in self.records if all(r[name] in codes for name, codes in keep.items())]
        start = int(asked.params["RecordOffset"])
        page = rows[start : start + self.cap]
        out = io.StringIO()
        writer = csv.DictWriter(out, given["select"], extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        for i, row in enumerate(page):
            writer.writerow({**row, "RECORD_OFFSET": str(start + i), "RECORD_COUNT": str(len(rows))})
        return Reply(out.getvalue().encode() if page else b"", kind="text/csv")


def test_a_recorded_dataset_is_read_page_by_page_with_its_missing_figures(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    path = shared_fixtures / "nomis" / "regioniq_NM_31_1_full_columns_regions_1981_2024.csv"
    publisher.services["nomis"] = RecordedNomis(path, cap=50)
    query = NomisQuery(
        layout="any",
        service="nomis",
        dataset="NM_31_1",
        areas=("comparators",),
        not_covered=("E92000001", "K02000001"),
        dimensions={"sex": "7", "age": "0,22,24"},
    )
    found = ask(query)
    rows = rows_of(found)
    recorded = [r for r in csv.DictReader(path.open(encoding="utf-8")) if r["GEOGRAPHY_CODE"] == "E12000002"]
    assert len(rows) == len([r for r in recorded if r["SEX"] == "7" and r["AGE"] in ("0", "22", "24")]) > 100
    assert {r["GEOGRAPHY_NAME"] for r in rows} == {"North West"}
    assert found.released == date(2025, 7, 30)
    newest = [r["OBS_VALUE"] for r in rows if r["DATE"] == "2024" and r["AGE_NAME"] == "All ages"]
    assert newest == ["7713271"] or len(newest) == 1
    assert {r["OBS_STATUS_NAME"] for r in rows if r["OBS_VALUE"] == ""} <= {"These figures are missing."}


class RecordedTable:
    """A recorded table of Stat-Xplore, and a schema made of the ids that stand in it."""

    def __init__(self, body: bytes) -> None:
        self.body, self.table = body, json.loads(body)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/table":
            return Reply(self.body, kind="application/json;charset=UTF-8")
        node = asked.path.removeprefix("/schema/").replace("%3A", ":")
        return json_reply({"id": node, "children": self.children(node)})

    def children(self, node: str) -> list[dict[str, str]]:
        if node == self.table["database"]["uri"]:
            listed = [{"id": m["uri"], "label": m["label"], "type": "COUNT"} for m in self.table["measures"]]
            return listed + [{"id": f["uri"], "label": f["label"], "type": "FIELD"} for f in self.table["fields"]]
        for field in self.table["fields"]:
            values = [i for i in field["items"] if "uris" in i]
            valueset = values[0]["uris"][0].replace("str:value:", "str:valueset:").rpartition(":")[0]
            if node == field["uri"]:
                return [{"id": valueset, "label": field["label"], "type": "VALUESET"}]
            if node == valueset:
                return [{"id": i["uris"][0], "label": i["labels"][0], "type": "VALUE"} for i in values]
        raise AssertionError(node)


def table_query(table: Mapping[str, Any]) -> StatXploreQuery:
    fields = tuple(
        StatXploreField(field=f["uri"], valueset=".*", take="all", total=any(i["type"] == "Total" for i in f["items"]))
        for f in table["fields"]
    )
    measures = tuple(m["uri"] for m in table["measures"])
    return StatXploreQuery(
        layout="any", service="statxplore", database=table["database"]["uri"], measures=measures, fields=fields
    )


def test_a_recorded_table_is_the_one_that_its_query_asks_for(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    name = "chronicle_uc_households_by_number_of_children_april_december_2025.json"
    body = (shared_fixtures / "statxplore" / name).read_bytes()
    publisher.services["statxplore"] = RecordedTable(body)
    found = ask(table_query(json.loads(body)))
    assert found.path is not None and found.path.read_bytes() == body
    sent = next(a for a in publisher.of("statxplore") if a.path == "/table").json
    recorded = json.loads(body)["query"]
    assert sent["recodes"] == recorded["recodes"] and sent["dimensions"] == recorded["dimensions"]


def test_a_recorded_table_with_a_total_is_refused_when_no_total_was_asked_for(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    body = (shared_fixtures / "statxplore" / "statxplorer_example_a_response.json").read_bytes()
    table = json.loads(body)
    assert any(i["type"] == "Total" for f in table["fields"] for i in f["items"])
    publisher.services["statxplore"] = RecordedTable(body)
    query = table_query(table)
    assert ask(query).path is not None
    without = tuple(f.model_copy(update={"total": False}) for f in query.fields)
    with pytest.raises(SourceChanged, match=r"items of .* are not those asked for"):
        ask(query.model_copy(update={"fields": without}))


def test_a_recorded_time_series_says_when_it_was_released(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    body = (shared_fixtures / "ons" / "chronicle_timeseries_generator_haxv.csv").read_bytes()
    publisher.services["ons_website"] = lambda asked: Reply(body, kind="text/csv")
    found = ask(OnsWebsiteQuery(layout="any", service="ons_website", page="/economy/timeseries/haxv/ukea"))
    assert (found.vintage, found.basis) == ("2026-06-30", "release date in the table")
    assert found.path is not None and '"1987","22795"' in found.path.read_text()
    with pytest.raises(SourceChanged, match="not that of the series"):
        ask(OnsWebsiteQuery(layout="any", service="ons_website", page="/economy/timeseries/abmi/ukea"))


def test_a_recorded_file_that_is_still_packed_is_kept_unpacked(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    packed = (shared_fixtures / "ees" / "mock_ees_weekly_data.csv.gz").read_bytes()
    publisher.services["ees_files"] = lambda asked: Reply(packed, kind="text/csv")
    found = ask(EesFileQuery(layout="any", service="ees_files", file_id=FILE_ID))
    assert found.path is not None
    assert found.path.read_bytes() == gzip.decompress(packed).removeprefix(b"\xef\xbb\xbf")


def test_recorded_versions_of_one_data_set_are_told_apart_by_their_columns(
    ask: Ask, publisher: Publisher, shared_fixtures: Path
) -> None:
    def body(version: str) -> bytes:
        return (shared_fixtures / "ees" / f"ees_repo_api_absence_school{version}.csv").read_bytes()

    columns = tuple(body("").decode("utf-8-sig").splitlines()[0].split(","))
    query = EesFileQuery(layout="any", service="ees_files", file_id=FILE_ID, columns=columns)
    served = [body("")]
    publisher.services["ees_files"] = lambda asked: Reply(served[0], kind="text/csv")
    assert ask(query).path is not None
    served[0] = body("_minor_manual")
    with pytest.raises(SourceChanged, match=r"new: number_of_enrolments; gone: enrolments"):
        ask(query)
    served[0] = body("_major_auto")
    with pytest.raises(SourceChanged, match=r"new: none; gone: school_type"):
        ask(query)


# ---------------------------------------------------------------- the published contract of Explore Education Statistics


@pytest.fixture
def contract(shared_fixtures: Path) -> dict[str, Any]:
    path = shared_fixtures / "ees" / "public_data_api_openapi_v1.json"
    document: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))
    # As published, no option of a place can meet its own schema: each half of an `allOf` forbids the other's keys.
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Location") and name.endswith("OptionViewModel"):
            for part in (schema, *schema.get("allOf", [])):
                part.pop("additionalProperties", None)
    options = document["components"]["schemas"]["LocationGroupOptionsViewModel"]["properties"]["options"]["items"]
    options["anyOf"] = options.pop("oneOf")
    return document


def holds(contract: dict[str, Any], name: str, document: Any) -> None:
    """Raise unless a document is one of the contract's schema `name`."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": contract["components"]}
    jsonschema.Draft202012Validator(schema).validate(document)


def of_contract(contract: dict[str, Any], path: str) -> tuple[str, set[str]]:
    """Return the contract's own name for a path, and the parameters that it allows there."""
    parts = path.strip("/").split("/")
    for known, methods in contract["paths"].items():
        wanted = known.removeprefix("/v1").strip("/").split("/")
        if len(wanted) == len(parts) and all(w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)):
            given = [p for m in methods.values() for p in m.get("parameters", [])]
            return known, {p["name"] for p in given if p["in"] == "query"}
    raise AssertionError(f"{path} is no path of the contract")


def test_every_request_keeps_to_the_published_contract_and_so_does_the_replay(
    ask: Ask, publisher: Publisher, contract: dict[str, Any]
) -> None:
    service = Ees([aims()])
    replies: list[tuple[Asked, Reply]] = []

    def noted(asked: Asked) -> Reply:
        reply = service(asked)
        replies.append((asked, reply))
        return reply

    publisher.services["ees"] = noted
    for name in ("ees", "ees_csv"):
        ask(cases()[name].query)
    answers = {
        "/v1/publications": "PublicationPaginatedListViewModel",
        "/v1/publications/{publicationId}/data-sets": "DataSetPaginatedListViewModel",
        "/v1/data-sets/{dataSetId}/versions/{dataSetVersion}": "DataSetVersionViewModel",
        "/v1/data-sets/{dataSetId}/meta": "DataSetMetaViewModel",
        "/v1/data-sets/{dataSetId}/query": "DataSetQueryPaginatedResultsViewModel",
    }
    seen = set()
    for asked, reply in replies:
        known, allowed = of_contract(contract, asked.path)
        assert set(asked.params) <= allowed, (asked.path, asked.params)
        assert asked.method.lower() in contract["paths"][known]
        if asked.method == "POST":
            assert asked.headers["content-type"] == "application/json"
            holds(contract, "DataSetQueryRequest", asked.json)
        if known in answers:
            holds(contract, answers[known], json.loads(reply.body))
        seen.add(known)
    assert seen == {*answers, "/v1/data-sets/{dataSetId}/csv"}
    assert not any(KEYS[k].value in str(a.headers) for a, _ in replies for k in KEYS)


def test_the_contract_refuses_a_query_that_is_not_one(contract: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        holds(contract, "DataSetQueryRequest", {"indicators": ["abc"], "cache_buster": 1})
