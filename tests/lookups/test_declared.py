"""Our own code lists: they load, they do not contradict themselves, and a mistake in them is named."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from lmi.errors import DeclarationError
from lmi.lookups import CodeBook, read_declared
from lmi.registry import Rule
from lmi.tables import snapshot_id_of

GOOD = {
    "codes.csv": "scheme,code,name,level,parent,alias\nnvq,NVQ0,No qualifications,level,,None; qualNone\n",
    "area_aliases.csv": 'scheme,label,code,reason\nlad,"Bristol, City of",E06000023,as printed\n',
    "code_aliases.csv": "scheme,label,code,reason\n",
}


def write(root: Path, **changed: str) -> Path:
    folder = root / "lmi" / "declared"
    folder.mkdir(parents=True)
    for name, text in {**GOOD, **{k.replace("__", "."): v for k, v in changed.items()}}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return root


def test_a_code_is_found_by_each_of_its_spellings(tmp_path: Path) -> None:
    book = CodeBook.declared(write(tmp_path))
    assert [book.resolve(name, Rule(scheme="nvq")) for name in ("No qualifications", "None", "qualNone")] == [
        "NVQ0"
    ] * 3
    assert book.resolve("Bristol, City of", Rule(scheme="lad")) == "E06000023"


def test_a_declared_code_leads_to_its_record_in_the_declared_file(tmp_path: Path) -> None:
    own = read_declared(write(tmp_path))
    (name, digest, size), *_ = own.files
    assert (name, size) == ("declared/codes.csv", len(GOOD["codes.csv"]))
    assert own.codes["obs_key"].to_pylist() == [snapshot_id_of(digest) * 2**32]
    assert own.cells.select(["ordinal", "row", "column", "text"]).to_pylist() == [
        {"ordinal": 0, "row": 2, "column": "code", "text": "NVQ0"}
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"codes__csv": "scheme,code,name\n"}, "declared/codes.csv, record 1"),
        ({"codes__csv": GOOD["codes.csv"] + "nvq,NVQ1,Level 1, or so,level,,\n"}, "declared/codes.csv, record 3"),
        ({"area_aliases__csv": GOOD["area_aliases.csv"] + 'lad,"Bristol City Of",E06000022,again\n'}, "two meanings"),
        ({"code_aliases__csv": GOOD["code_aliases.csv"] + "ssa,ICT,6,\n"}, "no reason"),
    ],
)
def test_a_mistake_is_named_by_file_and_record(tmp_path: Path, changed: dict[str, str], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        CodeBook.declared(write(tmp_path, **changed))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "lmi/declared/code_aliases.csv").unlink()
    with pytest.raises(DeclarationError, match=r"declared/code_aliases\.csv: the declaration is missing"):
        CodeBook.declared(tmp_path)


def test_no_code_of_ours_stands_twice_and_every_parent_of_its_own_scheme_is_there() -> None:
    codes = CodeBook.declared().declared_codes()
    keys = list(zip(codes["scheme"].to_pylist(), codes["code"].to_pylist(), strict=True))
    assert len(set(keys)) == len(keys)
    closed = {"rqf", "fe_level", "activity", "soc2010"}
    rows = codes.filter(pc.is_valid(codes["parent"])).select(["scheme", "parent"]).to_pylist()
    assert [r for r in rows if r["scheme"] in closed and (r["scheme"], r["parent"]) not in keys] == []


def test_small_lists_have_the_codes_that_the_published_tables_have() -> None:
    book = CodeBook.declared()
    count = {
        ("rqf", "level"): 9,
        ("rqf", "band"): 6,
        ("nvq", "level"): 7,
        ("fe_level", "level"): 6,
        ("fe_level", "full_level"): 2,
        ("fe_provision", "provision"): 3,
        ("apprenticeship_level", "level"): 3,
        ("nomis_broad_group", "group"): 18,
        ("aps_industry", "group"): 9,
        ("size_band", "band"): 4,
        ("activity", "activity"): 3,
        ("soc2010", "sub_major"): 25,
    }
    assert {key: len(book.names(*key)) for key in count} == count


@pytest.mark.parametrize(
    ("scheme", "label", "code"),
    [
        ("rqf", "RQF5 Foundation degree;Nursing;Teaching", "RQF5"),
        ("rqf", "RQF1 GCSE(below grade C) &amp; equivalent", "RQF1"),
        ("rqf", "No Qualification", "RQF0"),
        ("nvq", "Trade Apprenticeships", "TRADE"),
        ("nvq", "NVQ4+", "NVQ4"),
        ("fe_level", "Further education and skills: Full Level 3", "FE-3F"),
        ("fe_level", "Further education and skills: Essential Skills - English and maths", "FE-ESS"),
        ("fe_provision", "Community Learning", "community_learning"),
        ("apprenticeship_level", "Higher Apprenticeship", "APP-4"),
        ("aps_industry", "Agricuture and fishing", "APS-A"),
        ("aps_industry", "B,D,E Energy & water", "APS-BDE"),
        ("aps_industry", "Transport and Communication", "APS-HJ"),
        ("nomis_broad_group", "8 : Transport & storage (inc postal) (H)", "BIG-08"),
        ("nomis_broad_group", "Mining, quarrying & utilities", "BIG-02"),
        ("size_band", "Medium-sized (50 to 249)", "50-249"),
        ("activity", "Self Employed", "self_employed"),
        ("soc2010", "Teaching and Educational Professionals", "SOC10-23"),
        ("country", "England", "E92000001"),
    ],
)
def test_a_published_spelling_has_its_code(scheme: str, label: str, code: str) -> None:
    assert CodeBook.declared().resolve(label, Rule(scheme=scheme)) == code
