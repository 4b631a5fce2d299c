"""Which codes mean the area, its districts and its comparators.

Owns: the scope of a build, and the check that declared members agree with the look-ups. Never: adds up figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import CoverageError
from lmi.registry import Area


@dataclass(frozen=True)
class Scope:
    """The areas of one build.

    `areas`: area_code, area_id, name, kind (area, district, comparator, part), parent. A part with a parent is a county
    of the area: it holds several districts, and some figures are published for it and not for them. `aliases`:
    published_code, area_code, one row for each code under which publishers print an area of the scope, its own code included.
    """

    areas: pa.Table
    aliases: pa.Table

    @property
    def published_codes(self) -> list[str]:
        """Every code whose figures belong to the build."""
        return self.aliases["published_code"].to_pylist()


def scope_of(area: Area, codes: pa.Table) -> Scope:
    """Return the scope of `area`. `codes` is tables.CODES. Raises CoverageError when a code has no name anywhere."""
    names = dict(zip(codes["code"].to_pylist(), codes["name"].to_pylist(), strict=True))
    missing = [code for code in (*area.members, *area.comparators, *area.counties) if code not in names]
    if missing:
        raise CoverageError(
            "the area names codes that no look-up knows.",
            place=f"declared/areas/{area.id}.toml",
            found=", ".join(missing),
            do="correct the codes, or land a newer geography look-up.",
        )
    rows: list[tuple[str, str, str, str, str | None]] = [(area.code, area.id, area.name, "area", None)]
    rows += [(code, area.id, names[code], "district", area.code) for code in area.members]
    rows += [(code, area.id, names[code], "comparator", None) for code in area.comparators]
    rows += [(code, area.id, f"{names[code]} (county)", "part", area.code) for code in area.counties]
    rows.sort()
    areas = pa.table(
        dict(zip(("area_code", "area_id", "name", "kind", "parent"), map(list, zip(*rows, strict=True)), strict=True)),
        schema=pa.schema([(n, pa.string()) for n in ("area_code", "area_id", "name", "kind", "parent")]),
    )
    pairs = sorted([(row[0], row[0]) for row in rows] + [(code, area.code) for code in area.same_as])
    aliases = pa.table(
        {"published_code": [p for p, _ in pairs], "area_code": [c for _, c in pairs]},
        schema=pa.schema([("published_code", pa.string()), ("area_code", pa.string())]),
    )
    return Scope(areas, aliases)


def disagreements(area: Area, area_members: pa.Table) -> list[str]:
    """Return in words where a look-up gives the area, or a code of the same extent, other members than declared.

    A boundary that moved shows here: it is reported, never followed silently. `area_members` is tables.AREA_MEMBERS.
    """
    found: list[str] = []
    declared = set(area.members)
    for code in (area.code, *area.same_as):
        theirs = area_members.filter(pc.equal(area_members["area_code"], code))
        for lookup in sorted(set(theirs["lookup"].to_pylist())):
            members = set(theirs.filter(pc.equal(theirs["lookup"], lookup))["member_code"].to_pylist())
            if members != declared:
                more, fewer = sorted(members - declared), sorted(declared - members)
                found.append(f"{lookup} gives {code} other members: also {more or 'none'}, without {fewer or 'none'}")
    return found


def predecessors_of(area: Area, crosswalks: pa.Table) -> dict[str, tuple[str, ...]]:
    """Return the districts that went whole into each member of the area, for members that are newer than they.

    `crosswalks` is tables.CROSSWALKS. A district that was divided is in none: its figures cannot be told for either part.
    """
    moves = crosswalks.filter(pc.equal(crosswalks["crosswalk_id"], "lad_to_current"))
    found: dict[str, set[str]] = {}
    for row in moves.select(["from_code", "to_code", "weight"]).to_pylist():
        if row["to_code"] in area.members and row["from_code"] != row["to_code"] and row["weight"] == 1:
            found.setdefault(row["to_code"], set()).add(row["from_code"])
    return {code: tuple(sorted(before)) for code, before in sorted(found.items())}


def members_in(area: Area, predecessors: Mapping[str, Collection[str]], published: Collection[str]) -> list[str]:
    """Return the districts that a file must have: the members, or those before one where the file knows these and not it.

    `published` are the codes of the file. Where one of those before is missing, the member itself is asked for, so that a
    code that was lost is still found.
    """
    wanted: list[str] = []
    for member in area.members:
        before = predecessors.get(member, ())
        older = bool(before) and member not in published and set(before) <= set(published)
        wanted += before if older else [member]
    return wanted


def peers_of(area: Area, codes: pa.Table) -> dict[str, str]:
    """Return the codes and names of the other areas of skills improvement panels, where this area is one of them.

    Of these only what areas are ranked by is read.
    """
    panels = codes.filter(pc.equal(codes["scheme"], "lsip"))
    names = dict(zip(panels["code"].to_pylist(), panels["name"].to_pylist(), strict=True))
    return {c: n for c, n in sorted(names.items()) if c != area.code} if area.code in names else {}


def parts_of(whole: str, area_members: pa.Table, codes: pa.Table) -> pa.Table:
    """Return the NUTS2 areas that make up a country: area_code, part_code, obs_key (the first cell that says so).

    Some figures are printed for the parts only. A GSS code's first letter is its country, so a NUTS2 area belongs to
    the country of its districts.
    """
    level2 = codes.filter(pc.and_(pc.equal(codes["scheme"], "nuts2"), pc.equal(codes["level"], "nuts2")))["code"]
    country = pc.starts_with(area_members["member_code"], whole[0])
    mine = area_members.filter(pc.and_(pc.is_in(area_members["area_code"], level2.combine_chunks()), country))
    firsts = mine.group_by("area_code").aggregate([("obs_key", "min")]).sort_by("area_code")
    return pa.table(
        {
            "area_code": pa.array([whole] * firsts.num_rows, pa.string()),
            "part_code": firsts["area_code"],
            "obs_key": firsts["obs_key_min"],
        }
    )
