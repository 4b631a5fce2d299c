"""A pack as a Word document for authors: headings, sentences, tables with heading rows, charts with their words.

Owns: the document's styles and order. Never: a figure outside the style `Figure`, by which it can be found again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lmi.evidence.document import (
    FOLDED,
    Bullets,
    Chart,
    Code,
    Gap,
    Inline,
    Name,
    Pack,
    Page,
    Parts,
    Section,
    Sentence,
    Table,
    Terms,
    Text,
    Time,
    plain,
    plain_one,
)  # fmt: skip
from lmi.evidence.png import to_png
from lmi.evidence.quote import Figure
from lmi.evidence.xlsx import missing

FILE = "evidence.docx"
FIGURE = "Figure cited"
#: Style of words that are the data's or a publisher's, of dates and of codes.
DATA = "Data words"
#: Width of the text on the page in centimetres, and the colour of headings.
_TEXT_WIDE, _INK = 17.0, "1A1A1A"
#: A column is as wide as its longest cell, within these numbers of letters.
_NARROW, _WIDE = 7, 34


def write_docx(pack: Pack, folder: Path) -> None:
    """Write the main pages as chapters; pages of single routes, sectors and districts are in the site."""
    document = library().Document()
    _prepare(document, pack)
    document.add_heading(pack.title, 0)
    _paragraph(document, (Text("As known on "), Time(pack.as_of), Text(", build "), Code(pack.build), Text(".")))
    chapters = [page for page in pack.pages if not page.parent]
    _contents(document, chapters)
    for page in chapters:
        _chapter(document, page, folder)
    document.save(folder / FILE)


def _prepare(document: Any, pack: Pack) -> None:
    from docx.enum.style import WD_STYLE_TYPE  # type: ignore[import-untyped,import-not-found]
    from docx.oxml.ns import qn  # type: ignore[import-untyped,import-not-found]
    from docx.shared import Cm, Pt, RGBColor  # type: ignore[import-untyped,import-not-found]

    document.core_properties.title = pack.title
    document.core_properties.language = "en-GB"
    document.core_properties.author = pack.title  # whose area it is is told there; the library would name itself
    document.styles["Normal"].font.size = Pt(11)
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    defaults.find(qn("w:lang")).set(qn("w:val"), "en-GB")
    _in_arial(defaults.find(qn("w:rFonts")))
    for name in (FIGURE, DATA):
        document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
    headings = ("Title", "Heading 1", "Heading 2", "Heading 3")
    for style in document.styles:
        if style.name.removesuffix(" Char") in (*headings, "Caption"):
            style.font.color.rgb = RGBColor.from_string(_INK)
            _in_arial(style.element.get_or_add_rPr().get_or_add_rFonts())
    document.styles["Caption"].font.size = Pt(10)
    document.styles["Heading 1"].paragraph_format.page_break_before = True
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm((21 - _TEXT_WIDE) / 2)
    footer = page.footer.paragraphs[0]
    footer.add_run(f"{pack.title}, build {pack.build}, page ").style = DATA
    _field(footer, "PAGE")


def _in_arial(fonts: Any) -> None:
    """Name the font; a theme's font would win over it."""
    from docx.oxml.ns import qn  # type: ignore[import-untyped,import-not-found]

    fonts.attrib.clear()
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), "Arial")


def _contents(document: Any, chapters: Sequence[Page]) -> None:
    """Add a table of contents that Word renews; until then it names the chapters."""
    paragraph = document.add_paragraph()
    _field(paragraph, 'TOC \\o "1-2" \\h', "\n".join(page.title for page in chapters))


def _field(paragraph: Any, instruction: str, shown: str = "") -> None:
    """Add a field of Word, with what stands there until Word works it out."""
    from docx.oxml import OxmlElement  # type: ignore[import-untyped,import-not-found]
    from docx.oxml.ns import qn  # type: ignore[import-untyped,import-not-found]

    for kind in ("begin", "instr", "separate", "shown", "end"):
        run = paragraph.add_run(shown) if kind == "shown" else paragraph.add_run()
        if kind == "instr":
            made = OxmlElement("w:instrText")
            made.set(qn("xml:space"), "preserve")
            made.text = f" {instruction} "
            run._r.append(made)
        elif kind != "shown":
            made = OxmlElement("w:fldChar")
            made.set(qn("w:fldCharType"), kind)
            run._r.append(made)


def _chapter(document: Any, page: Page, folder: Path) -> None:
    document.add_heading(page.title, 1)
    document.add_paragraph(page.lead)
    for section in page.sections:
        _section(document, section, folder)
    if page.footnotes:
        document.add_heading("Citations", 2)
        for note in page.footnotes:
            _paragraph(document, note, "List Bullet")


def _section(document: Any, section: Section, folder: Path) -> None:
    document.add_heading(section.title, 2)
    for block in section.blocks:
        if isinstance(block, Sentence):
            _paragraph(document, block.parts)
        elif isinstance(block, Gap):
            _paragraph(document, (Text(f"Not shown: {block.what}. "), Name(f"{block.reason}.")))
        elif isinstance(block, Table):
            _table(document, block, section.title)
        elif isinstance(block, Chart):
            _chart(document, block, folder)
        elif isinstance(block, Bullets):
            for item in block.items:
                _paragraph(document, item, "List Bullet")
        elif isinstance(block, Terms):
            for term, means in block.items:
                document.add_paragraph().add_run(term).bold = True
                document.add_paragraph(means)
    if section.note:
        document.add_paragraph(section.note)


def _paragraph(document: Any, parts: Parts, style: str | None = None) -> None:
    paragraph = document.add_paragraph(style=style)
    for part in parts:
        _run(paragraph, part)
        if isinstance(part, Figure) and part.indicative:
            paragraph.add_run(" (indicative)")


def _run(paragraph: Any, part: Inline) -> Any:
    """Add one part in the style that says what it is."""
    run = paragraph.add_run(part.text if isinstance(part, Figure) else plain_one(part))
    if isinstance(part, Figure):
        run.style = FIGURE
    elif not isinstance(part, Text):
        run.style = DATA
    return run


def _table(document: Any, table: Table, heading: str) -> None:
    if table.folded:
        document.add_paragraph(FOLDED)
        return
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # type: ignore[import-untyped,import-not-found]
    from docx.oxml import OxmlElement  # type: ignore[import-untyped,import-not-found]
    from docx.shared import Cm, Pt  # type: ignore[import-untyped,import-not-found]

    if table.caption != heading:
        caption = document.add_paragraph(style="Caption")
        caption.add_run(table.caption).style = DATA
        caption.paragraph_format.keep_with_next = True
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.heads))
    made.style = "Table Grid"
    # Repeated on every page, and known as headings to readers of the screen.
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    widths = [Cm(wide) for wide in _widths(table)]
    cells = made._cells  # a property that builds the list anew; asked for once
    for n, cell in enumerate(cells):
        cell.width = widths[n % len(widths)]
        if table.heads[n % len(widths)].number:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for row in made.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for n, head in enumerate(table.heads):
        words = f"{head.title} ({head.unit})" if head.unit else head.title
        run = _run(cells[n].paragraphs[0], Name(words) if head.number else Text(words))
        run.bold, run.font.size = True, Pt(9)
    for down, line in enumerate(table.rows, start=1):
        for n, part in enumerate(line):
            _run(cells[down * len(table.heads) + n].paragraphs[0], part).font.size = Pt(9)
    document.add_paragraph()
    for note in table.notes:
        _paragraph(document, note)


def _widths(table: Table) -> list[float]:
    """Return the width of each column in centimetres, by its longest word in the heading or its longest cell."""
    longest = []
    for n, head in enumerate(table.heads):
        words = max(len(word) for word in f"{head.title} {head.unit}".split())
        cells = max((len(plain_one(row[n])) for row in table.rows), default=0)
        longest.append(min(max(words, cells, _NARROW), _WIDE))
    return [_TEXT_WIDE * letters / sum(longest) for letters in longest]


def _chart(document: Any, chart: Chart, folder: Path) -> None:
    from docx.shared import Cm  # type: ignore[import-untyped,import-not-found]

    _paragraph(document, chart.title, "Heading 3")
    document.add_paragraph(chart.subtitle).paragraph_format.keep_with_next = True
    picture = to_png(chart)
    if picture is not None:
        (folder / "charts" / f"{chart.id}.png").write_bytes(picture)
        document.add_picture(io.BytesIO(picture), width=Cm(16))
        told = document.inline_shapes[-1]._inline.docPr
        told.set("descr", " ".join(plain(words) for words in chart.words))
        told.set("title", plain(chart.title))
    for words in chart.words:
        _paragraph(document, words, "List Bullet")


def library() -> Any:
    """Return the library of this format. Raises LmiError that says how to install it where it is absent."""
    try:
        import docx  # type: ignore[import-untyped,import-not-found]
    except ImportError as error:
        raise missing("docx", "python-docx") from error
    return docx
