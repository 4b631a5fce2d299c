"""What a scenario may change, and the file that says so.

Owns: the keys of a scenario's TOML and their limits. Never: computes, or knows an area's figures.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lmi.errors import DeclarationError
from lmi.registry.load import _made, repository_root
from lmi.registry.model import Declaration, Id

Band = Literal["below_2", "2", "3", "4-5", "6", "7+"]
Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=0)]
FOLDER = Path("lmi") / "declared" / "scenarios"


class Jobs(Declaration):
    """Jobs that come or go by name: an opening, a closure, a sector that is to grow. Exactly one of industry, sector."""

    industry: str | None = None  # industry22 code
    sector: Id | None = None  # priority sector of the area; the jobs go to its industries by their present size
    jobs: float  # above zero: more; reached in last_year
    first_year: int
    last_year: int | None = None  # the jobs come in a straight line from first_year to it; none: all in first_year

    @model_validator(mode="after")
    def _one_place(self) -> Jobs:
        if (self.industry is None) == (self.sector is None):
            raise ValueError("name either an industry or a sector")
        if self.last_year is not None and self.last_year < self.first_year:
            raise ValueError("last_year is before first_year")
        return self


class Provision(Declaration):
    """A change of provision. Exactly one of add and factor; what is not named is not narrowed."""

    stream: Literal["apprenticeships", "classroom"]
    of: Literal["starts", "achievement", "retention"]
    subject: str | None = None  # sector subject area, tier 1 or 2
    level: Band | None = None
    provider: str | None = None  # name or UKPRN as published; apprenticeships only
    add: float | None = None  # starts a year, of starts only
    factor: Factor | None = None  # 1.1 is a tenth more
    first_year: int
    last_year: int | None = None  # none: to the end

    @model_validator(mode="after")
    def _one_size(self) -> Provision:
        if (self.add is None) == (self.factor is None):
            raise ValueError("give either add or factor")
        if self.add is not None and self.of != "starts":
            raise ValueError("only starts can be added; achievement and retention take a factor")
        if self.provider is not None and self.stream == "classroom":
            raise ValueError("classroom provision is not published by provider for an area's residents")
        return self


class Displacement(Declaration):
    """Occupations that the official path expects to shrink do so faster; all jobs together stay as they are."""

    factor: Annotated[float, Field(ge=1)]  # 3 is three times the expected rate


class Substitution(Declaration):
    """Openings held at one level that people of another level take."""

    from_level: Band
    to_level: Band
    share: Share


class Assumed(Declaration):
    """Another value for a declared assumption."""

    id: str
    value: float


class Scenario(Declaration):
    """One what-if. Without any change it is the baseline."""

    id: Id
    title: str
    description: str
    author: str
    source: str  # where the numbers come from, or that they are the author's
    jobs: tuple[Jobs, ...] = ()
    provision: tuple[Provision, ...] = ()
    displacement: Displacement | None = None
    substitution: tuple[Substitution, ...] = ()
    assumption: tuple[Assumed, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Return whether the scenario is the baseline."""
        return not (self.jobs or self.provision or self.displacement or self.substitution or self.assumption)


def load_scenario(path: Path) -> Scenario:
    """Return the scenario of a TOML file. Raises DeclarationError naming the file and the key that is wrong."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(
            "the scenario cannot be read.", place=str(path), found=str(error),
            expected="a TOML file like those of lmi/declared/scenarios", do="mend the line, or name another file.",
        ) from error  # fmt: skip
    return _made(Scenario, body, path, path.parent)


def declared_scenarios(root: Path | None = None) -> dict[str, Path]:
    """Return the scenarios that come with the project, by id."""
    folder = (root or repository_root()) / FOLDER
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
