"""Words for codes: what stands in a table where a mart holds a code.

Owns: which look-up names which column, and declared words for ids. Never: invents a name; an unknown code stays itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from lmi.evidence.quote import Row
from lmi.evidence.read import Reader
from lmi.evidence.words import day
from lmi.tables import TOTAL

#: Column of a mart -> (look-up, its code, its name).
_LOOKUPS = {
    "area_code": ("dim_area", "area_code", "name"),
    "route": ("dim_route", "route", "name"),
    "sector_id": ("dim_sector", "sector_id", "title"),
    "occupation": ("dim_occupation", "occupation", "name"),
    "industry": ("dim_industry", "industry", "name"),
    "qualification": ("dim_qualification", "qualification", "name"),
    "level": ("dim_qualification", "qualification", "name"),
    "publishable_route": ("dim_route", "route", "name"),
    "publishable_level": ("dim_qualification", "qualification", "name"),
    "source_id": ("dim_source", "source_id", "title"),
    "subject": ("dim_subject", "subject", "name"),
}
#: A column `code` means what the row's breakdown says.
_BREAKDOWNS = {
    "subject": "subject",
    "level": "qualification",
    "full_level": "qualification",
    "provision": "qualification",
    "industry22": "industry",
    "sector6": "industry",
    "qualification": "qualification",
    "occupation_major": "occupation",
    "occupation_submajor": "occupation",
}
_MEASURES = {
    "subject": "subject",
    "industry": "industry",
    "occupation": "occupation",
    "adverts": "occupation",
    "qualification": "qualification",
}
#: Columns whose ids are words themselves, and words in them that are initials.
_WORDS = ("standard", "driver", "detail")
_INITIALS = ("ai", "fmcg", "hgv", "hm", "hr", "ict", "it", "lgv", "nmc", "pr")
#: Of code lists that share codes, the one that the marts' codes are from.
_SCHEMES = ("soc2020", "si2035_industry", "rqf", "fe_level", "apprenticeship_level", "ssa_tier1")


class Names:
    """Names of codes in one build."""

    def __init__(self, reader: Reader, words: Mapping[str, str]) -> None:
        self._words = words
        self._named: dict[str, dict[str, str]] = {}
        for table, code, name in set(_LOOKUPS.values()):
            if table not in reader.marts:
                continue
            scheme = "scheme" if reader.has_column(table, "scheme") else "''"
            found = reader.sql(f"select {code}, {name}, {scheme} as of_list from {table} order by {code}, of_list desc")
            known: dict[str, tuple[int, str]] = {}
            for value, text, of in found:
                rank = _SCHEMES.index(of) if of in _SCHEMES else len(_SCHEMES)
                if value not in known or rank < known[value][0]:
                    known[str(value)] = (rank, str(text))
            self._named[table] = {value: text for value, (_, text) in known.items()}

    def of(self, row: Row, column: str) -> str:
        """Return the words for the code in `column` of `row`; the code itself when nobody names it."""
        value = row.values[column]
        if value is None:
            return ""
        if isinstance(value, date):
            return day(value)
        text = str(value)
        if text == TOTAL:
            return "All"
        own = self._words.get(f"{column}.{text}")
        if own is not None:
            return own
        meant = _code_of(row) if column == "code" else column
        if meant in _LOOKUPS:
            found = self._named.get(_LOOKUPS[meant][0], {}).get(text)
            if found is not None:
                return found
        own = self._words.get(text)
        if own is None and column in _WORDS:
            words = [w.upper() if w in _INITIALS else w for w in text.split("_")]
            own = " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
        return own or (text.replace("_", " ") if "_" in text and not text[0].isdigit() else text)


def _code_of(row: Row) -> str:
    """Return the code list of a column `code`: by the row's breakdown, else by what its measure says it is by."""
    if "breakdown" in row.values:
        return _BREAKDOWNS.get(str(row.values["breakdown"]), "")
    measure = str(row.values.get("measure", ""))
    return next((meant for word, meant in _MEASURES.items() if word in measure), "")
