"""Nomis as its notes describe it: column order follows `select`, over the limit fewer records come and nothing says so.

The figures are ours, in the publisher's shape: round numbers whose sums a reader can do.
"""

from __future__ import annotations

import csv
import fnmatch
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import unquote

from tests.replay.publisher import Asked, Reply, json_reply

#: description of each code we know of a dimension
Codes = Mapping[str, str]


@dataclass
class Dataset:
    """A dataset: the codes of each dimension, and the figure of each combination of descriptions."""

    dimensions: Mapping[str, Codes]
    figures: Mapping[tuple[str, ...], str]  # area code, time, then one description a dimension, then the measure
    times: Mapping[str, str]  # DATE -> DATE_NAME, oldest first
    measures: Mapping[str, str] = field(default_factory=lambda: {"20100": "Value"})
    statuses: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    updated: str = "2026-11-17 09:30:00"
    time_dimension: str = "date"


AREAS = {
    "E92000001": ("England", "countries"),
    "E12000002": ("North West", "regions"),
    "K02000001": ("United Kingdom", "countries"),
}


class Nomis:
    """The service. `cap` is the most records that one answer holds, whatever was asked."""

    def __init__(self, datasets: Mapping[str, Dataset], cap: int = 25_000) -> None:
        self.datasets, self.cap = datasets, cap

    def __call__(self, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")
        if parts[0] != "dataset" or len(parts) < 2:
            return Reply(b"<html>not found</html>", 404, "text/html")
        dataset_id = parts[1].partition(".")[0]
        dataset = self.datasets.get(dataset_id)
        if dataset is None:
            return json_reply({"structure": {"keyfamilies": None}})
        if len(parts) == 3:
            return self._codelist(dataset, parts[2].partition(".")[0], asked.params.get("search", "*"))
        if parts[1].endswith(".def.sdmx.json"):
            notes = [
                {"annotationtitle": "Status", "annotationtext": "Current (being actively updated)"},
                {"annotationtitle": "LastUpdated", "annotationtext": dataset.updated},
            ]
            family = {"id": dataset_id, "annotations": {"annotation": notes}}
            return json_reply({"structure": {"keyfamilies": {"keyfamily": [family]}}})
        return self._data(dataset, asked.params)

    def _codelist(self, dataset: Dataset, dimension: str, search: str) -> Reply:
        codes = [
            {"value": int(code), "description": {"value": text}}
            for code, text in dataset.dimensions[dimension].items()
            if fnmatch.fnmatch(text, search)
        ]
        return json_reply({"structure": {"codelists": {"codelist": [{"code": codes}]} if codes else None}})

    def _data(self, dataset: Dataset, params: Mapping[str, str]) -> Reply:
        given = {k.lower(): v for k, v in params.items()}
        rows = list(self._rows(dataset, given))
        offset, limit = int(given.get("recordoffset", 0)), int(given.get("recordlimit", self.cap))
        page = rows[offset : offset + min(limit, self.cap)]
        if not page:
            return Reply(b"", kind="text/csv")
        header = [name.upper() for name in given["select"].split(",")]
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow(header)
        for i, row in enumerate(page):
            full = {**row, "RECORD_OFFSET": str(offset + i), "RECORD_COUNT": str(len(rows))}
            writer.writerow([_bare(name, full[name]) for name in header])
        return Reply(out.getvalue().encode(), kind="text/csv")

    def _rows(self, dataset: Dataset, given: Mapping[str, str]) -> Iterable[dict[str, str]]:
        dimensions = list(dataset.dimensions)
        chosen = [_chosen(given[name], dataset.dimensions[name]) for name in dimensions]
        measures = given["measures"].split(",")
        times = _times(given[dataset.time_dimension], list(dataset.times))
        for time, area, *codes in product(times, _areas(given["geography"]), *chosen, measures):
            names = [dataset.dimensions[d][c] for d, c in zip(dimensions, codes[:-1], strict=True)]
            measure = dataset.measures[codes[-1]]
            key = (area[0] or area[1], time, *names, measure)
            if key not in dataset.figures:
                continue
            row = {
                "DATE": time,
                "DATE_NAME": dataset.times[time],
                "GEOGRAPHY_CODE": area[0],
                "GEOGRAPHY_NAME": area[1],
                "GEOGRAPHY_TYPE": area[2],
                dataset.time_dimension.upper(): time,
                "MEASURES": codes[-1],
                "MEASURES_NAME": measure,
                "OBS_VALUE": dataset.figures[key],
                "OBS_STATUS_NAME": dataset.statuses.get(key, "Normal Value"),
            }
            for dimension, code, name in zip(dimensions, codes[:-1], names, strict=True):
                row |= {dimension.upper(): code, f"{dimension.upper()}_NAME": name}
            yield row


def _areas(text: str) -> list[tuple[str, str, str]]:
    found = []
    for part in unquote(text).split(","):
        if part.startswith("MAKE|"):
            found.append(("", part.split("|")[1], "User Defined Geography"))
        else:
            name, kind = AREAS.get(
                part, (f"Name of {part}", "local authorities: district / unitary (as of April 2023)")
            )
            found.append((part, name, kind))
    return found


def _chosen(text: str, codes: Codes) -> list[str]:
    return [code for code in text.split(",") if code in codes]


def _times(text: str, known: list[str]) -> list[str]:
    def place(token: str) -> int:
        token = token.strip().lower()
        if token.startswith("latest"):
            return max(0, len(known) - 1 - int(token.removeprefix("latest").removeprefix("minus") or 0))
        return known.index(token) if token in known else -1

    if "-latest" in text.lower():
        first, _, last = text.lower().partition("-latest")
        return known[place(first) : place("latest" + last) + 1]
    return [known[place(t)] for t in text.split(",") if place(t) >= 0]


def _bare(name: str, text: str) -> str | float | int:
    """Numbers stand bare, texts in quotes; an empty figure is an empty field in quotes or not, which reads the same."""
    if name in ("OBS_VALUE", "RECORD_OFFSET", "RECORD_COUNT") and text:
        return float(text) if "." in text else int(text)
    return text
