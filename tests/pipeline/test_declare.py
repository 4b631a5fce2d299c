"""A scaffold says what is left to decide, stops everything until it is decided, and then passes its own check.

Declarations are files of the repository, so the commands run in a copy of it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lmi.registry import UNFILLED, repository_root
from tests.pipeline import files

Command = Callable[..., subprocess.CompletedProcess[str]]
SOURCE = "ons/notified_vacancies"
HEADER = "area_code,period,vacancies"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which declarations may be written."""
    folder = tmp_path_factory.mktemp("house")
    for name in ("lmi", "expectations", "data/raw/baseline"):
        shutil.copytree(repository_root() / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def lmi(house: Path, tmp_path: Path) -> Command:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "from lmi.cli import main; main()"
        environment = {**os.environ, "PYTHONPATH": str(house)}
        command = [sys.executable, "-c", code, "--data", str(tmp_path / "data"), *words]
        return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)

    return run


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout)))


def filled(path: Path, answers: dict[str, str]) -> None:
    """Put an answer where each pattern matches, then take the remarks behind decided defaults away."""
    text = path.read_text(encoding="utf-8")
    for pattern, answer in answers.items():
        text, count = re.subn(pattern, lambda _, a=answer: a, text)
        assert count, pattern
    path.write_text(re.sub(rf"\s*# {UNFILLED}.*", "", text), encoding="utf-8")


def test_an_area_is_taken_from_the_look_ups_and_passes_once_its_sectors_are_decided(house: Path, lmi: Command) -> None:
    done = lmi("area", "new", "cheshire_and_warrington", "--code", "E69000004")
    assert done.returncode == 0, done.stderr
    path = house / "lmi/declared/areas/cheshire_and_warrington.toml"
    text = path.read_text(encoding="utf-8")
    # Warrington, Cheshire East, Cheshire West and Chester; LEP, ITL2 and NUTS2 of the same extent; the North West.
    for code in ("E06000007", "E06000049", "E06000050", "E37000003", "TLD6", "UKD6", "E12000002", "E92000001"):
        assert f'"{code}"' in text
    open_ = lmi("area", "check", "cheshire_and_warrington", "--format", "csv")
    assert open_.returncode == 1
    assert [f["weight"] for f in findings(open_)] == ["fault"] * text.count(UNFILLED)
    # Nothing else runs on a half declared house, and it says why.
    other = lmi("schedule", "--show")
    assert (
        other.returncode == 1 and "scaffold that is not filled in" in other.stderr and "areas/cheshire" in other.stderr
    )
    filled(
        path,
        {
            '"sector"': '"digital"',
            f'"{UNFILLED} as the area names it"': '"Digital sector"',
            f'"{UNFILLED} one of the names above"': '"digital_and_creative_digital_sector"',
            '"proxy"': '"published"',
        },
    )
    good = lmi("area", "check", "cheshire_and_warrington", "--format", "csv")
    assert good.returncode == 0, good.stdout + good.stderr
    assert [f["weight"] for f in findings(good)] == ["ok"]
    path.write_text(path.read_text().replace("E37000003", "E37009999").replace("_digital_sector", "_digital"))
    bad = findings(lmi("area", "check", "cheshire_and_warrington", "--format", "csv"))
    assert [f["weight"] for f in bad] == ["fault", "fault"]
    assert "E37009999" in bad[0]["what"] and "digital_and_creative_digital_sector" in bad[1]["what"]
    path.unlink()


def test_an_area_that_no_look_up_lists_or_that_is_there_already_is_refused(lmi: Command) -> None:
    unknown = lmi("area", "new", "atlantis", "--code", "E69999999")
    assert unknown.returncode == 1 and "no look-up lists the districts of E69999999" in unknown.stderr
    there = lmi("area", "new", "cumbria", "--code", "E69000006")
    assert there.returncode == 1 and "there already" in there.stderr


def test_a_source_is_scaffolded_from_a_file_and_reads_that_file_once_filled(
    house: Path, lmi: Command, tmp_path: Path
) -> None:
    file = tmp_path / "vacancies.csv"
    rows = [f"{code},2025,{100 + i}" for i, code in enumerate(files.DISTRICTS)]
    file.write_text("\n".join([HEADER, *rows, "E05005150,2025,10"]) + "\n")
    done = lmi("source", "new", SOURCE, "--file", str(file))
    assert done.returncode == 0, done.stderr
    declaration, expectations = house / f"lmi/sources/{SOURCE}.toml", house / f"expectations/{SOURCE}.json"
    assert 'header = ["area_code", "period", "vacancies"]' in declaration.read_text(encoding="utf-8")
    open_ = lmi("source", "check", SOURCE, "--format", "csv")
    assert open_.returncode == 1
    marks = sum(text.count(UNFILLED) for text in (declaration.read_text(), expectations.read_text()))
    assert len(findings(open_)) == marks
    filled(
        declaration,
        {
            f'"{UNFILLED} the publisher\'s title"': '"Vacancies notified"',
            f'"{UNFILLED} who publishes it"': '"Office for Examples"',
            f'"{UNFILLED} the words that a quotation must carry"': '"Source: Office for Examples."',
            f'"{UNFILLED} what is measured"': '"Vacancies"',
            f'"{UNFILLED} people, jobs, per cent"': '"vacancies"',
            f'"{UNFILLED} the columns that hold figures"': '"vacancies"',
            f'"{UNFILLED} the column that holds the period"': '"period"',
            f'"{UNFILLED} the column that holds the area"': '"area_code"',
        },
    )
    filled(expectations, {f"{UNFILLED} ": ""})
    # A ward is an area that the declaration does not explain yet: the check names it, and where it stands.
    unknown = lmi("source", "check", SOURCE, "--file", str(file), "--format", "csv")
    assert unknown.returncode == 1
    assert "E05005150" in findings(unknown)[-1]["what"] and "record 16" in findings(unknown)[-1]["what"]
    with declaration.open("a") as more:
        more.write('\n[[layouts.table.ignore]]\nlabel = "area_code"\npattern = "E05.*"\nreason = "a ward"\n')
    good = lmi("source", "check", SOURCE, "--file", str(file), "--format", "csv")
    assert good.returncode == 0, good.stdout + good.stderr
    told = [f["what"] for f in findings(good)]
    assert "15 cells: 14 figures, 0 missing, 1 ignored" in told and "1 cells ignored: a ward" in told
    assert re.search(r"(\d+) of \d+ checks passed", " ".join(told))
    declaration.unlink()
    expectations.unlink()


def test_a_source_s_id_is_its_department_and_name(lmi: Command) -> None:
    done = lmi("source", "new", "notified_vacancies")
    assert done.returncode == 1 and "ons/name, dfe/name or dwp/name" in done.stderr
    there = lmi("source", "new", "dwp/claimant_count_by_la")
    assert there.returncode == 1 and "there already" in there.stderr
    absent = lmi("source", "check", "dwp/nothing", "--format", "csv")
    assert absent.returncode == 1 and [f["what"] for f in findings(absent)] == ["there is no such file"] * 2
