"""The same pack as workbook, Word document, PDF and tidy files."""

from __future__ import annotations

import csv
import json
import re
import sys
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import LmiError
from lmi.publish import published_build
from tests.evidence.kit import NO_FIGURE, NUMBER, MadePack, few_pages, magnitude, make_pack
from tests.pipeline.builds import Built


@pytest.fixture(scope="module")
def printed(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> MadePack:
    """One pack for authors and analysts, whose every number is looked at."""
    for library in ("xlsxwriter", "docx"):
        pytest.importorskip(library, reason="the extra `report` is not installed")
    return make_pack(_database(baseline_build), tmp_path_factory.mktemp("printed") / "out", ("xlsx", "docx"))


@pytest.fixture(scope="module")
def workbook(printed: MadePack) -> tuple[MadePack, Any]:
    openpyxl = pytest.importorskip("openpyxl")
    return printed, openpyxl.load_workbook(printed.folder / "evidence.xlsx")


def _database(built: Built) -> Path:
    return published_build(built.data / "curated").database


def test_the_workbook_is_laid_out_for_all(workbook: tuple[MadePack, Any]) -> None:
    _, book = workbook
    assert book.sheetnames[:2] == ["Contents", "Notes"] and len(book.sheetnames) > 15
    listed = {cell.value for cell in book["Contents"]["A"]}
    for sheet in book.worksheets:
        assert len(sheet.tables) == 1, sheet.title
        assert not sheet.merged_cells.ranges
        assert sheet["A1"].value and (sheet.title == "Contents" or sheet.title in listed)
        (table,) = sheet.tables.values()
        heads = [cell.value for cell in sheet[table.ref.split(":")[0] : table.ref.split(":")[1]][0]]
        assert all(heads) and len(set(heads)) == len(heads)


def test_no_cell_of_the_workbook_is_a_formula(workbook: tuple[MadePack, Any]) -> None:
    _, book = workbook
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in line), sheet.title


def test_every_number_of_the_workbook_is_cited(workbook: tuple[MadePack, Any]) -> None:
    made, book = workbook
    figures = made.record["figures"]
    seen = 0
    for sheet in book.worksheets:
        heads: list[str] = []
        for line in sheet.iter_rows(values_only=True):
            if any(isinstance(v, str) and v.startswith("Citation: ") for v in line):
                heads = [str(v) for v in line]
                continue
            for n, value in enumerate(line):
                if isinstance(value, (int, float)):
                    named = next(h for h in (heads[n], heads[n].rpartition(" (")[0]) if f"Citation: {h}" in heads)
                    cited = line[heads.index(f"Citation: {named}")]
                    printed = {magnitude(t).replace(",", "") for t in figures[cited]["printed"]}
                    assert any(float(p) == abs(value) for p in printed), f"{sheet.title}: {value} is not {cited}"
                    seen += 1
    assert seen > 500


def test_texts_that_begin_like_formulas_stay_texts(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter", reason="the extra `report` is not installed")
    openpyxl = pytest.importorskip("openpyxl")
    from lmi.evidence.document import Head, Name, Pack, Page, Section, Table
    from lmi.evidence.xlsx import write_xlsx

    evil = ("=1+1", "+1", "-1", "@x", "http://x.example")
    table = Table("t", "=cap", (Head("=head"),), tuple((Name(e),) for e in evil))
    page = Page("p.html", "P", "", "g", (Section("s", "S", (table,)),))
    write_xlsx(Pack("T", "A", "today", "b", (page,), ""), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "evidence.xlsx").worksheets[2]
    values = [c.value for c in sheet["A"]]
    assert values[4:] == list(evil) and all(c.data_type == "s" and not c.hyperlink for c in sheet["A"][4:])


def test_every_number_of_the_word_document_is_cited(printed: MadePack) -> None:
    docx = pytest.importorskip("docx", reason="the extra `report` is not installed")
    document = docx.Document(printed.folder / "evidence.docx")
    cited = {magnitude(t) for f in printed.record["figures"].values() for t in f["printed"]}
    paragraphs = list(document.paragraphs)
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(docx.oxml.ns.qn("w:tblHeader")) is not None
        paragraphs += [p for cell in table._cells for p in cell.paragraphs]
    figures = 0
    for paragraph in paragraphs:
        for run in paragraph.runs:
            if run.style.name == "Figure cited":
                figures += 1
                assert magnitude(run.text) in cited, run.text
            elif run.style.name != "Data words":
                assert not NUMBER.search(NO_FIGURE.sub("", run.text)), run.text
    assert figures > 500
    for shape in document.inline_shapes:
        assert shape._inline.docPr.get("descr")


def test_the_word_document_is_laid_out_for_authors(printed: MadePack) -> None:
    """A4, nothing wider than the text, numbers to the right, headings that skip no level, a chapter a page, contents."""
    docx = pytest.importorskip("docx", reason="the extra `report` is not installed")
    document = docx.Document(printed.folder / "evidence.docx")
    page = document.sections[0]
    wide = page.page_width - page.left_margin - page.right_margin
    assert (round(page.page_width.cm, 1), round(page.page_height.cm, 1)) == (21.0, 29.7)
    assert all(shape.width <= wide for shape in document.inline_shapes) and len(document.inline_shapes) > 5
    for table in document.tables:
        assert sum(cell.width for cell in table.rows[0].cells) <= wide * 1.001
    first = document.tables[0]
    assert {c.paragraphs[0].alignment for c in first.column_cells(1)} == {docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT}
    levels = [int(p.style.name[-1]) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == 1 and all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert document.styles["Heading 1"].paragraph_format.page_break_before
    assert "TOC" in document.element.xml and "PAGE" in page.footer._element.xml


def test_the_pdf_is_tagged(baseline_build: Built, tmp_path: Path) -> None:
    """Headlines, a page of tables with charts, and a folded table; the other pages have no other markup."""
    pytest.importorskip("weasyprint", reason="the extra `report` is not installed")
    declared = few_pages(tmp_path / "few", "page_gap", "page_method", "method")
    made = make_pack(_database(baseline_build), tmp_path / "out", ("pdf",), declared=declared)
    whole = (made.folder / "evidence.pdf").read_bytes()
    assert whole.startswith(b"%PDF-")
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", whole, re.DOTALL)
    content = whole + b"".join(zlib.decompressobj().decompress(p) for p in packed if p[:1] == b"x")
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"pdfuaid:part", b"/Lang"):
        assert mark in content, mark


def test_a_format_whose_library_is_absent_is_told_and_nothing_is_written(
    baseline_build: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form, library in (("xlsx", "xlsxwriter"), ("docx", "docx"), ("pdf", "weasyprint")):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(LmiError, match="extra `report`"):
            make_pack(_database(baseline_build), tmp_path / "out", ("html", form))
        assert not list(tmp_path.iterdir())


def test_the_metadata_is_true_of_the_tables(pack: MadePack) -> None:
    package = json.loads((pack.folder / "csv" / "datapackage.json").read_text(encoding="utf-8"))
    web = json.loads((pack.folder / "csv" / "csvw.json").read_text(encoding="utf-8"))
    assert {r["path"] for r in package["resources"]} == {p.name for p in (pack.folder / "csv").glob("*.csv")}
    assert [t["url"] for t in web["tables"]] == [r["path"] for r in package["resources"]]
    names = [r["name"] for r in package["resources"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[-a-z0-9._/]+", n) for n in names)
    for resource, table in zip(package["resources"], web["tables"], strict=True):
        fields, missing = resource["schema"]["fields"], set(resource["schema"]["missingValues"])
        with open(pack.folder / "csv" / resource["path"], encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
        assert head == [f["name"] for f in fields] == [c["titles"] for c in table["tableSchema"]["columns"]]
        for row in rows:
            for field, value in zip(fields, row, strict=True):
                assert field["type"] == "string" or value in missing or float(value) is not None


def test_the_data_package_is_valid(pack: MadePack) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed")
    report = frictionless.validate(str(pack.folder / "csv" / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])[:3]


def test_every_figure_of_a_csv_file_stands_in_the_record(pack: MadePack) -> None:
    figures = pack.record["figures"]
    for path in (pack.folder / "csv").glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for title, value in row.items():
                    cited = row.get(f"{title}: citation")
                    if cited:
                        printed = {magnitude(t).replace(",", "") for t in figures[cited]["printed"]}
                        assert value.lstrip("-") in printed, f"{path.name} {title}: {value}"
