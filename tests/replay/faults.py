"""What can be wrong with an answer, by name, and how it is put into each service's own.

A fault of the connection is the same for all; a fault of the content is written in the dialect of the body: CSV, JSON of a
service, or a workbook.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.pipeline import files
from tests.replay.publisher import Asked, Fault, Reply

Table = list[list[str]]
#: A whole, well-formed answer of the wrong kind.
PAGE = b"<!DOCTYPE html><html><body>Service unavailable, please come back later</body></html>"


def is_data(asked: Asked) -> bool:
    """True for the request whose answer holds the figures."""
    path = asked.path
    return (
        path.endswith((".data.csv", "/csv", "/table", "/query", ".csv", "/file")) or path.startswith("/media/")
    ) and "returnCountOnly" not in asked.params


def only_data(change: Callable[[Reply], Reply]) -> Fault:
    return lambda asked, reply: change(reply) if is_data(asked) else reply


def status(code: int, **headers: str) -> Fault:
    return only_data(lambda r: Reply(b'{"title": "fault"}', code, headers=headers))


CONNECTION: dict[str, Fault] = {
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "422": status(422),
    "429, wait 1 second": status(429, **{"Retry-After": "1"}),
    "429, wait an hour": status(429, **{"Retry-After": "3600"}),
    "429": status(429),
    **{str(code): status(code) for code in (500, 501, 502, 503, 504)},
    "timeout": only_data(lambda r: r.having(manner="stall")),
    "reset": only_data(lambda r: r.having(manner="reset")),
    "slow drip": only_data(lambda r: r.having(manner="drip", body=r.body + b" " * 500)),
    "200 with HTML": only_data(lambda r: r.having(body=PAGE)),
    "HTML named so": only_data(lambda r: r.having(body=PAGE, kind="text/html")),
    "empty 200": only_data(lambda r: r.having(body=b"")),
    "wrong Content-Type": only_data(lambda r: r.having(kind="application/pdf")),
    "no Content-Type": only_data(lambda r: r.having(kind="")),
    "gzip left on": only_data(lambda r: r.having(body=gzip.compress(r.body))),
    "gzip cut short": only_data(lambda r: r.having(body=gzip.compress(r.body)[:-12])),
    "byte order mark": only_data(lambda r: r.having(body=b"\xef\xbb\xbf" + r.body)),
    "not UTF-8": only_data(lambda r: r.having(body=_latin(r.body))),
    "cut short": only_data(lambda r: r.having(body=r.body[: len(r.body) * 2 // 3])),
    "redirect elsewhere": only_data(lambda r: Reply(status=302, headers={"Location": "http://192.0.2.1/other"})),
}


def _latin(body: bytes) -> bytes:
    """Put a letter of another encoding in, behind the first e."""
    return body.replace(b"e", b"e\xf4", 1)


# ---------------------------------------------------------------- content, as a change of a table or a document


def csv_fault(change: Callable[[Table], Table]) -> Fault:
    def spoil(reply: Reply) -> Reply:
        rows = change(list(csv.reader(io.StringIO(reply.body.decode()))))
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(rows)
        return reply.having(body=out.getvalue().encode())

    return only_data(spoil)


def json_fault(change: Callable[[Any], None]) -> Fault:
    def spoil(reply: Reply) -> Reply:
        document = json.loads(reply.body)
        change(document)
        return reply.having(body=json.dumps(document).encode())

    return only_data(spoil)


def book_fault(change: Callable[[list[list[object]]], list[list[object]]], sheet: str = "Data") -> Fault:
    def spoil(reply: Reply) -> Reply:
        with tempfile.TemporaryDirectory() as folder:
            path = files.write_jobs(Path(folder) / "jobs.xlsx", change(files.jobs()), sheet)
            return reply.having(body=path.read_bytes())

    return only_data(spoil)


def column(rows: Table, name: str) -> int:
    return rows[0].index(name)


def years_on(text: str) -> str:
    """Return a label of a period three years later: `202425` is `202728`, and a month keeps its name or number."""
    school = re.fullmatch(r"20(\d\d)(\d\d)", text)
    if school is not None:
        return f"20{int(school[1]) + 3:02d}{int(school[2]) + 3:02d}"
    return re.sub(r"20(\d\d)(?=\b|\d\d\b)", lambda m: f"20{int(m[1]) + 3:02d}", text)


def csv_faults(value: str, code: str, label: str, period: str) -> dict[str, Fault]:
    """Faults of a CSV: figures stand in `value`, places in `code`, when in `period`, and there is a column `label`."""

    def each(name: str, make: Callable[[str], str], rows: Table, only: int | None = None) -> Table:
        at = column(rows, name)
        made = [list(r) for r in rows]
        for i, row in enumerate(made[1:], 1):
            if only is None or i == only:
                row[at] = make(row[at])
        return made

    def renamed(rows: Table) -> Table:
        return [[f"{n}_NEW" if n == label else n for n in rows[0]], *rows[1:]]

    def dropped(rows: Table) -> Table:
        at = column(rows, label)
        return [r[:at] + r[at + 1 :] for r in rows]

    def swapped(rows: Table) -> Table:
        a, b = column(rows, label), column(rows, code)
        made = [list(r) for r in rows]
        for row in made:
            row[a], row[b] = row[b], row[a]
        return made

    return {
        "extra records": csv_fault(lambda rows: [*rows, rows[1]]),
        "repeated page": csv_fault(lambda rows: [*rows, *rows[1:]]),
        "records lost": csv_fault(lambda rows: rows[: len(rows) * 2 // 3]),
        "renamed column": csv_fault(renamed),
        "added column": csv_fault(lambda rows: [[*rows[0], "NEW"], *([*r, "x"] for r in rows[1:])]),
        "dropped column": csv_fault(dropped),
        "reordered columns": csv_fault(swapped),
        "new code": csv_fault(lambda rows: each(code, lambda _: "E07999999", rows, 1)),
        "changed symbol": csv_fault(lambda rows: each(value, lambda _: "[c]", rows, 1)),
        "figures x 1000": csv_fault(lambda rows: each(value, lambda t: f"{float(t) * 1000:g}" if t else t, rows)),
        "duplicate area": csv_fault(lambda rows: each(code, lambda t: "E07000117" if t == "E07000118" else t, rows)),
        "dates shifted": csv_fault(lambda rows: each(period, years_on, rows)),
    }


def ees_faults() -> dict[str, Fault]:
    def first(d: Any) -> Any:
        return d["results"][0]

    def rename(d: Any) -> None:
        for r in d["results"]:
            r["place"] = r.pop("locations")

    def drop(d: Any) -> None:
        for r in d["results"]:
            r.pop("timePeriod")

    def reorder(d: Any) -> None:
        d["results"] = [dict(reversed(r.items())) for r in d["results"]]

    def each(d: Any, make: Callable[[str], str]) -> None:
        for r in d["results"]:
            r["values"] = {k: make(v) for k, v in r["values"].items()}

    def shift(d: Any) -> None:
        for r in d["results"]:
            r["timePeriod"]["period"] = "/".join(str(int(year) + 3) for year in r["timePeriod"]["period"].split("/"))

    def warn(d: Any) -> None:
        d["warnings"] = [{"code": "FiltersNotFound", "message": "not found"}]

    def same_place(d: Any) -> None:
        d["results"][1] = {**d["results"][0], "values": d["results"][1]["values"]}

    return {
        "extra records": json_fault(lambda d: d["results"].append(first(d))),
        "repeated page": json_fault(lambda d: d.update(results=d["results"][: len(d["results"]) // 2] * 2)),
        "records lost": json_fault(lambda d: d.update(results=d["results"][:-100])),
        "renamed column": json_fault(rename),
        "added column": json_fault(lambda d: [r["values"].update(new="1") for r in d["results"]]),  # type: ignore[arg-type, return-value]
        "dropped column": json_fault(drop),
        "reordered columns": json_fault(reorder),
        "new code": json_fault(lambda d: first(d)["locations"].update({first(d)["geographicLevel"]: "ZZZZZ"})),
        "changed symbol": json_fault(lambda d: each(d, lambda v: "[c]" if v == "30" else v)),
        "figures x 1000": json_fault(lambda d: each(d, lambda v: f"{v}000")),
        "duplicate area": json_fault(same_place),
        "dates shifted": json_fault(shift),
        "a warning": json_fault(warn),
    }


def cube(d: Any) -> Any:
    return next(iter(d["cubes"].values()))


def deep(values: Any, make: Callable[[Any], Any]) -> Any:
    return [deep(v, make) for v in values] if isinstance(values, list) else make(values)


def statxplore_faults() -> dict[str, Fault]:
    def rename(d: Any) -> None:
        d["fields"][1]["uri"] += "_new"

    def add(d: Any) -> None:
        d["fields"].append(d["fields"][0])

    def new_code(d: Any) -> None:
        d["fields"][1]["items"][0]["uris"] = ["str:value:UC_Monthly:V_F_UC_CASELOAD_FULL:COA_CODE:GEO:E07999999"]

    def same_area(d: Any) -> None:
        d["fields"][1]["items"][1] = d["fields"][1]["items"][0]

    def shift(d: Any) -> None:
        for item in d["fields"][0]["items"]:
            item["uris"] = [years_on(uri) for uri in item["uris"]]
            item["labels"] = [years_on(label) for label in item["labels"]]

    return {
        "extra records": json_fault(lambda d: cube(d)["values"].append(cube(d)["values"][0])),
        "repeated page": json_fault(lambda d: cube(d).update(values=cube(d)["values"] * 2)),
        "records lost": json_fault(lambda d: cube(d).update(values=cube(d)["values"][:-1])),
        "renamed column": json_fault(rename),
        "added column": json_fault(add),
        "dropped column": json_fault(lambda d: d["fields"].pop()),
        "reordered columns": json_fault(lambda d: d["fields"].reverse()),
        "new code": json_fault(new_code),
        "changed symbol": json_fault(
            lambda d: cube(d).update(values=deep(cube(d)["values"], lambda v: "[c]" if v == 1000 else v))
        ),
        "figures x 1000": json_fault(lambda d: cube(d).update(values=deep(cube(d)["values"], lambda v: v * 1000))),
        "duplicate area": json_fault(same_area),
        "dates shifted": json_fault(shift),
    }


def arcgis_faults() -> dict[str, Fault]:
    def each(d: Any, change: Callable[[dict[str, Any]], Any]) -> None:
        for f in d["features"]:
            change(f["attributes"])

    def rename(a: dict[str, Any]) -> None:
        a["LAD26CD"] = a.pop("LAD25CD")

    def same_area(d: Any) -> None:
        d["features"][1]["attributes"] |= {**d["features"][0]["attributes"], "ObjectId": 99}

    return {
        "extra records": json_fault(lambda d: d["features"].append(d["features"][0])),
        "repeated page": json_fault(lambda d: d.update(features=d["features"][:8] * 2)),
        "records lost": json_fault(lambda d: d.update(features=d["features"][:-4], exceededTransferLimit=False)),
        "renamed column": json_fault(lambda d: each(d, rename)),
        "added column": json_fault(lambda d: each(d, lambda a: a.update(NEW="x"))),
        "dropped column": json_fault(lambda d: each(d, lambda a: a.pop("CAUTH25CD"))),
        "reordered columns": json_fault(
            lambda d: d.update(
                features=[{"attributes": dict(reversed(f["attributes"].items()))} for f in d["features"]]
            )
        ),
        "duplicate area": json_fault(same_area),
        "an error of status 200": json_fault(
            lambda d: (d.clear(), d.update(error={"code": 400, "message": "Cannot"}))[0]
        ),
    }


def book_faults() -> dict[str, Fault]:
    def cell(row: int, at: int, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def change(rows: list[list[object]]) -> list[list[object]]:
            made = [list(r) for r in rows]
            made[row - 1][at] = make(made[row - 1][at])
            return made

        return change

    def times(rows: list[list[object]]) -> list[list[object]]:
        return [[v * 1000 if isinstance(v, int) and v > 2100 else v for v in r] for r in rows]

    return {
        "repeated page": book_fault(lambda rows: [*rows[:11], *rows[9:]]),
        "records lost": book_fault(lambda rows: rows[:-3]),
        "renamed column": book_fault(cell(8, 1, lambda _: "AA : Something else")),
        "added column": book_fault(
            lambda rows: [[*r, *(["Z : New", "Flags"] if i == 7 else [])] for i, r in enumerate(rows)]
        ),
        "dropped column": book_fault(lambda rows: [r[:-2] if len(r) > 4 else r for r in rows]),
        "reordered columns": book_fault(
            lambda rows: [[r[0], *r[3:5], *r[1:3], *r[5:]] if len(r) > 4 else r for r in rows]
        ),
        "new code": book_fault(cell(11, 0, lambda _: "lep:Atlantis")),
        "changed symbol": book_fault(cell(11, 1, lambda _: "[c]")),
        "figures x 1000": book_fault(times),
        "duplicate area": book_fault(cell(11, 0, lambda _: "country:England")),
        "dates shifted": book_fault(cell(4, 1, lambda year: year + 3)),
        "merged header moved": book_fault(lambda rows: [*rows[:7], [], *rows[7:]]),
        "template leftovers": book_fault(lambda rows: [*rows, ["[insert area]", *["[insert figure]"] * 4]]),
        "sheet renamed": book_fault(lambda rows: rows, "Data (2)"),
    }


def nomis_status() -> dict[str, Fault]:
    """Nomis says the reason of a missing figure in words."""

    def reworded(rows: Table) -> Table:
        made = list(rows[1])
        made[column(rows, "OBS_STATUS_NAME")] = "Provisional"
        return [rows[0], made, *rows[2:]]

    return {"changed symbol": csv_fault(reworded)}


def unsized(faults: dict[str, Fault]) -> dict[str, Fault]:
    """The same faults in a file whose papers do not say how long it is, so that its length betrays nothing."""

    def both(fault: Fault) -> Fault:
        def spoil(asked: Asked, reply: Reply) -> Reply:
            made = fault(asked, reply)
            if is_data(asked):
                return made
            text = re.sub(rb'"(size|file_size)": "?\d+"?', rb'"\1": null', made.body)
            return made.having(body=text)

        return spoil

    return {name: both(fault) for name, fault in faults.items()}


CONTENT: dict[str, dict[str, Fault]] = {
    "nomis": {**csv_faults("OBS_VALUE", "GEOGRAPHY_CODE", "AGE_NAME", "DATE"), **nomis_status()},
    "ees": ees_faults(),
    "ees_csv": csv_faults("aim_achievements", "lad_code", "ssa_tier_1", "time_period"),
    "ees_files": csv_faults("aim_achievements", "lad_code", "ssa_tier_1", "time_period"),
    "statxplore": statxplore_faults(),
    "arcgis": arcgis_faults(),
    "ons_beta": unsized(csv_faults("aim_achievements", "lad_code", "ssa_tier_1", "time_period")),
    "ons_website": csv_faults("aim_achievements", "lad_code", "ssa_tier_1", "time_period"),
    "govuk": unsized(book_faults()),
}
