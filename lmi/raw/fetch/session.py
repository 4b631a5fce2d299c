"""One query of one source, being asked.

Owns: pages that are there already, conditional requests, errors that name the source. Never: knows a service's dialect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from lmi.contract import literal, quoted
from lmi.engine import MACHINE_ERRORS, DatabaseError, connect, fetch
from lmi.errors import SourceChanged
from lmi.raw.fetch.answers import Answer, Archive, request_digest
from lmi.raw.fetch.client import JSON, Client
from lmi.registry import Area, Layout

#: How a CSV is read when it is checked: all as text, and no record mended.
_STRICT = "header = true, all_varchar = true, null_padding = false, strict_mode = true, delim = ',', quote = '\"', escape = '\"'"
_MEMORY_MB = 300  # what DuckDB may hold while it tells records apart; the rest waits on disk


@dataclass(frozen=True)
class Fetched:
    """What a query brought: one file with its papers, ready to be landed.

    `edition` is the publisher's own mark of the edition; `unchanged` says that what we hold is still the newest, and then
    there is no file. `sha256` is the file's digest, taken as it was written.
    """

    vintage: str
    released: date
    basis: str
    url: str
    edition: str
    path: Path | None = None
    sha256: str = ""

    @property
    def unchanged(self) -> bool:
        """True when nothing newer is there."""
        return self.path is None


class Session:
    """What a connector works with. `held` are the editions of this query that are landed already."""

    def __init__(
        self,
        source: str,
        layout: Layout,
        client: Client,
        archive: Archive,
        area: Area,
        held: Iterable[str],
        now: datetime,
    ) -> None:
        self.source, self.layout, self.client, self.archive = source, layout, client, archive
        self.area, self.now = area, now
        self.held = frozenset(held)
        self.today = now.date()

    def url(self, *path: str) -> str:
        """Return an address of the service."""
        return "/".join([self.client.end.url.rstrip("/"), *(p.strip("/") for p in path)])

    def ask(
        self, url: str, params: Mapping[str, str] | None = None, body: Any = None, accept: Sequence[str] = JSON
    ) -> Answer:
        """Return the answer to a question that is asked anew each time. Raises as Client.send does."""
        answer = self.client.send(self.source, self.archive, url, params=params, body=_json(body), accept=accept)
        assert answer is not None
        return answer

    def page(
        self, url: str, params: Mapping[str, str] | None = None, body: Any = None, accept: Sequence[str] = JSON
    ) -> Answer:
        """Return one page of an edition: the kept one when a broken run already had it."""
        data = _json(body)
        kept = self.archive.page(request_digest("POST" if data else "GET", url, dict(params or {}), data))
        return kept or self.ask(url, params, body, accept)

    def newer(self, url: str, params: Mapping[str, str] | None = None, accept: Sequence[str] = JSON) -> Answer | None:
        """Return the answer when it is another one than that we have landed, as the publisher's server tells, else None."""
        last = self.archive.last(request_digest("GET", url, dict(params or {}), b""))
        since = last if last is not None and self.edition(last) in self.held else None
        return self.client.send(self.source, self.archive, url, params=params, accept=accept, since=since)

    def edition(self, answer: Answer) -> str:
        """Return what tells one edition of a file from another: the server's own mark, else the bytes."""
        return answer.etag or answer.last_modified or answer.sha256

    def json(self, answer: Answer) -> Any:
        """Return an answer's JSON object. Raises SourceChanged."""
        document = answer.json(self.source)
        if not isinstance(document, dict):
            raise self.changed(
                "the answer is not a JSON object.", answer.short_url, "an object", type(document).__name__
            )
        return document

    def records(self, answer: Answer, header: Sequence[str] = ()) -> pa.Table:
        """Return the records of a CSV answer, all as text. Raises SourceChanged: header, encoding, ragged records."""
        try:
            table = arrow_csv.read_csv(
                answer.path,
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(_names(answer.path), pa.string()), strings_can_be_null=False
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            raise self.changed(
                "the answer cannot be read as CSV in UTF-8.", answer.short_url, "CSV", str(error)
            ) from error
        if header and table.column_names != list(header):
            raise self.changed(
                "the columns are not those asked for.",
                answer.short_url,
                ", ".join(header),
                ", ".join(table.column_names),
            )
        return table

    def once(self, table: pa.Table, key: Sequence[str], place: str) -> None:
        """Raise SourceChanged when two records have the same `key`."""
        counts = table.select(list(key)).group_by(list(key)).aggregate([([], "count_all")])
        twice = counts.filter(pc.greater(counts["count_all"], 1))
        if twice.num_rows:
            first = {k: v for k, v in twice.slice(0, 1).to_pylist()[0].items() if k != "count_all"}
            raise self.changed(
                "records stand twice.",
                place,
                "one record a figure",
                f"{twice.num_rows} more than once, such as {first}",
            )

    def check_csv(self, answer: Answer, columns: Sequence[str] = (), records: int | None = None) -> None:
        """Raise SourceChanged where a large CSV is not whole: encoding, ragged records, header, records that stand twice.

        A record is known by all columns that hold no figure (`values` of the layout's options). `records` is how many
        the publisher says there are, when it does.
        """
        relation = f"read_csv({literal(str(answer.path))}, {_STRICT})"
        try:
            try:
                counted = self._count(relation, answer, columns, _MEMORY_MB)
            except MACHINE_ERRORS:  # hundreds of columns need more: each has a buffer of its own
                counted = self._count(relation, answer, columns, None)
        except DatabaseError as error:
            said = str(error).split("\n\n")[0]
            raise self.changed("the answer cannot be read as CSV in UTF-8.", answer.short_url, "CSV", said) from error
        rows, different = counted["n"][0].as_py(), counted["different"][0].as_py()
        if not rows or rows != different:
            found = f"{rows:,} records, {different:,} different"
            raise self.changed(
                "records stand twice, or there are none.", answer.short_url, "one record a figure", found
            )
        if records is not None and rows != records:
            raise self.changed("the file is not whole.", answer.short_url, f"{records:,} records", f"{rows:,}")

    def _count(self, relation: str, answer: Answer, columns: Sequence[str], memory_mb: int | None) -> pa.Table:
        """Return how many records there are and how many different ones. Raises SourceChanged: header."""
        values = set(self.layout.options.get("values", ()))
        with connect(memory_limit_mb=memory_mb) as con:
            names = fetch(con, f"select * from {relation} limit 0").column_names
            if columns and set(names) != set(columns):
                new, gone = sorted(set(names) - set(columns)), sorted(set(columns) - set(names))
                found = f"new: {', '.join(new) or 'none'}; gone: {', '.join(gone) or 'none'}"
                raise self.changed("the columns are not those declared.", answer.short_url, ", ".join(columns), found)
            key = ", ".join(quoted(n) for n in names if n not in values)
            return fetch(con, f"select count(*) as n, count(distinct hash({key})) as different from {relation}")

    def dated(self, answer: Answer) -> tuple[date, str]:
        """Return the day from which a file counts as known, and where that day is from."""
        if answer.last_modified:
            try:
                return parsedate_to_datetime(answer.last_modified).date(), "Last-Modified of the publisher's server"
            except (ValueError, TypeError):
                pass  # a header that is no date says nothing: the day of retrieval is never too early
        return self.today, "day of retrieval"

    def changed(self, what: str, place: str, expected: str, found: str) -> SourceChanged:
        """Return the error for an answer that is not what the service is known to give."""
        return SourceChanged(
            what,
            source=self.source,
            place=self.client.key.out_of(place),
            expected=expected,
            found=self.client.key.out_of(found),
            do="see what the publisher changed (the answer is kept below data/responses), then change the declaration.",
        )


def blocks(answers: Iterable[Answer]) -> Iterator[bytes]:
    """Yield the CSV pages as one file: the header of the first page, then the records of all, as they came."""
    for i, answer in enumerate(answers):
        content = answer.content
        if i:
            content = content[content.index(b"\n") + 1 :]
        yield content if content.endswith(b"\n") else content + b"\n"


def _names(path: Path) -> list[str]:
    with path.open("rb") as file:
        line = file.readline().decode("utf-8-sig")
    return [name.strip().strip('"') for name in line.split(",")]


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
