"""A pack as a site of plain pages: no script, no outside address is fetched, every text is escaped.

Owns: turning a pack into HTML files. Never: decides what a page says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from lmi.evidence.document import FOLDED, Link, Pack, Page, plain

TEMPLATES = Path(__file__).parent / "templates"


def write_site(pack: Pack, folder: Path, titles: Mapping[str, str]) -> None:
    """Write the pages and their style sheet below `folder`. `titles` names sources by id."""
    template = _environment().get_template("page.html.j2")
    menu = menu_of(pack)
    for page in pack.pages:
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        named = sorted({titles[s] for s in page.sources if s in titles})
        shown = Page(**{**page.__dict__, "sources": tuple(named)})
        text = template.render(
            pack=pack,
            page=shown,
            root="../" * page.path.count("/"),
            menu=menu,
            family=family_of(pack, page),
            inside=None,
        )
        path.write_text(text, encoding="utf-8")
    assets = folder / "assets"
    assets.mkdir(exist_ok=True)
    (assets / "style.css").write_bytes((TEMPLATES / "style.css").read_bytes())


def menu_of(pack: Pack) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the menu: groups in the order of their first page, with the pages that belong to no family."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for page in pack.pages:
        if not page.parent:
            groups.setdefault(page.group, []).append((page.title, page.path))
    return list(groups.items())


def family_of(pack: Pack, page: Page) -> list[tuple[str, str]]:
    """Return the pages below `page`, or beside it where it has a parent."""
    parent = page.parent or page.path
    return [(p.title, p.path) for p in pack.pages if p.parent == parent and p.path != page.path]


def render_whole(pack: Pack, pages: tuple[Page, ...], style: str) -> str:
    """Return the given pages as one HTML document, for print; links to other pages of the pack are words only."""
    return (
        _environment()
        .get_template("whole.html.j2")
        .render(pack=pack, pages=pages, style=style, root="#", inside={p.path for p in pages})
    )


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
    made.globals.update(kind_of=_kind_of, plain=plain, folded=FOLDED)
    return made


def _kind_of(thing: Any) -> str:
    return type(thing).__name__


__all__ = ["Link", "family_of", "menu_of", "render_whole", "write_site"]
