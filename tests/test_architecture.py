"""The import rule: a module may import what stands to its left, and each outside library has one home."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Left may be imported by right; names on one line do not import each other.
ORDER = (
    ("errors",),
    ("contract",),
    ("tables", "periods"),
    ("registry",),
    ("releases",),
    ("engine",),
    ("raw",),
    ("sources",),
    ("lookups", "labels", "figures"),
    ("staging", "corrections", "validate"),
    ("curate",),
    ("geography",),
    ("project",),
    ("warehouse",),
    ("marts",),
    ("publish",),
    ("lineage",),
    ("evidence",),
    ("pipeline",),
    ("flows",),
    ("cli",),
)
HOMES = {
    "httpx": ("lmi/raw/fetch/",),
    "prefect": ("flows/",),
    "great_expectations": ("lmi/validate/",),
    "duckdb": ("lmi/engine.py",),
    "duckdb_engine": ("lmi/validate/",),
    "sqlalchemy": ("lmi/validate/",),
    "sqlglot": ("lmi/marts/parse.py",),
    "python_calamine": ("lmi/raw/readers.py",),
    "openpyxl": ("lmi/raw/readers.py",),
    "numpy": ("lmi/project/", "lmi/raw/readers.py", "lmi/sources/parsers/"),
    "typer": ("lmi/cli.py",),
    "rich": ("lmi/pipeline/tables.py",),
    "pydantic": ("lmi/registry/",),
    "jinja2": ("lmi/evidence/html.py",),
    "xlsxwriter": ("lmi/evidence/xlsx.py",),
    "docx": ("lmi/evidence/docx.py",),
    "weasyprint": ("lmi/evidence/pdf.py",),
    "vl_convert": ("lmi/evidence/png.py",),
}
RANK = {name: i for i, names in enumerate(ORDER) for name in names}


def modules() -> list[Path]:
    return sorted([*(ROOT / "lmi").rglob("*.py"), *(ROOT / "flows").rglob("*.py")])


def room(path: Path) -> str | None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "flows":
        return "flows"
    return parts[1] if parts[1] != "__init__" else None


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_stands_to_its_left(path: Path) -> None:
    here = room(path)
    if here is None:
        return
    assert here in RANK, f"{here} has no place in the order"
    for name in imported(path):
        parts = name.split(".")
        there = "flows" if parts[0] == "flows" else parts[1] if parts[0] == "lmi" and len(parts) > 1 else None
        if there in RANK and there != here:
            assert RANK[there] < RANK[here], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_each_outside_library_has_one_home(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for name in imported(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or place.startswith(homes), f"{place} imports {name}"


def test_no_code_names_a_place_or_a_year() -> None:
    area = re.compile(r"E0[67]0\d{5}|\b(Lancashire|Burnley|Blackpool|Cumbria)\b")
    for path in [*modules(), *(ROOT / "lmi").rglob("*.sql")]:
        found = area.search(path.read_text(encoding="utf-8").replace("Lancashire LMI", ""))
        assert found is None, f"{path.relative_to(ROOT)} names {found.group()}"


def test_a_source_is_named_nowhere_but_in_its_own_files() -> None:
    sources = [
        p.relative_to(ROOT / "lmi/sources").with_suffix("").as_posix() for p in (ROOT / "lmi/sources").rglob("*.toml")
    ]
    assert sources
    for path in modules():
        text = path.read_text(encoding="utf-8")
        own = path.relative_to(ROOT).with_suffix("").as_posix()
        named = [s for s in sources if s in text and not own.endswith(s)]
        assert not named, f"{own} names {named}"


def test_help_imports_no_slow_library() -> None:
    import subprocess
    import sys

    slow = ("duckdb", "pyarrow", "pandas", "prefect", "great_expectations", "pydantic")
    code = f"import sys, lmi.cli; print([m for m in {slow!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_small_products_are_done_in_one_thread_unless_the_environment_says_otherwise() -> None:
    told = "import os, lmi; print(os.environ['OPENBLAS_NUM_THREADS'])"
    for given, expected in ((None, "1"), ("2", "2")):
        env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
        env |= {"OPENBLAS_NUM_THREADS": given} if given else {}
        made = subprocess.run(
            [sys.executable, "-c", told], env=env, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert made.stdout.strip() == expected
