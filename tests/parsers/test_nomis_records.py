"""Nomis records: an interval is put beside its figure, and a record that stands alone is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lmi.errors import ParseError
from lmi.sources.parsers.nomis_records import write_cells
from lmi.tables import CELL_FIELDS

OPTIONS: dict[str, Any] = {
    "labels": ["area", "job"], "other": {"words": "the status in words"}, "status": "OBS_STATUS", "figure": "Value",
    "conf": "Confidence",
}  # fmt: skip
HEADER = "area,job,MEASURES_NAME,OBS_VALUE,OBS_STATUS,words\n"
RECORDS = [
    "Burnley,cook,Value,1400,A,Normal\n",
    "Burnley,cook,Confidence,,G,Unreliable\n",
    "Burnley,clerk,Value,,F,Not available\n",
    "Burnley,clerk,Confidence,,F,Not available\n",
    "Pendle,cook,Confidence,800,A,Normal\n",
    "Pendle,cook,Value,3100,A,Normal\n",
]


def cells(folder: Path, text: str, options: dict[str, Any] = OPTIONS) -> list[dict[str, Any]]:
    path = folder / "records.csv"
    path.write_text(text, encoding="utf-8")
    out = folder / "cells.parquet"
    count = write_cells(path, options, "test/source", out)
    rows = pq.read_table(out).to_pylist()
    assert count == len(rows)
    return rows


def test_a_figure_and_its_interval_are_one_cell_at_the_figure_s_record(tmp_path: Path) -> None:
    rows = cells(tmp_path, HEADER + "".join(RECORDS))
    assert list(rows[0]) == [*CELL_FIELDS.names, "area", "job"]
    names = ("row", "column", "text", "conf_text", "flag_text", "area", "job")
    assert [tuple(row[n] for n in names) for row in rows] == [
        (2, "OBS_VALUE", "1400", "G", "A", "Burnley", "cook"),
        (4, "OBS_STATUS", "F", "F", None, "Burnley", "clerk"),
        (7, "OBS_VALUE", "3100", "800", "A", "Pendle", "cook"),
    ]
    assert [row["ordinal"] for row in rows] == [0, 2, 5]


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        (RECORDS[:1], "record 2"),
        (RECORDS[1:], "record 2"),
        ([*RECORDS, RECORDS[0]], "record 2"),
        (RECORDS[:-1], "record 6"),
        ([RECORDS[0], RECORDS[1].replace("Confidence", "Variance")], "record 2"),
    ],
)
def test_a_record_without_its_other_or_twice_is_named(kept: list[str], place: str, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="does not stand with its interval") as caught:
        cells(tmp_path, HEADER + "".join(kept))
    assert str(caught.value.place).endswith(place)


def test_a_column_that_nobody_declared_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="header is not the declared one"):
        cells(tmp_path, HEADER.replace("words", "share") + "".join(RECORDS))


API = "GEOGRAPHY_NAME,MEASURES,MEASURES_NAME,OBS_VALUE,OBS_STATUS_NAME,RECORD_OFFSET,RECORD_COUNT\n"
ANSWER = [
    "Burnley,20100,Value,1400,Normal Value,0,4\n",
    "Burnley,20701,Confidence,,Sample of 3 to 9,1,4\n",
    ",20100,Value,,Suppressed,2,4\n",
    ",20701,Confidence,,Suppressed,3,4\n",
]


def test_without_declared_labels_all_columns_but_the_figure_s_own_and_the_paging_are_labels(tmp_path: Path) -> None:
    rows = cells(tmp_path, API + "".join(ANSWER), {"conf": "Confidence"})
    assert list(rows[0]) == [*CELL_FIELDS.names, "GEOGRAPHY_NAME", "MEASURES", "MEASURES_NAME"]
    names = ("row", "column", "text", "conf_text", "flag_text", "GEOGRAPHY_NAME", "MEASURES_NAME")
    assert [tuple(row[n] for n in names) for row in rows] == [
        (2, "OBS_VALUE", "1400", "Sample of 3 to 9", "Normal Value", "Burnley", "Value"),
        (4, "OBS_STATUS_NAME", "Suppressed", "Suppressed", None, None, "Value"),
    ]


def test_without_intervals_every_record_is_a_cell(tmp_path: Path) -> None:
    rows = cells(tmp_path, API + "".join(ANSWER), {})
    assert [(row["ordinal"], row["text"], row["conf_text"], row["MEASURES_NAME"]) for row in rows] == [
        (0, "1400", None, "Value"),
        (1, "Sample of 3 to 9", None, "Confidence"),
        (2, "Suppressed", None, "Value"),
        (3, "Suppressed", None, "Confidence"),
    ]


def test_an_answer_without_the_status_in_words_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"header is not the declared one.*OBS_STATUS_NAME"):
        cells(tmp_path, API.replace("OBS_STATUS_NAME", "STATUS") + "".join(ANSWER), {"conf": "Confidence"})
