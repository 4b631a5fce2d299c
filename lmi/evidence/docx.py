"""A pack as a Word document for authors: headings, sentences, tables with heading rows, charts with their words.

Owns: the document's styles and order. Never: a figure outside the style `Figure`, by which it can be found again.
"""

from __future__ import annotations

import io
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


def write_docx(pack: Pack, folder: Path) -> None:
    """Write the main pages as chapters; pages of single routes, sectors and districts are in the site."""
    document = library().Document()
    _prepare(document, pack)
    document.add_heading(pack.title, 0)
    _paragraph(document, (Text("As known on "), Time(pack.as_of), Text(", build "), Code(pack.build), Text(".")))
    for page in pack.pages:
        if not page.parent:
            _chapter(document, page, folder)
    document.save(folder / FILE)


def _prepare(document: Any, pack: Pack) -> None:
    from docx.enum.style import WD_STYLE_TYPE  # type: ignore[import-untyped,import-not-found]
    from docx.oxml import OxmlElement  # type: ignore[import-untyped,import-not-found]
    from docx.oxml.ns import qn  # type: ignore[import-untyped,import-not-found]
    from docx.shared import Pt  # type: ignore[import-untyped,import-not-found]

    document.core_properties.title = pack.title
    document.core_properties.language = "en-GB"
    document.core_properties.author = "Lancashire LMI"
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    normal.element.get_or_add_rPr().append(language)
    for name in (FIGURE, DATA):
        document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)


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
            _table(document, block)
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


def _table(document: Any, table: Table) -> None:
    if table.folded:
        document.add_paragraph(FOLDED)
        return
    from docx.oxml import OxmlElement  # type: ignore[import-untyped,import-not-found]
    from docx.shared import Pt  # type: ignore[import-untyped,import-not-found]

    caption = document.add_paragraph()
    caption.add_run(table.caption).bold = True
    caption.paragraph_format.keep_with_next = True
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.heads))
    made.style = "Table Grid"
    # Repeated on every page, and known as headings to readers of the screen.
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    lines = [list(row) for row in table.rows]
    cells = made._cells  # a property that builds the list anew; asked for once
    for n, head in enumerate(table.heads):
        words = f"{head.title} ({head.unit})" if head.unit else head.title
        run = _run(cells[n].paragraphs[0], Name(words) if head.number else Text(words))
        run.bold, run.font.size = True, Pt(9)
    for down, line in enumerate(lines, start=1):
        for n, part in enumerate(line):
            _run(cells[down * len(table.heads) + n].paragraphs[0], part).font.size = Pt(9)
    document.add_paragraph()
    for note in table.notes:
        _paragraph(document, note)


def _chart(document: Any, chart: Chart, folder: Path) -> None:
    from docx.shared import Cm  # type: ignore[import-untyped,import-not-found]

    _paragraph(document, chart.title, "Heading 3")
    document.add_paragraph(chart.subtitle)
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
