"""Apprenticeship achievements of residents by route and level.

Owns: each provider's own mix of standards applied to the residents who achieved there. Never: counts starts, so that
no apprentice fills an opening twice. Method: METHODOLOGY section 5 (S3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats, Keys, Mapping, figures, rows_of, whole
from lmi.project.keys import BAND_OF, BANDS

FULL_YEAR = "academic_year"
NATIONAL = "national mix"
PUBLISHED_LEVELS: Lookup[str, str] = {"APP-2": "2", "APP-3": "3", "APP-4": "4-5"}


@dataclass(frozen=True)
class Detail:
    """Achievements of residents by provider and kind of standard, with what each kind is."""

    providers: tuple[str, ...]
    subjects: tuple[str, ...]  # per kind
    band: NDArray[np.int64]  # per kind
    route: Floats  # (kind, route)
    achieved: Floats  # (provider, kind)


@dataclass(frozen=True)
class Places:
    """The same achievements by where the residents live."""

    codes: tuple[str, ...]
    by_route: Floats  # (place, route, band)
    by_level: Floats  # (place, published level)


NOWHERE = Places((), np.zeros((0, 0, 0)), np.zeros((0, 0)))


@dataclass(frozen=True)
class Apprenticeships:
    """Achievements of one academic year, in apprenticeships."""

    year: int
    by_route: Floats  # (route, band)
    by_level: Floats  # (published level,), in the order of PUBLISHED_LEVELS
    providers: tuple[str, ...]
    provider_keys: tuple[Keys, ...]  # cells of residents and of standards behind each provider's part
    feeds: NDArray[np.bool_]  # (provider, route, band)
    standards_unmatched: float  # share of achievements whose standard is in no look-up
    without_mix: float  # share of achievements at providers without a mix of their own
    missing_cells: int
    detail: Detail
    places: Places = NOWHERE


@dataclass(frozen=True)
class Destinations:
    """Where each kind of standard leads: shares by route, and its band, with the cells that say so."""

    route: Floats  # (kind, route)
    band: NDArray[np.int64]
    known: NDArray[np.bool_]
    keys: tuple[Keys, ...]


def has_full_year(table: pa.Table) -> bool:
    """Return whether the table holds a figure for any whole academic year."""
    return bool(_full_years(table).num_rows)


def _full_years(table: pa.Table) -> pa.Table:
    return table.filter(pc.and_(pc.equal(table["period_kind"], pa.scalar(FULL_YEAR)), pc.is_valid(table["value"])))


def latest_full_year(table: pa.Table) -> int:
    """Return the last calendar year in which a whole academic year ends; parts of a year never count."""
    rows = _full_years(table)
    if not rows.num_rows:
        raise CoverageError(
            "no whole academic year of provision is at hand.", do="land a release that covers a whole academic year."
        )
    return int(pc.max(rows["year"]).as_py())


def full_year(table: pa.Table, areas: Sequence[str], year: int) -> pa.Table:
    """Return the rows of these areas for the whole academic year that ends in `year`."""
    return rows_of(table, areas, year=year, period_kind=FULL_YEAR)


def count_achievements(
    home: pa.Table, standards: pa.Table, year: int, routes: Sequence[str], to_route: Mapping, to_level: Mapping,
    subject_to_route: Mapping,
) -> Apprenticeships:  # fmt: skip
    """Return residents' achievements by route and band: each provider's count times its own mix of standards.

    `home` and `standards` hold one academic year. A provider without standards takes the national mix. A standard in
    no look-up goes by its subject's routes and its published level; higher ones then count at levels 4 to 5.
    """
    names, home_at = np.unique(_provider_ids(home), return_inverse=True)
    home_values = figures(home)
    missing = int(np.isnan(home_values).sum())
    achieved = np.bincount(home_at, np.nan_to_num(home_values), len(names))
    mix_values = np.nan_to_num(figures(standards))
    standards, mix_values = standards.filter(pa.array(mix_values > 0)), mix_values[mix_values > 0]
    kind_names, kind = _kinds(standards)
    leads = _destinations(kind_names, routes, to_route, to_level, subject_to_route)
    at = _positions(_provider_ids(standards), names)
    here = at >= 0
    own = np.zeros((len(names), len(kind_names)))
    np.add.at(own, (at[here], kind[here]), mix_values[here])
    national = np.bincount(kind, mix_values, len(kind_names))
    has_mix = own.sum(axis=1) > 0
    mix = np.where(has_mix[:, None], own, national[None, :])
    weight = achieved[:, None] * np.divide(mix, mix.sum(axis=1, keepdims=True))
    onehot = np.zeros((len(kind_names), len(BANDS)))
    onehot[np.arange(len(kind_names)), leads.band] = 1
    per_kind = weight.sum(axis=0)
    places, place = _encode(home, "area_code")
    of_place = np.zeros((len(places), len(names)))
    np.add.at(of_place, (place, home_at), np.nan_to_num(home_values))
    kinds_of_place = of_place @ np.divide(mix, mix.sum(axis=1, keepdims=True))
    level = np.zeros((len(kind_names), len(PUBLISHED_LEVELS)))
    for n, published in enumerate(PUBLISHED_LEVELS):
        level[:, n] = [published == k[2] for k in kind_names]
    leads_to = ((leads.route > 0)[:, :, None] * onehot[:, None, :]).reshape(len(kind_names), -1)
    feeds = ((weight > 0).astype(np.float32) @ leads_to.astype(np.float32) > 0).reshape(len(names), -1, len(BANDS))
    present = np.nonzero(achieved > 0)[0]
    cells = _provider_cells(present, home, home_at, standards, at, kind, leads, has_mix)
    return Apprenticeships(
        year, leads.route.T @ (per_kind[:, None] * onehot), per_kind @ level,
        tuple(str(names[p]) for p in present), cells, feeds[present],
        float(per_kind[~leads.known].sum() / max(per_kind.sum(), 1.0)),
        float(achieved[~has_mix].sum() / max(achieved.sum(), 1.0)), missing,
        Detail(
            tuple(str(names[p]) for p in present), tuple(k[1] for k in kind_names), leads.band, leads.route,
            weight[present],
        ),
        Places(
            tuple(places),
            np.einsum("pk,kr,kb->prb", kinds_of_place, leads.route, onehot, optimize=True), kinds_of_place @ level,
        ),
    )  # fmt: skip


def _provider_ids(table: pa.Table) -> NDArray[np.str_]:
    """Return provider codes by which two tables can be joined: the eight-digit UKPRN where the code holds one."""
    words, index = _encode(table, "provider")
    return np.array([_provider_id(name) for name in words] or [""], dtype=np.str_)[index]


def _encode(table: pa.Table, column: str) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct words of a column and which one each row holds."""
    encoded = table[column].cast(pa.string()).combine_chunks().dictionary_encode()
    return [str(word) for word in encoded.dictionary.to_pylist()], np.asarray(encoded.indices, dtype=np.int64)


def _provider_id(name: str) -> str:
    found = re.search(r"\b(\d{8})\b", name)
    return found.group(1) if found else name.strip().lower()


def _positions(values: NDArray[np.str_], names: NDArray[np.str_]) -> NDArray[np.int64]:
    at = np.clip(np.searchsorted(names, values), 0, max(len(names) - 1, 0))
    return np.where(names[at] == values, at, -1) if len(names) else np.full(len(values), -1)


def _kinds(table: pa.Table) -> tuple[list[tuple[str, str, str]], NDArray[np.int64]]:
    """Return the distinct (standard, subject, published level) of the rows and which one each row is."""
    words, index = zip(*(_encode(table, c) for c in ("detail", "subject", "qualification")), strict=True)
    size = [max(len(w), 1) for w in words]
    flat = (index[0] * size[1] + index[1]) * size[2] + index[2]
    distinct, kind = np.unique(flat, return_inverse=True)
    names = [
        (words[0][f // (size[1] * size[2])], words[1][f // size[2] % size[1]], words[2][f % size[2]])
        for f in distinct.tolist()
    ]
    return names, kind


def _destinations(
    kinds: list[tuple[str, str, str]], routes: Sequence[str], to_route: Mapping, to_level: Mapping, by_subject: Mapping
) -> Destinations:
    details, subjects = sorted({k[0] for k in kinds}), sorted({k[1] for k in kinds})
    named, named_keys = to_route.matrix(details, routes)
    usual, usual_keys = by_subject.matrix(subjects, routes)
    listed = zip(to_level.sources.tolist(), to_level.targets.tolist(), to_level.keys.tolist(), strict=True)
    level = {s: (_band_of_level(t), k) for s, t, k in listed}
    detail_at, subject_at = {d: n for n, d in enumerate(details)}, {s: n for n, s in enumerate(subjects)}
    share, band, known, keys = np.zeros((len(kinds), len(routes))), [], [], []
    for n, (detail, subject, published) in enumerate(kinds):
        matched = named[detail_at[detail]].any()
        share[n] = named[detail_at[detail]] if matched else usual[subject_at[subject]]
        used = named_keys[detail_at[detail]] if matched else usual_keys[subject_at[subject]]
        found = level.get(detail)
        band.append(BANDS.index(found[0] if found else _published_band(published)))
        known.append(bool(matched))
        keys.append(np.append(used[used >= 0], [found[1]] if found else []).astype(np.int64))
    share[:, -1] = 1 - share[:, :-1].sum(axis=1)
    return Destinations(share, np.array(band, dtype=np.int64), np.array(known, dtype=bool), tuple(keys))


def _band_of_level(text: str) -> str:
    """Return the band of a level written with its number last, as 3, RQF3 or APP-3."""
    found = re.findall(r"\d+", text)
    code = f"RQF{found[-1]}" if found else ""
    if code not in BAND_OF:
        raise CoverageError("a standard's level that no band is known for.", found=text)
    return BAND_OF[code]


def _published_band(published: str) -> str:
    if published not in PUBLISHED_LEVELS:
        raise CoverageError("an apprenticeship level that no band is known for.", found=published)
    return PUBLISHED_LEVELS[published]


def _provider_cells(
    present: NDArray[np.int64], home: pa.Table, home_at: NDArray[np.int64], standards: pa.Table, at: NDArray[np.int64],
    kind: NDArray[np.int64], leads: Destinations, has_mix: NDArray[np.bool_],
) -> tuple[Keys, ...]:  # fmt: skip
    home_keys, mix_keys = whole(home, "obs_key"), whole(standards, "obs_key")
    positive = np.flatnonzero(figures(home) > 0)
    residents, mixes = _grouped(home_at[positive]), _grouped(at)
    everything = np.arange(len(at))
    made = []
    for p in present.tolist():
        mine = mixes.get(p, everything[:0]) if has_mix[p] else everything
        looked_up = [leads.keys[k] for k in np.unique(kind[mine]).tolist()]
        lived = positive[residents.get(p, everything[:0])]
        made.append(np.concatenate([home_keys[lived], mix_keys[mine], *looked_up]))
    return tuple(made)


def _grouped(at: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return the positions at which each number stands."""
    order = np.argsort(at, kind="stable")
    numbers, first = np.unique(at[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, first[1:]), strict=True)) if len(at) else {}
