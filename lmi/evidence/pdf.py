"""A pack as one tagged PDF (PDF/UA), printed from the same pages as the site.

Owns: the print document. Never: fetches anything; what a page would load from outside is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lmi.errors import LmiError
from lmi.evidence.document import Pack
from lmi.evidence.html import TEMPLATES, render_whole
from lmi.evidence.xlsx import missing

FILE = "evidence.pdf"


def write_pdf(pack: Pack, folder: Path) -> None:
    """Write the main pages; pages of single routes, sectors and districts are in the site."""
    pages = tuple(page for page in pack.pages if not page.parent)
    style = (TEMPLATES / "print.css").read_text(encoding="utf-8")
    text = render_whole(pack, pages, style)
    made = library().HTML(string=text, url_fetcher=_refuse, base_url="about:blank")
    made.write_pdf(folder / FILE, pdf_variant="pdf/ua-1")


def _refuse(url: str, *_: object, **__: object) -> Any:
    raise LmiError("a printed page asked for something outside the pack.", found=url)


def library() -> Any:
    """Return the library of this format. Raises LmiError that says how to install it where it is absent."""
    try:
        import weasyprint  # type: ignore[import-untyped,import-not-found]
    except ImportError as error:
        raise missing("pdf", "weasyprint") from error
    return weasyprint
