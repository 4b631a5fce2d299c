"""GOV.UK: an attachment of a page, found through the page's content.

Owns: which attachment is meant, and its day. Never: reads it.
"""

from __future__ import annotations

import re
from datetime import datetime

from lmi.raw.fetch.client import CSV, WORKBOOK
from lmi.raw.fetch.ons import check_kind
from lmi.raw.fetch.session import Fetched, Session
from lmi.registry.queries import GovUkQuery


def fetch_govuk(query: GovUkQuery, session: Session) -> Fetched:
    """Return the attachment. Raises SourceChanged when the page has none of that title, or more than one."""
    answer = session.ask(session.url("api/content", query.page))
    page = session.json(answer)
    attachments = page["details"].get("attachments") or []
    named = [(a, a.get("filename") or a["url"].rpartition("/")[2]) for a in attachments]
    fits = [
        (a, n) for a, n in named if re.search(query.attachment, a.get("title", "")) or re.search(query.attachment, n)
    ]
    if len(fits) != 1:
        every = "; ".join(f"{a.get('title')} ({n})" for a, n in named) or "none"
        raise session.changed("there is not one attachment of this name.", answer.short_url, query.attachment, every)
    attachment, name = fits[0]
    file = session.newer(attachment["url"], accept=(*WORKBOOK, *CSV))
    if file is None:
        return Fetched("as held", session.today, "", attachment["url"], "")
    size = attachment.get("file_size")
    if size is not None and size != file.path.stat().st_size:
        found = f"{file.path.stat().st_size} bytes"
        raise session.changed("the file is not as long as its page says.", file.short_url, f"{size} bytes", found)
    check_kind(file, name, session)
    day = datetime.fromisoformat(page["public_updated_at"]).date()
    path = session.archive.name(name, file)
    return Fetched(day.isoformat(), day, "public_updated_at of the page", file.url, session.edition(file), path)
