"""One query, from the question to a file.

Owns: which connector speaks to which service, and what becomes of the kept answers when it ends. Never: lands a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lmi.errors import SourceChanged
from lmi.raw.fetch.ees import fetch_ees, fetch_ees_csv, fetch_ees_file
from lmi.raw.fetch.govuk import fetch_govuk
from lmi.raw.fetch.nomis import fetch_nomis
from lmi.raw.fetch.ons import fetch_arcgis, fetch_ons_beta, fetch_ons_website
from lmi.raw.fetch.session import Fetched, Session
from lmi.raw.fetch.statxplore import fetch_statxplore
from lmi.registry import AnyQuery

_CONNECTORS: dict[str, Callable[[Any, Session], Fetched]] = {
    "nomis": fetch_nomis,
    "ees": fetch_ees,
    "ees_csv": fetch_ees_csv,
    "ees_files": fetch_ees_file,
    "statxplore": fetch_statxplore,
    "arcgis": fetch_arcgis,
    "ons_beta": fetch_ons_beta,
    "ons_website": fetch_ons_website,
    "govuk": fetch_govuk,
}


def fetch(query: AnyQuery, session: Session) -> Fetched:
    """Return what the publisher has for `query`.

    Raises AccessRefused, SourceUnavailable or SourceChanged, each naming source and address. What came before a
    connection broke is taken up by the next run; what was wrong is kept apart, to be looked at.
    """
    try:
        found = _CONNECTORS[query.service](query, session)
    except SourceChanged:
        session.archive.refuse()
        raise
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        session.archive.refuse()
        said = f"{type(error).__name__}: {error}"
        raise session.changed(
            "the answer lacks a part that the service is known to give.", session.client.end.url, "that part", said
        ) from error
    folder = session.archive.close()
    if found.path is None:
        return found
    name = found.path.name
    return replace(found, path=folder / name, sha256=session.archive.digests[name])
