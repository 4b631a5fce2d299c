"""Files that cannot be what they should: refused with words, nothing kept; a whole one is taken in whole."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline import files
from tests.pipeline.bench import Bench, landed_one
from tests.pipeline.faulty import AIMS, CLAIMANTS, JOBS, workbook


@pytest.mark.parametrize(
    ("source_id", "name", "make", "figures"),
    [
        (CLAIMANTS, "claimants.csv", lambda folder: files.claimants(), 28),
        (AIMS, "aims.csv", lambda folder: files.aims(), 14 * 17),
        (JOBS, "jobs.xlsx", lambda folder: workbook(files.jobs(), folder), 2 * 39),
    ],
)
def test_a_file_without_a_fault_is_taken_in_whole(
    bench: Bench, tmp_path: Path, source_id: str, name: str, make: Callable[[Path], str | bytes], figures: int
) -> None:
    assert bench.land(name, make(tmp_path)).outcome == "new"
    outcome = landed_one(bench.take_in(source_id))
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})
    assert outcome.account["observed"] == outcome.account["found"] == figures
    assert outcome.checks["failed"] == 0, outcome.checks["failures"]


@dataclass(frozen=True)
class Refused:
    """A file that is not kept, and what its refusal must say."""

    name: str
    content: Callable[[Path], str | bytes]
    told: tuple[str, ...]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


REFUSED = {
    "empty": Refused("claimants.csv", lambda f: b"", ("empty", "0 bytes", "download it again")),
    "a web page": Refused("claimants.csv", lambda f: "<html>Sorry</html>", ("web page", "download the file itself")),
    "a workbook cut short": Refused("jobs.xlsx", lambda f: cut(workbook(files.jobs(), f)), ("cut short", "again")),
    "a compressed file cut short": Refused(
        "claimants.csv.gz", lambda f: cut(gzip.compress(os.urandom(10**5))), ("cut short", "download it again")
    ),
    "a column renamed": Refused(
        "claimants.csv",
        lambda f: files.claimants().replace("geography_code", "area_code"),
        (
            "no source has this layout",
            CLAIMANTS,
            "column 'geography_code'",
            "area_code",
            "a new dataset needs a declaration",
        ),
    ),
    "a column dropped": Refused(
        "claimants.csv",
        lambda f: "\n".join(line.rpartition(",")[0] for line in files.claimants().splitlines()),
        ("no source has this layout", "column 'value'"),
    ),
    "a sheet renamed": Refused(
        "jobs.xlsx",
        lambda f: workbook(files.jobs(), f, "Data 1"),
        ("no source has this layout", "Data 1", "check that the download is complete"),
    ),
    "a record with too few fields": Refused(
        "claimants.csv",
        lambda f: files.claimants() + "2026-01,E07000117\n",
        ("cannot be read", "Found:", "download is complete"),
    ),
    "an archive": Refused("jobs.zip", lambda f: archive({"jobs.csv": b"a,b\n"}), ("archive", "jobs.csv", "unpack it")),
}


def archive(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in content.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_what_it_should_is_refused_and_not_kept(
    bench: Bench, tmp_path: Path, case: Refused
) -> None:
    row = bench.land(case.name, case.content(tmp_path))
    assert row.outcome == "refused"
    assert case.name in row.message and "What to do:" in row.message and "\n" not in row.message
    for words in case.told:
        assert words in row.message
    assert not (bench.data / "raw").exists() or not list((bench.data / "raw").rglob("*.json"))


def test_two_files_that_claim_one_vintage_are_not_mixed(bench: Bench) -> None:
    assert bench.land("january.csv", files.claimants()).outcome == "new"
    row = bench.land("again.csv", files.claimants().replace(",1000\n", ",1005\n", 1))
    assert row.outcome == "refused"
    for words in (
        CLAIMANTS,
        "again.csv",
        "two files claim the vintage 2026-01",
        "Expected: the bytes already kept",
        "--vintage",
    ):
        assert words in row.message
    assert landed_one(bench.take_in(CLAIMANTS)).state == "ok"


def with_macro(content: bytes, into: Path) -> Path:
    """Return the workbook with a macro module put in, as a publisher's .xlsm has one."""
    with zipfile.ZipFile(io.BytesIO(content)) as plain, zipfile.ZipFile(into, "w") as made:
        for item in plain.infolist():
            data = plain.read(item)
            if item.filename == "[Content_Types].xml":
                data = data.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                ).replace(
                    b"</Types>",
                    b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
                )
            made.writestr(item, data)
        made.writestr("xl/vbaProject.bin", b'Sub Auto_Open(): Shell "touch ran": End Sub')
    return into


def test_a_workbook_with_macros_is_read_as_one_without_and_nothing_in_it_runs(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = with_macro(workbook(files.jobs(), tmp_path), tmp_path / "jobs.xlsm")
    assert bench.land(path.name, path.read_bytes()).outcome == "new"
    outcome = landed_one(bench.take_in(JOBS))
    assert (outcome.state, outcome.account["observed"]) == ("ok", 78)
    assert not list(tmp_path.rglob("ran"))
