"""The transposed Nomis CSV: a stack of blocks with areas across and the survey's cells down.

Owns: finding blocks, their keys and their columns (value, flag without a heading, `Conf`). Never: codes.
Options and labels are those of `nomis_workbook`; a key `Date       :` of a block is declared as `Date`.
A cell's `column` is the area at its head, its `row` the line of the file.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from lmi.errors import ParseError
from lmi.raw.readers import column_letters
from lmi.sources.parsers.cells import each
from lmi.sources.parsers.nomis_workbook import NomisOptions, check_keys, check_name, read_options
from lmi.tables import CELL_FIELDS

_COPYRIGHT = "ONS Crown Copyright Reserved"
_HEAD, _CONF = "Cell", "Conf"
_EMPTY: Any = pa.scalar("", pa.string())
_TRUE = pa.scalar(True)


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of a transposed Nomis CSV: CELL_FIELDS, `area`, one label for each key, the survey's cell.

    Raises ParseError naming the line and column where a block has another title, key or header than declared.
    """
    wanted = read_options(options, source)
    grid = _read(path, source)
    first = [str(text) for text in grid[0].to_pylist()]
    starts = [n - 1 for n, text in enumerate(first) if n and text.startswith(_COPYRIGHT)]
    if not starts or starts[0] != 0:
        raise _wrong(
            "the file does not begin as a Nomis export does.", source, 1, 0, f"{_COPYRIGHT!r} in A2", first[1:2]
        )
    blocks = zip(starts, [*starts[1:], len(first)], strict=True)
    parts = [_Block(grid, first, top, bottom, wanted, source).cells() for top, bottom in blocks]
    return pa.concat_tables(parts).combine_chunks()


def _read(path: Path, source: str) -> list[Any]:
    """Return the columns of the file as text. Raises ParseError when its lines are not of one length."""
    try:
        content = path.read_bytes()
        table = csv.read_csv(
            io.BytesIO(content),
            read_options=csv.ReadOptions(autogenerate_column_names=True, block_size=max(len(content), 1)),
            parse_options=csv.ParseOptions(ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types={f"f{n}": pa.string() for n in range(content.split(b"\n", 1)[0].count(b",") + 1)},
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise ParseError(
            "the file cannot be read as delimited text.",
            source=source,
            place=path.name,
            expected="lines with one number of fields",
            found=str(error),
            do="download it again; if it is whole, ask Nomis for the same query once more.",
        ) from error
    return [column.combine_chunks() for column in table.columns]


class _Block:
    """One block: title, copyright, keys, header, the survey's cells, notes."""

    def __init__(
        self, grid: list[Any], first: list[str], top: int, bottom: int, options: NomisOptions, source: str
    ) -> None:
        self.grid, self.first, self.top, self.bottom = grid, first, top, bottom
        self.options, self.source = options, source

    def cells(self) -> pa.Table:
        """Return the block's cells, line by line."""
        if self.first[self.top] != self.options.title:
            found = self.first[self.top]
            raise self.wrong("the block is of another dataset.", self.top, 0, repr(self.options.title), found)
        head = self.find_head()
        keys = self.read_keys(head)
        check_keys(keys, self.options, self.source, f"line {self.top + 1}")
        areas = self.read_areas(head)
        start, stop = self.find_rows(head)
        for row in range(start, stop):
            check_name(self.first[row], self.options, self.source, f"line {row + 1}, column A")
        height, width = stop - start, len(areas)
        across: Any = pa.array(array("q", range(width)) * height)
        within: Any = pa.array(each("q", range(height), width))
        order = pc.add(within, pc.multiply(across, height))
        lines = pc.add(within, start)
        names = pa.array(areas, pa.string()).take(across)
        made: dict[str, Any] = {
            "ordinal": pc.add(pc.multiply(lines, len(self.grid)), pc.add(pc.multiply(across, 3), 1)),
            "sheet": pa.nulls(height * width, pa.string()),
            "row": pc.add(lines, 1).cast(pa.int32()),
            "column": names,
            "text": self.picked(start, height, 1, order),
            "conf_text": self.picked(start, height, 3, order),
            "flag_text": self.picked(start, height, 2, order),
            "area": names,
        }
        made |= {
            label: pa.repeat(pa.scalar(keys[key], pa.string()), height * width)
            for key, label in self.options.keys.items()
        }
        made[self.options.cell] = pa.array(self.first, pa.string()).take(lines)
        labels = [pa.field(name, pa.string(), False) for name in self.options.labels]
        return pa.table(made, schema=pa.schema([*CELL_FIELDS, *labels]))

    def find_head(self) -> int:
        for row in range(self.top + 2, self.bottom):
            if self.first[row] == _HEAD:
                return row
        raise self.wrong("the block has no header.", self.top, 0, f"a line that begins {_HEAD}", "none")

    def read_keys(self, head: int) -> dict[str, str]:
        lines = [row for row in range(self.top + 2, head) if self.first[row]]
        return {self.first[row].rstrip(" :"): self.grid[1][row].as_py() for row in lines}

    def read_areas(self, head: int) -> list[str]:
        """Return the areas of the header, each over a value, a column for flags without a heading, and `Conf`."""
        texts = [column[head].as_py() for column in self.grid[1:]]
        while texts and not texts[-1]:
            texts.pop()
        for at, text in enumerate(texts):
            expected = ("an area", "", _CONF)[at % 3]
            if (at % 3 == 0 and text in ("", _CONF)) or (at % 3 and text != expected):
                raise self.wrong(
                    "the header is not as in a Nomis export.", head, at + 1, expected or "no heading", text
                )
        areas = texts[::3]
        if not areas or len(texts) % 3 or len(set(areas)) != len(areas):
            raise self.wrong(
                "the header is not as in a Nomis export.", head, 1, "areas, each once, with Conf", str(texts)
            )
        return areas

    def find_rows(self, head: int) -> tuple[int, int]:
        """Return the first line of figures and the line after the last; below them only notes may stand."""
        start = head + 1 if head + 1 < self.bottom and self.first[head + 1] else head + 2
        stop = next((row for row in range(start, self.bottom) if not self.first[row]), self.bottom)
        if start >= stop:
            raise self.wrong("the block has no figures.", start, 0, "lines with a name and figures", "none")
        for column in range(2, len(self.grid)):
            below = pc.index(pc.not_equal(self.grid[column].slice(stop, self.bottom - stop), _EMPTY), _TRUE).as_py()
            if below >= 0:
                found = self.grid[column][stop + below].as_py()
                raise self.wrong("a figure stands below the table.", stop + below, column, "notes only", found)
        return start, stop

    def picked(self, start: int, height: int, first: int, order: Any) -> pa.Array:
        """Return the texts of every third column from `first`, line by line; null where a cell is empty."""
        count = len(order) // height
        texts: Any = pa.concat_arrays([self.grid[first + 3 * n].slice(start, height) for n in range(count)]).take(order)
        return pc.if_else(pc.equal(texts, _EMPTY), pa.scalar(None, pa.string()), texts)

    def wrong(self, what: str, row: int, column: int, expected: str, found: str) -> ParseError:
        return _wrong(what, self.source, row, column, expected, found)


def _wrong(what: str, source: str, row: int, column: int, expected: str, found: Any) -> ParseError:
    place = f"line {row + 1}, column {column_letters(column)}"
    do = "use the file as Nomis gave it; if Nomis changed its layout, the parser needs a change."
    return ParseError(what, source=source, place=place, expected=expected, found=repr(found), do=do)
