"""A first look at a file, whatever its name: what format it is and what its header says.

Owns: telling formats apart by their bytes. Never: trusts a file name, decides which source a file belongs to.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lmi.errors import ParseError, UnrecognisedFile
from lmi.raw.readers import Workbook, text_of

_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_HEADER_BYTES = 2**20
_CHUNK = 2**20


class Probe:
    """One file under inspection. Everything is read at most once, and not for `sha256` where that is known."""

    def __init__(self, path: Path, sha256: str = "") -> None:
        self.path = path
        if sha256:
            self.sha256 = sha256
        if not path.is_file():
            raise UnrecognisedFile("there is no such file.", place=path.name, do="check the path.")
        if path.stat().st_size == 0:
            raise ParseError(
                "the file is empty.",
                place=path.name,
                expected="a published file",
                found="0 bytes",
                do="download it again.",
            )

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    @cached_property
    def format(self) -> str:
        """`workbook`, `delimited`, `parquet` or `json`."""
        head = self._head[:4]
        if head == _PARQUET:
            return "parquet"
        if head == _ZIP:
            return self._zip_kind()
        start = self._head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if start in (b"{", b"["):
            return "json"
        if start == b"<":
            raise UnrecognisedFile(
                "the file is a web page, not data.",
                place=self.path.name,
                expected="a workbook, CSV, Parquet or JSON file",
                found="text that begins with '<'",
                do="open the publisher's page in a browser and download the file itself.",
            )
        if b"\x00" in self._head[:4096]:
            raise UnrecognisedFile(
                "the file has no format that we know.",
                place=self.path.name,
                expected="a workbook, CSV, Parquet or JSON file",
                found=f"bytes {head.hex(' ')}",
                do="download it again, or declare a source for it (docs/adding-a-dataset.md).",
            )
        return "delimited"

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Column names of a delimited or Parquet file, properties of a GeoJSON one; empty for other formats."""
        if self.format == "json":
            return tuple(_feature_properties(self.document))
        if self.format == "parquet":
            try:
                return tuple(pq.read_schema(self.path).names)
            except (pa.ArrowException, OSError) as error:
                raise ParseError(
                    "the Parquet file is damaged.", place=self.path.name, found=str(error), do="download it again."
                ) from error
        if self.format != "delimited":
            return ()
        return self.header_after(0)

    def header_after(self, lines: int) -> tuple[str, ...]:
        """Return the column names of a delimited file whose header comes after so many lines of prose."""
        if not lines and self.format != "delimited":
            return self.header
        rows = csv.reader(io.StringIO(self.decoded_head.split("\n", lines)[-1]))
        return tuple(name.strip() for name in next(rows, []))

    @cached_property
    def first_record(self) -> dict[str, str]:
        """The first record of a delimited or Parquet file, as text by column; empty when there is none."""
        if self.format == "parquet":
            rows = next(pq.ParquetFile(self.path).iter_batches(1), None)
            return {} if rows is None else {k: str(v) for k, v in rows.to_pylist()[0].items()}
        if self.format != "delimited":
            return {}
        rows_read = csv.reader(io.StringIO(self.decoded_head))
        next(rows_read, None)
        return dict(zip(self.header, next(rows_read, []), strict=False))

    @cached_property
    def decoded_head(self) -> str:
        """The first mebibyte as text, byte order mark removed."""
        try:
            return self._head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            # A multi-byte character may be cut at the end of the head; anything earlier is another encoding.
            if error.start > len(self._head) - 4:
                return self._head[: error.start].decode("utf-8-sig")
            return self._head.decode("cp1252", errors="replace")

    @cached_property
    def workbook(self) -> Workbook:
        """The workbook, opened for reading only; macros are never run."""
        return Workbook.open(self.path, self.path.name)

    @cached_property
    def document(self) -> Any:
        """The JSON document."""
        try:
            raw = self.path.read_bytes()
            return json.loads((gzip.decompress(raw) if self._compressed else raw).decode("utf-8-sig"))
        except (ValueError, OSError, EOFError) as error:
            raise ParseError(
                "the JSON document is cut short or damaged.",
                place=self.path.name,
                found=str(error),
                do="fetch it again.",
            ) from error

    def cell(self, address: str) -> str | None:
        """Return the text of `Sheet!A1`, or None when the sheet or the cell is not there."""
        sheet, _, cell = address.rpartition("!")
        if self.format != "workbook" or sheet not in self.workbook.sheet_names:
            return None
        value = self.workbook.grid(sheet).at(cell)
        return None if value in (None, "") else text_of(value)

    @cached_property
    def _compressed(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(2) == _GZIP

    @cached_property
    def _head(self) -> bytes:
        try:
            if self._compressed:
                with gzip.open(self.path) as file:
                    return file.read(_HEADER_BYTES)
            with self.path.open("rb") as file:
                return file.read(_HEADER_BYTES)
        except (OSError, EOFError) as error:
            raise ParseError(
                "the compressed file is cut short or damaged.",
                place=self.path.name,
                found=str(error),
                do="download it again.",
            ) from error

    def _zip_kind(self) -> str:
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise ParseError(
                "the workbook is cut short or damaged.", place=self.path.name, found=str(error), do="download it again."
            ) from error
        if any(name.startswith("xl/") for name in names):
            return "workbook"
        raise UnrecognisedFile(
            "the file is an archive, not a workbook.",
            place=self.path.name,
            found=", ".join(names[:3]),
            do="unpack it and land the files inside.",
        )


def _feature_properties(document: Any) -> list[str]:
    """Return the property names of the first feature of a GeoJSON document; none for any other document."""
    features = document.get("features") if isinstance(document, dict) else None
    first = features[0] if isinstance(features, list) and features else None
    properties = first.get("properties") if isinstance(first, dict) else None
    return list(properties) if isinstance(properties, dict) else []
