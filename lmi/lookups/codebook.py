"""The code book: every known code, found by name, by code, or by the start of a name.

Owns: resolving one label by one rule, and the words of the error when that fails. Never: guesses; a name that two codes
share is no code.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from lmi.engine import table_digest
from lmi.errors import UnknownCode
from lmi.lookups.declared import Alias, Declared, read_declared
from lmi.lookups.names import normalise, slug
from lmi.lookups.tables import first_of_each
from lmi.registry import Rule
from lmi.tables import CELL_FIELDS, CODES

#: Codes of places never meet, so one rule may ask for any of them: scheme `area`, whose levels are these schemes.
AREA = "area"
AREA_SCHEMES = (
    "country", "region", "utla", "lad", "lsip", "lep", "cauth", "itl1", "itl2", "itl3", "nuts1", "nuts2", "nuts3",
)  # fmt: skip
#: Levels of codes that are no longer in use begin so. A name that old and new code share goes to the one in use.
FORMER = "former"

_Scope = tuple[str, str | None]  # a scheme and, when only one level of it is meant, that level


class CodeBook:
    """All codes of all schemes. `codes` is tables.CODES; of rows with one key the first stands."""

    def __init__(self, codes: pa.Table, aliases: Iterable[Alias] = (), declared: Declared | None = None) -> None:
        self._codes: pa.Table = first_of_each(CODES.conform(codes), CODES.key)
        self._own = declared
        self.aliases = tuple(aliases)
        self._levels: dict[str, dict[str, str]] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._named: dict[str, dict[str, list[str]]] = {}
        columns = [self._codes[c].to_pylist() for c in ("scheme", "code", "name", "level")]
        for scheme, code, name, level in zip(*columns, strict=True):
            self._levels.setdefault(scheme, {})[code] = level
            self._names.setdefault(scheme, {})[code] = name
            self._named.setdefault(scheme, {}).setdefault(normalise(name), []).append(code)
        self._aliases = {(a.scheme, normalise(a.label)): a for a in self.aliases}

    @classmethod
    def declared(cls, root: Path | None = None) -> CodeBook:
        """Return the book of declared codes and spellings alone. Raises DeclarationError naming file and record."""
        own = read_declared(root)
        return cls(own.codes, own.aliases, own)

    def extended(self, lookups: Mapping[str, Sequence[pa.Table]]) -> CodeBook:
        """Return a book that also knows the codes in `lookups` (name -> tables). What stands here already stays."""
        codes = pa.concat_tables([self._codes, *map(CODES.conform, lookups.get(CODES.name, ()))])
        return CodeBook(codes, self.aliases, self._own)

    def table(self) -> pa.Table:
        """Return all codes (tables.CODES), unique on their key."""
        return self._codes

    def declared_codes(self) -> pa.Table:
        """Return the codes that are ours (tables.CODES)."""
        return CODES.arrow_schema().empty_table() if self._own is None else self._own.codes

    def declared_cells(self) -> pa.Table:
        """Return the cells that our codes stand in (CELL_FIELDS), one a code, in the order of `declared_codes`."""
        return CELL_FIELDS.empty_table() if self._own is None else self._own.cells

    def declared_files(self) -> tuple[tuple[str, str, int], ...]:
        """Return (name, sha256, bytes) of the files that our codes and spellings are from; codes are in the first."""
        return () if self._own is None else self._own.files

    @cached_property
    def digest(self) -> str:
        """The digest of all codes and spellings."""
        spellings = "".join(f"{a.scheme}|{a.label}|{a.code};" for a in self.aliases)
        return hashlib.sha256((table_digest(self._codes) + spellings).encode()).hexdigest()

    def resolve(self, label: str, rule: Rule) -> str | None:
        """Return the code that `label` stands for, or None when no code, or more than one, fits.

        `label` is what the rule's pattern picked. The rule's scheme may be several, tried in order (`utla|lad`). Scheme
        `area` with level L is scheme L, and without a level any scheme of places. The prefix is for codes and slugs; a
        code found by name carries its own already.
        """
        text = label.strip()
        if rule.by == "const":
            return rule.value
        if rule.by == "text":
            return rule.prefix + text or None
        if rule.by in ("code", "slug"):
            made = rule.prefix + (slug(text) if rule.by == "slug" else text)
            unchecked = rule.by == "slug" and rule.scheme is None
            return made if unchecked or any(self._holds(made, scope) for scope in _scopes(rule)) else None
        found = [self._by_name(text, scope, rule.by) for scope in _scopes(rule)]
        if rule.scheme is not None and "|" in rule.scheme:
            found = [codes for codes in found if codes][:1]
        fits = set().union(*found)
        return fits.pop() if len(fits) == 1 else None

    def require(self, label: str, rule: Rule, *, source: str, place: str | None = None) -> str:
        """Return the code as `resolve` does. Raises UnknownCode naming the label, the source and the nearest names."""
        code = self.resolve(label, rule)
        if code is None:
            raise self.unknown(label, rule, source=source, place=place)
        return code

    def unknown(self, label: str, rule: Rule, *, source: str, place: str | None = None) -> UnknownCode:
        """Return the error for a label that `rule` does not resolve."""
        near = self.nearest(label, rule)
        scheme = f"{rule.scheme or AREA}{f', level {rule.level}' if rule.level else ''}"
        return UnknownCode(
            f"the label {label!r} stands for no code, or for more than one.",
            source=source,
            place=place,
            expected=f"a {'code' if rule.by == 'code' else 'name'} of scheme {scheme}"
            + (f", such as {'; '.join(near)}" if near else ""),
            found=repr(label),
            do="map it in the source's declaration, or add the spelling and its reason to lmi/declared.",
        )

    def nearest(self, label: str, rule: Rule, count: int = 3) -> list[str]:
        """Return the names most like `label` among those that the rule looks through, each with its code."""
        by_code = rule.by == "code"
        shown: dict[str, str] = {}
        for scheme, level in _scopes(rule):
            for code, name in self.names(scheme, level).items():
                shown.setdefault(code if by_code else normalise(name), f"{name} ({code})")
        near = difflib.get_close_matches(label if by_code else normalise(label), shown, n=count, cutoff=0)
        return [shown[key] for key in near]

    def names(self, scheme: str, level: str | None = None) -> dict[str, str]:
        """Return code -> name for one scheme, or for one level of it, sorted by code."""
        levels = self._levels.get(scheme, {})
        return {c: n for c, n in sorted(self._names.get(scheme, {}).items()) if level in (None, levels[c])}

    def ignored(self, label: str, scheme: str) -> str | None:
        """Return why `label` is declared to stand for no code of `scheme`, or None when it is not so declared."""
        alias = self._aliases.get((scheme, normalise(label)))
        return alias.reason if alias is not None and not alias.code else None

    def _holds(self, code: str, scope: _Scope) -> bool:
        scheme, level = scope
        found = self._levels.get(scheme, {}).get(code)
        return found is not None and level in (None, found)

    def _by_name(self, label: str, scope: _Scope, by: str) -> set[str]:
        scheme, level = scope
        key, named, levels = normalise(label), self._named.get(scheme, {}), self._levels.get(scheme, {})
        alias = self._aliases.get((scheme, key))
        if alias is not None and (not alias.code or level in (None, levels.get(alias.code, level))):
            return {alias.code} - {""}
        codes = list(named.get(key, ()))
        if by == "name_prefix" and not codes and key:
            codes = [code for name, many in named.items() if name.startswith(key) for code in many]
        codes = [code for code in codes if level in (None, levels[code])]
        return {code for code in codes if not levels[code].startswith(FORMER)} or set(codes)


def _scopes(rule: Rule) -> list[_Scope]:
    if rule.scheme in (None, AREA):
        return [(rule.level, None)] if rule.level in AREA_SCHEMES else [(scheme, rule.level) for scheme in AREA_SCHEMES]
    return [(scheme, rule.level) for scheme in str(rule.scheme).split("|")]
