"""Names as they are compared.

Owns: `normalise` and `slug`. Never: knows a code.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = re.compile("['’`]")
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=10**5)
def normalise(name: str) -> str:
    """Return a name as it is compared: no case, accent, punctuation or entity; `&` is `and`; single spaces."""
    plain = unicodedata.normalize("NFKD", html.unescape(name)).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("&", " and ")
    return _OTHER.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def slug(name: str) -> str:
    """Return a name as an id: lower snake, the same for every spelling that `normalise` takes for one."""
    return normalise(name).replace(" ", "_")
