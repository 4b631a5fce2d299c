"""A pack as one workbook in the accessible style: contents, notes, then one table a sheet, from cell A1 on.

Owns: sheets, their names and their order. Never: a formula, a merged cell, meaning by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lmi.errors import LmiError
from lmi.evidence.document import Pack, Page, Table, plain, plain_one
from lmi.evidence.quote import Figure

FILE = "evidence.xlsx"
_WIDEST = 60
_TABLE_FROM = 3  # rows above the table: title, what the sheet holds, source line


def write_xlsx(pack: Pack, folder: Path) -> None:
    """Write the tables of the pack's main pages; those of single routes, sectors and districts are CSV files."""
    shown = [(page, table) for page, table in pack.tables() if not page.parent]
    names = _sheet_names([table.id for _, table in shown])
    book = library().Workbook(
        folder / FILE, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": pack.title, "comments": f"build {pack.build}, as known on {pack.as_of}"})
    looks = {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "link": book.add_format({"font_color": "#00558c", "underline": 1}),
    }
    _contents(book, looks, pack, shown, names)
    _notes(book, looks, pack)
    for page, table in shown:
        _sheet(book, looks, page, table, names[table.id])
    book.close()


def _contents(
    book: Any, looks: dict[str, Any], pack: Pack, shown: Sequence[tuple[Page, Table]], names: dict[str, str]
) -> None:
    sheet = book.add_worksheet("Contents")
    sheet.write_string(0, 0, pack.title, looks["title"])
    sheet.write_string(1, 0, f"As known on {pack.as_of}, build {pack.build}. One table a sheet.")
    rows = [(names[t.id], t.caption, page.title) for page, t in shown]
    rows = [("Notes", "What the marks mean", "Notes"), *rows]
    _table(sheet, looks, "contents_of_this_workbook", ["Sheet", "Table", "Page"], 2, len(rows))
    for n, (name, caption, title) in enumerate(rows, start=3):
        sheet.write_url(n, 0, f"internal:'{name}'!A1", looks["link"], name)
        sheet.write_string(n, 1, caption, looks["text"])
        sheet.write_string(n, 2, title, looks["text"])
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, _WIDEST)


def _notes(book: Any, looks: dict[str, Any], pack: Pack) -> None:
    sheet = book.add_worksheet("Notes")
    sheet.write_string(0, 0, "Notes", looks["title"])
    sheet.write_string(1, 0, "This sheet has one table.")
    marks = (
        ("withheld", "Not fit to print: too few jobs behind the figure, or a claim that may not hold."),
        ("not available", "The publisher gives no figure, or the build holds none."),
        ("A", "May be quoted."),
        ("B, indicative", "Use judgement, and say so when you quote it."),
        ("C, not printed", "Not fit to print, or there is no figure."),
        ("Citation", "The name of a figure. lmi explain and a citation show what is behind it."),
        ("Other tables", "Tables of single routes, sectors and districts are in the folder csv."),
    )
    _table(sheet, looks, "notes_on_marks_and_words", ["Mark or word", "Meaning"], 2, len(marks))
    for n, (mark, means) in enumerate(marks, start=3):
        sheet.write_string(n, 0, mark, looks["text"])
        sheet.write_string(n, 1, means, looks["text"])
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)


def _sheet(book: Any, looks: dict[str, Any], page: Page, table: Table, name: str) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, table.caption, looks["title"])
    about = f"{page.title}. This sheet has one table. Citations of its figures stand to the right of them."
    sheet.write_string(1, 0, " ".join([about, *(plain(note) for note in table.notes)]))
    sheet.write_url(2, 0, "internal:'Contents'!A1", looks["link"], "Back to the contents")
    cited = [n for n in range(len(table.heads)) if any(isinstance(row[n], Figure) for row in table.rows)]
    heads = [f"{h.title} ({h.unit})" if h.unit else h.title for h in table.heads]
    heads += [f"Citation: {table.heads[n].title}" for n in cited]
    _table(sheet, looks, f"table_{name}", _unique(heads), _TABLE_FROM, len(table.rows))
    formats: dict[str, Any] = {}
    for down, row in enumerate(table.rows, start=_TABLE_FROM + 1):
        for across, part in enumerate(row):
            if isinstance(part, Figure):
                form = _number_format(part)
                if form not in formats:
                    formats[form] = book.add_format({"num_format": form, "valign": "top"})
                sheet.write_number(down, across, part.number, formats[form])
            else:
                sheet.write_string(down, across, plain_one(part), looks["text"])
        for across, n in enumerate(cited, start=len(table.heads)):
            part = row[n]
            sheet.write_string(down, across, part.citation if isinstance(part, Figure) else "", looks["text"])
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, len(heads) - 1, 18)
    if cited:
        sheet.set_column(len(table.heads), len(heads) - 1, 36)
    sheet.freeze_panes(_TABLE_FROM + 1, table.row_heads)


def _table(sheet: Any, looks: dict[str, Any], name: str, heads: Sequence[str], first: int, rows: int) -> None:
    """Mark a block as a table, so that readers of the screen announce it with its headings."""
    sheet.add_table(
        first,
        0,
        first + max(rows, 1),
        len(heads) - 1,
        {
            "name": "".join(c if c.isalnum() else "_" for c in name),
            "columns": [{"header": h, "header_format": looks["head"]} for h in heads],
            "autofilter": False,
            "style": None,
        },
    )


def _number_format(figure: Figure) -> str:
    places = "." + "0" * figure.places if figure.places else ""
    if figure.text.endswith("%"):
        return f'0{places}"%"'
    return f'"£"#,##0{places}' if "£" in figure.text else f"#,##0{places}"


def _sheet_names(ids: Sequence[str]) -> dict[str, str]:
    """Return a name of at most 31 signs for each table, without signs that a sheet's name may not hold."""
    named: dict[str, str] = {}
    for n, id in enumerate(ids, start=1):
        bare = "".join(c if c.isalnum() else "_" for c in id)
        named[id] = f"{n}_{bare}"[:31]
    return named


def _unique(heads: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    made = []
    for head in heads:
        seen[head.lower()] = seen.get(head.lower(), 0) + 1
        made.append(head if seen[head.lower()] == 1 else f"{head}, again")
    return made


def library() -> Any:
    """Return the library of this format. Raises LmiError that says how to install it where it is absent."""
    try:
        import xlsxwriter  # type: ignore[import-untyped,import-not-found]
    except ImportError as error:
        raise missing("xlsx", "xlsxwriter") from error
    return xlsxwriter


def missing(form: str, library: str) -> LmiError:
    """Return the error for a format whose library is not installed."""
    return LmiError(
        f"the format {form} needs the package {library}, which is not installed.",
        do="install the extra `report`: pip install 'lancashire-lmi[report]', or leave the format out.",
    )
