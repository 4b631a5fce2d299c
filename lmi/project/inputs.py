"""What the projection reads, as Arrow tables, and the few ways of turning them into arrays.

Owns: the list of relations, the reading of rows by area, code and year, and the declared assumptions.
Never: opens a database, fills a hole with a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Mapping_
from copy import copy
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import ContractError, CoverageError, DeclarationError

Floats = NDArray[np.floating]
Keys = NDArray[np.int64]
NO_KEY = -1  # stands where no cell is; a cell's key is zero or more


@dataclass(frozen=True)
class ProjectionInputs:
    """One Arrow table per relation of the build database; a field's name is the relation's name."""

    projected_jobs_total: pa.Table
    projected_jobs_by_industry22: pa.Table
    projected_jobs_by_occupation_major: pa.Table
    projected_jobs_by_occupation_submajor: pa.Table
    projected_jobs_by_qualification: pa.Table
    projected_jobs_by_occupation_submajor_and_qualification: pa.Table
    projected_jobs_by_industry22_and_occupation_major: pa.Table
    projected_replacement_demand_by_occupation_submajor: pa.Table
    projected_replacement_demand_by_industry22: pa.Table
    projected_replacement_demand_by_qualification: pa.Table
    bres_employment_by_division: pa.Table
    bres_employment_by_subclass: pa.Table
    fe_learner_achievements_by_level: pa.Table
    fe_learner_achievements_by_full_level: pa.Table
    fe_aim_achievements_by_subject: pa.Table
    apprenticeship_achievements_by_provider: pa.Table
    apprenticeship_standard_achievements_by_provider_and_standard: pa.Table
    crosswalks: pa.Table
    areas: pa.Table
    area_members: pa.Table
    sector_members: pa.Table
    assumptions: pa.Table
    backtest_widths: pa.Table
    overrides: pa.Table
    codes: pa.Table
    census_workers_by_section: pa.Table
    commuters_by_workplace_by_workplace: pa.Table
    commuters_by_home_by_home: pa.Table
    home_workers_total: pa.Table
    population_by_age_and_sex: pa.Table
    projected_population_by_broad_age: pa.Table
    projected_population_2014_based_by_age_and_sex: pa.Table
    residents_economic_activity_active: pa.Table
    residents_economic_activity_total: pa.Table
    residents_economic_activity_by_activity: pa.Table
    dfe_hub_residents_by_qualification_by_qualification: pa.Table
    dfe_hub_residents_by_qualification_by_qualification_and_age: pa.Table
    claimants_total: pa.Table
    online_job_adverts_by_occupation_submajor: pa.Table
    occupation_hourly_pay_by_occupation_submajor_and_statistic: pa.Table
    occupation_hourly_pay_by_statistic: pa.Table

    @classmethod
    def required_views(cls) -> tuple[str, ...]:
        """Return the names of the relations to read, in the order of the fields."""
        return tuple(f.name for f in fields(cls))

    @classmethod
    def from_reader(cls, read: Callable[[str], pa.Table]) -> ProjectionInputs:
        """Return the inputs, each read by `read(relation name)`."""
        return cls(**{name: read(name) for name in cls.required_views()})


@dataclass(frozen=True)
class Grid:
    """Figures of one area by code and year: `values` is NaN and `keys` is NO_KEY where nothing is published."""

    codes: tuple[str, ...]
    years: NDArray[np.int64]
    values: Floats
    keys: Keys

    def take(self, codes: Sequence[str], years: Sequence[int] | NDArray[np.int64]) -> Grid:
        """Return the grid for these codes and years. Raises CoverageError naming what is absent."""
        lost = [c for c in codes if c not in self.codes] + [str(y) for y in years if y not in self.years]
        if lost:
            raise CoverageError("codes or years that the projection needs are absent.", found=f"no {', '.join(lost)}")
        at = np.ix_(np.array([self.codes.index(c) for c in codes], dtype=np.int64), np.searchsorted(self.years, years))
        return Grid(tuple(codes), np.asarray(years, dtype=np.int64), self.values[at], self.keys[at])

    def all_keys(self) -> Keys:
        """Return the keys of every published figure of the grid."""
        return self.keys[self.keys != NO_KEY]


class Assumptions:
    """The declared numbers, looked up by id."""

    def __init__(self, table: pa.Table) -> None:
        ids = texts(table, "assumption_id").tolist()
        units = texts(table, "unit").tolist() if "unit" in table.column_names else [""] * len(ids)
        self._units = dict(zip(ids, units, strict=True))
        self._values: dict[str, float] = dict(zip(ids, figures(table).tolist(), strict=True))
        self._keys: dict[str, int] = dict(zip(ids, whole(table, "obs_key").tolist(), strict=True))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> float:
        """Return the value of `name`. Raises CoverageError when it is not declared."""
        if name not in self._values:
            raise CoverageError(
                f"the assumption {name} is not declared.",
                source="lmi/declared/assumptions.toml",
                do=f"add an [[assumption]] with id {name}, a value, a quality mark and a basis.",
            )
        return self._values[name]

    def changed(self, values: Mapping_[str, float]) -> Assumptions:
        """Return the assumptions with other values, their keys unchanged.

        Raises DeclarationError for an id that is not declared, or a share that is not between nothing and all.
        """
        made = copy(self)
        made._values = {**self._values, **values}
        for name, value in values.items():
            if name not in self._values:
                raise DeclarationError(
                    f"there is no assumption {name!r} to change.", do="lmi/declared/assumptions.toml lists them."
                )
            if self._units[name] in ("share", "probability") and not 0 <= value <= 1:
                raise DeclarationError(
                    f"the assumption {name} is a {self._units[name]}.", expected="0 to 1", found=f"{value:g}",
                    do="give a value between nothing and all.",
                )  # fmt: skip
        return made

    def integer(self, name: str) -> int:
        """Return the value of `name` as a whole number."""
        return int(self[name])

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the ids that begin with `prefix`, sorted."""
        return tuple(sorted(name for name in self._values if name.startswith(prefix)))

    def keys(self, *names: str) -> Keys:
        """Return the keys of these assumptions, for lineage."""
        for name in names:
            self[name]
        return np.array([self._keys[name] for name in names], dtype=np.int64)


def texts(table: pa.Table, column: str) -> NDArray[np.str_]:
    """Return a text column as a numpy array of strings."""
    made: NDArray[np.str_] = np.asarray(table[column].cast(pa.string()).to_numpy(zero_copy_only=False), dtype=np.str_)
    return made


def whole(table: pa.Table, column: str) -> Keys:
    """Return a column of whole numbers."""
    return np.asarray(table[column].cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)


def figures(table: pa.Table) -> Floats:
    """Return the values, 0 where the publisher says the figure rounds to zero, NaN where it is missing."""
    values = np.asarray(table["value"].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    if "status" not in table.column_names:
        return values
    rounded = np.asarray(pc.equal(table["status"], pa.scalar("rounded_to_zero")).fill_null(False))
    return np.where(np.isnan(values) & rounded, 0.0, values)


def rows_of(table: pa.Table, areas: Sequence[str], **same: str | int) -> pa.Table:
    """Return the rows of these areas whose columns equal the given values."""
    if len(areas) == 1:
        mask = pc.equal(table["area_code"], pa.scalar(areas[0]))
    else:
        mask = pc.is_in(table["area_code"], value_set=pa.array(list(areas), pa.string()))
    for column, value in same.items():
        mask = pc.and_(mask, pc.equal(table[column], pa.scalar(value)))
    return table.filter(mask)


def with_anybody(table: pa.Table) -> pa.Table:
    """Return the rows with a figure above zero: where nobody is counted in all of them, nothing is at hand."""
    return table.filter(pc.greater(table["value"], 0))


def grid(table: pa.Table, area: str, column: str | None) -> Grid:
    """Return the published figures of `area` by the codes of `column` (one code `_T` when None) and year.

    Codes are sorted. Raises ContractError when two figures stand in one place: a view that counts twice.
    """
    rows = rows_of(table, [area])
    codes = texts(rows, column) if column else np.repeat(np.array(["_T"]), rows.num_rows)
    return _grid(codes, whole(rows, "year"), figures(rows), whole(rows, "obs_key"))


def _grid(codes: NDArray[np.str_], years: Keys, values: Floats, keys: Keys) -> Grid:
    names, row = np.unique(codes, return_inverse=True)
    span, column = np.unique(years, return_inverse=True)
    place = row * max(len(span), 1) + column
    if len(np.unique(place)) != len(place):
        raise ContractError("a view holds two figures for one code and year.", do="mend the view: it counts twice.")
    made = np.full((len(names), len(span)), np.nan)
    known = np.full((len(names), len(span)), NO_KEY, dtype=np.int64)
    made[row, column], known[row, column] = values, keys
    return Grid(tuple(str(n) for n in names), span, made, known)


def place(table: pa.Table, areas: Sequence[str], column: str, codes: Sequence[str]) -> Floats:
    """Return figures by (area, code), summed where several are published, nothing where none is; other codes are left out."""
    kept = table.filter(pc.is_in(table[column], value_set=pa.array(list(codes), pa.string())))
    made = np.zeros((len(areas), len(codes)))
    at = positions(texts(kept, "area_code"), areas), positions(texts(kept, column), codes)
    np.add.at(made, at, np.nan_to_num(figures(kept)))
    return made


def positions(found: NDArray[np.str_], codes: Sequence[str]) -> Keys:
    """Return the place of each text in `codes`, -1 for a text that is not among them."""
    order = {c: n for n, c in enumerate(codes)}
    return np.array([order.get(c, -1) for c in found.tolist()], dtype=np.int64)


def members_of(inputs: ProjectionInputs, area: str) -> tuple[str, ...]:
    """Return the districts that make up `area`, sorted, or nothing when no look-up says so."""
    rows = rows_of(inputs.area_members, [area])
    return tuple(sorted(set(texts(rows, "member_code").tolist()) - {area}))


@dataclass(frozen=True)
class Mapping:
    """One weighted mapping as aligned arrays."""

    sources: NDArray[np.str_]
    targets: NDArray[np.str_]
    weights: Floats
    keys: Keys

    def matrix(self, sources: Sequence[str], targets: Sequence[str]) -> tuple[Floats, Keys]:
        """Return the weights and their cells' keys, sources down and targets across; 0 and NO_KEY where unmapped."""
        row = {code: n for n, code in enumerate(sources)}
        column = {code: n for n, code in enumerate(targets)}
        pairs = [
            (row[s], column[t], n)
            for n, (s, t) in enumerate(zip(self.sources.tolist(), self.targets.tolist(), strict=True))
            if s in row and t in column
        ]
        weights = np.zeros((len(row), len(column)))
        keys = np.full((len(row), len(column)), NO_KEY, dtype=np.int64)
        if pairs:
            i, j, n = np.array(pairs).T
            weights[i, j], keys[i, j] = self.weights[n], self.keys[n]
        return weights, keys


def mapping(inputs: ProjectionInputs, crosswalk_id: str) -> Mapping:
    """Return one crosswalk. Raises CoverageError when it is not there."""
    rows = inputs.crosswalks.filter(pc.equal(inputs.crosswalks["crosswalk_id"], pa.scalar(crosswalk_id)))
    if not rows.num_rows:
        raise CoverageError(
            f"the mapping {crosswalk_id} is absent.",
            do="land the look-up that produces it, or refresh from the baseline.",
        )
    weights = np.asarray(rows["weight"].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    if not (weights >= 0).all():
        raise ContractError(
            f"the mapping {crosswalk_id} has a weight that is missing or below zero.", expected="weights of 0 and more",
            found=f"{int((~(weights >= 0)).sum())} others", do="mend the look-up that produces it.",
        )  # fmt: skip
    return Mapping(texts(rows, "from_code"), texts(rows, "to_code"), weights, whole(rows, "obs_key"))
