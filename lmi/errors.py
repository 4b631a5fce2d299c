"""The errors that a person can act on. Every one is a single paragraph.

Owns: the wording rule (source, place, expected, found, what to do). Never: catches or logs anything.
"""

from __future__ import annotations


class LmiError(Exception):
    """A stated failure. `str(error)` is one paragraph fit to print without a trace."""

    def __init__(
        self,
        what: str,
        *,
        source: str | None = None,
        place: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        do: str | None = None,
    ) -> None:
        self.what, self.source, self.place = what, source, place
        self.expected, self.found, self.do = expected, found, do
        super().__init__(self.paragraph())

    def paragraph(self) -> str:
        """Return the error as one paragraph: where, what, expected, found, what to do."""
        where = ", ".join(part for part in (self.source, self.place) if part)
        text = f"{where}: {self.what}" if where else self.what
        if self.expected:
            text += f" Expected: {self.expected}."
        if self.found:
            text += f" Found: {self.found}."
        if self.do:
            text += f" What to do: {self.do}"
        return " ".join(text.split())


class DeclarationError(LmiError):
    """A TOML declaration is wrong: names the file and the key."""


class ParseError(LmiError):
    """A file does not have the layout that its source declares."""


class UnrecognisedFile(ParseError):
    """A landed file matches no source, or matches a layout that is declared as refused."""


class ContractError(LmiError):
    """A table does not keep its contract: column, type, key or range."""


class UnknownCode(LmiError):
    """A label, code or symbol that no look-up or declaration knows."""


class CoverageError(LmiError):
    """Something that must be present is absent: an area, a year, an occupation, a source."""


class ValidationFailed(LmiError):
    """An expectation of severity `critical` failed, so the source stops at its last good vintage."""


class SnapshotMismatch(LmiError):
    """Bytes on disk are not the bytes that the manifest names, or two files claim one vintage."""


class SourceUnavailable(LmiError):
    """A publisher could not be reached, or a source has no snapshot at all."""


class AccessRefused(SourceUnavailable):
    """A publisher asks for a key that is not there, or refuses the one that is."""


class SourceChanged(ParseError):
    """A publisher answered with something other than its service is known to give: kept, named, and not used."""


class StoreError(LmiError):
    """The data folder cannot be read or written: permission, full disk, or a lock held by a live run."""


class CorrectionExpired(LmiError):
    """A declared correction no longer meets the wrong value it was written for."""


class TraceError(LmiError):
    """A figure or a citation cannot be resolved to published cells."""
