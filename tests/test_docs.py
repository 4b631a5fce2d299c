"""The documents say what the code says: tables, commands, paths, attributions and worked examples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from docs import make_docs
from lmi.cli import app
from lmi.registry import load
from lmi.tables import MATURITIES, STATUSES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
MAX_PICTURE_BYTES = 150 * 1000
IN_CODE = re.compile(r"`([^`\n]+)`|^(?:\$ )?((?:lmi|make|\.\\make) .*)$", re.MULTILINE)
VERBS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def commands(text: str, word: str) -> Iterator[list[str]]:
    """Yield the words of each command of `text` that begins with `word`, in prose or in a block."""
    for inline, line in IN_CODE.findall(text):
        words = (inline or line).split("#")[0].split()
        if words[:1] == [word] and len(words) > 1:
            yield words[1:]


def examples(page: str) -> dict[str, str]:
    """Return the files that a guide writes out: path -> text."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def test_the_list_of_tables_is_rendered_from_today_s_contracts() -> None:
    rendered = make_docs.render_tables()
    assert make_docs.TABLES.read_text(encoding="utf-8") == rendered, "run python -m docs.make_docs"


def test_the_marts_as_parsed_are_those_of_today_s_files() -> None:
    assert make_docs.PARSED.read_text(encoding="utf-8") == make_docs.render_parsed(), "run python -m docs.make_docs"


def test_the_readme_carries_the_words_of_every_source() -> None:
    assert make_docs.render_readme(README) == README, "run python -m docs.make_docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_lmi_command_of_a_page_exists_with_its_options(page: Path) -> None:
    for verb, *rest in commands(page.read_text(encoding="utf-8"), "lmi"):
        assert verb in VERBS, f"{page.name} names lmi {verb}"
        command = VERBS[verb]
        if rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest[0]]
        known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--data", "--help"}
        unknown = [word for word in rest if word.startswith("--") and word not in known]
        assert not unknown, f"{page.name} names lmi {verb} {' '.join(unknown)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    linux = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    windows = re.findall(r'if "%1"=="(\w+)"', (ROOT / "make.cmd").read_text(encoding="utf-8"))
    assert {words[0] for words in commands(text, "make")} <= set(linux)
    assert {words[0] for words in commands(text, ".\\make")} <= set(windows)


def test_the_readme_gives_both_commands_for_both_kinds_of_system() -> None:
    top = README[: README.index("## ")]
    assert all(f"`{command}`" in top for command in ("make refresh", "make test", ".\\make refresh", ".\\make test"))


def test_every_path_of_the_readme_exists() -> None:
    named = re.findall(r"`((?:lmi|docs|tests|flows|expectations)/[^`]*)`", README)
    assert named
    for path in named:
        fixed = path.split("<")[0].split("*")[0]
        assert (ROOT / fixed).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if target.startswith("https://"):
            continue
        there = (page.parent / path) if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9_ -]", "", h.lower()).strip().replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{page.name} links to {target}"


def test_the_picture_is_small_and_its_text_is_the_one_that_was_drawn() -> None:
    (picture,) = (ROOT / "docs" / "images").glob("*.png")
    assert picture.stat().st_size <= MAX_PICTURE_BYTES
    drawn = picture.with_suffix(".txt").read_text(encoding="utf-8").strip()
    assert f"![{drawn}](docs/images/{picture.name})" in README


def test_the_readme_quotes_one_build_and_no_figure_that_may_not_be_published() -> None:
    builds = set(re.findall(r"build `([^`]+)`", README))
    assert len(builds) == 1, "run python -m docs.draw_gap"
    rows = re.findall(r"^\S.* skills_gap-[0-9a-f]{12}$", README, re.MULTILINE)
    # Of a gap that may be published, what may be published is the gap: its class stands before that word.
    classes = [re.search(r" ([A-Z]) +gap +\S+ +skills_gap-", row) for row in rows if not row.startswith("$")]
    assert classes and {found and found.group(1) for found in classes} <= {"A", "B"}


def test_the_readme_states_the_declared_sizes_of_the_quality_classes() -> None:
    declared = load().assumptions
    for name in ("quality_a_people", "quality_b_people"):
        assert f"{declared[name].value:,.0f}" in README


def test_the_glossary_explains_every_status_maturity_basis_and_kind() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    indicators = load().indicators.values()
    words = {*STATUSES, *MATURITIES, *(i.basis for i in indicators), *(i.kind for i in indicators)}
    assert {word for word in words if f"`{word}`" not in glossary} == set()


def test_a_dataset_is_added_with_the_four_files_of_the_guide_and_no_other(tmp_path: Path) -> None:
    files = examples("adding-a-dataset.md")
    assert len(files) == 4
    for name in ("lmi", "expectations", "tests", "data/raw/baseline"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in files.items():
        assert not (tmp_path / name).exists(), f"{name} would be edited"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (test,) = (name for name in files if Path(name).name.startswith("test_"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_area_of_the_guide_agrees_with_every_look_up(tmp_path: Path) -> None:
    import pyarrow as pa

    from lmi.geography import disagreements, scope_of
    from tests.sources.conftest import Staged

    ((name, text),) = examples("adding-an-area.md").items()
    shutil.copytree(ROOT / "lmi", tmp_path / "lmi", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / name).write_text(text, encoding="utf-8")
    area = load(tmp_path).area(Path(name).stem)
    looked_up = Staged([], tmp_path / "data").ingest
    known = pa.concat_tables(looked_up.lookups["area_members"])
    assert disagreements(area, known) == []
    assert set(area.same_as) | {area.code} <= set(known["area_code"].to_pylist())
    assert scope_of(area, looked_up.codes).areas.num_rows == 1 + len(area.members) + len(area.comparators)
