"""Look-up cells to tables: given rows, expected rows; what is refused and in which words."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmi.errors import ContractError, ParseError, UnknownCode
from lmi.lookups import build_lookup_tables, merge_lookups
from lmi.tables import obs_key
from tests.lookups.tables import cells, codebook, crosswalk, lookup

SNAPSHOT = 7
BOOK = codebook()


def build(records: list[dict[str, str | None]], *produces: dict, text: str | None = None) -> dict[str, pa.Table]:
    source, layout = lookup(*produces)
    return build_lookup_tables(cells(records, text), source, layout, SNAPSHOT, BOOK)


def columns(**specs: object) -> dict[str, dict[str, object]]:
    return {name: spec if isinstance(spec, dict) else {"const": spec} for name, spec in specs.items()}


def test_codes_are_trimmed_carry_their_cell_and_the_first_cell_of_a_code_stands() -> None:
    made = build(
        [
            {"code": "E69000019", "name": " Lancashire "},
            {"code": "E69000019", "name": "Lancs"},
            {"code": "E69000006", "name": "Cumbria"},
        ],
        {
            "table": "codes",
            "columns": columns(scheme="lsip", code={"label": "code"}, name={"label": "name"}, level="lsip"),
        },
    )
    assert made["codes"].to_pylist() == [
        {
            "scheme": "lsip",
            "code": "E69000019",
            "name": "Lancashire",
            "level": "lsip",
            "parent": None,
            "obs_key": obs_key(7, 0),
        },
        {
            "scheme": "lsip",
            "code": "E69000006",
            "name": "Cumbria",
            "level": "lsip",
            "parent": None,
            "obs_key": obs_key(7, 2),
        },
    ]


def test_each_step_of_a_column_does_what_its_name_says() -> None:
    made = build(
        [{"sic": "59.2", "full": "01: Crops & more", "n": "7", "where": "Wyre", "flag": "TRUE"}],
        {
            "table": "codes",
            "columns": {
                "scheme": {"label": "flag", "lower": True, "map": {"FALSE": "never"}, "pattern": ".*"},
                "code": {
                    "parts": [
                        {"label": "sic", "remove": ".", "pad_right": 4},
                        {"label": "n", "pad": 2, "prefix": "I22-"},
                    ]
                },
                "name": {"label": "full", "pattern": r"\d+: (.+)", "slug": True},
                "level": {"label": "flag", "map": {"TRUE": "in_use"}},
                "parent": {"label": "where", "scheme": "area", "level": "lad"},
            },
        },
    )
    assert [tuple(r.values())[:5] for r in made["codes"].to_pylist()] == [
        ("true", "5920:I22-07", "crops_and_more", "in_use", "E07000128")
    ]


def test_only_records_that_match_the_whole_pattern_are_rows_and_an_empty_text_is_an_empty_pattern() -> None:
    level = {"table": "codes", "columns": columns(scheme="s", code={"label": "c"}, name={"label": "c"}, level="x")}
    records: list[dict[str, str | None]] = [
        {"c": "1", "region": "N"},
        {"c": "11", "region": None},
        {"c": "2", "region": ""},
    ]
    assert build(records, {**level, "where": {"c": r"\d"}})["codes"]["code"].to_pylist() == ["1", "2"]
    assert build(records, {**level, "where": {"region": ""}})["codes"]["code"].to_pylist() == ["11", "2"]


def test_an_optional_column_is_null_where_it_may_be_and_no_row_where_it_may_not() -> None:
    made = build(
        [{"c": "1", "up": None}, {"c": "2", "up": "P"}, {"c": "", "up": "P"}],
        {
            "table": "codes",
            "columns": columns(
                scheme="s",
                code={"label": "c", "optional": True},
                name="n",
                level="x",
                parent={"label": "up", "optional": True},
            ),
        },
    )
    assert [(r["code"], r["parent"]) for r in made["codes"].to_pylist()] == [("1", None), ("2", "P")]


def test_members_and_sector_members_are_made_the_same_way() -> None:
    made = build(
        [{"sector": "Digital: a part", "sic": "62.01", "status": "published definition"}],
        {
            "table": "sector_members",
            "columns": columns(
                sector_id={"label": "sector", "slug": True},
                industry={"label": "sic", "remove": "."},
                industry_level="class",
                weight="1",
                definition_status={"label": "status", "pattern": "(published|proxy).*"},
            ),
        },
    )
    assert made["sector_members"].to_pylist() == [
        {
            "sector_id": "digital_a_part",
            "industry": "6201",
            "industry_level": "class",
            "weight": 1.0,
            "definition_status": "published",
            "obs_key": obs_key(7, 0),
        }
    ]


def test_a_weight_is_read_from_the_cell_itself() -> None:
    made = build(
        [{"w": "0.25", "a": "x", "b": "y"}, {"w": "0.75", "a": "x", "b": "z"}], crosswalk(complete=True), text="w"
    )
    assert [(r["from_code"], r["to_code"], r["weight"]) for r in made["crosswalks"].to_pylist()] == [
        ("x", "y", 0.25),
        ("x", "z", 0.75),
    ]


def test_a_complete_mapping_that_misses_one_is_refused_with_the_code_and_its_sum() -> None:
    with pytest.raises(
        ContractError, match=r"geography/a_lookup, a_to_b, from x: .*within 1e-06 of it.*Found: 0\.9999\."
    ):
        build([{"w": "0.9999", "a": "x", "b": "y"}, {"w": "1", "a": "v", "b": "y"}], crosswalk(complete=True), text="w")


def test_a_declared_tolerance_is_for_the_publishers_rounding() -> None:
    records: list[dict[str, str | None]] = [{"w": "0.3333", "a": "x", "b": b} for b in "pqr"]
    assert build(records, crosswalk(complete=True, tolerance=2e-4), text="w")["crosswalks"].num_rows == 3
    assert build(records, crosswalk(), text="w")["crosswalks"].num_rows == 3  # not declared complete


@given(st.dictionaries(st.sampled_from("vwxyz"), st.lists(st.integers(1, 10**6), min_size=1, max_size=5), min_size=1))
def test_shares_of_amounts_add_to_one_from_every_code(amounts: dict[str, list[int]]) -> None:
    records: list[dict[str, str | None]] = [
        {"n": str(n), "a": a, "b": str(i)} for a, many in amounts.items() for i, n in enumerate(many)
    ]
    made = build(records, crosswalk(complete=True, share=True), text="n")
    rows = made["crosswalks"].to_pylist()
    for a, many in amounts.items():
        assert sum(r["weight"] for r in rows if r["from_code"] == a) == pytest.approx(1.0, abs=1e-9)
        assert {r["to_code"]: r["weight"] for r in rows if r["from_code"] == a} == pytest.approx(
            {str(i): n / sum(many) for i, n in enumerate(many)}
        )


@given(st.lists(st.integers(0, 10**4), min_size=2, max_size=6), st.integers(1, 10**3))
def test_weights_that_do_not_add_to_one_are_never_taken_for_complete(parts: list[int], missing: int) -> None:
    whole = sum(parts) + missing
    records: list[dict[str, str | None]] = [{"w": repr(n / whole), "a": "x", "b": str(i)} for i, n in enumerate(parts)]
    with pytest.raises(ContractError, match="do not add to one"):
        build(records, crosswalk(complete=True), text="w")


def test_a_share_lists_the_cells_above_and_below_the_line() -> None:
    made = build(
        [
            {"n": "30", "a": "x", "b": "p"},
            {"n": "10", "a": "x", "b": "q"},
            {"n": "60", "a": "x", "b": "p"},
            {"n": "0", "a": "y", "b": "p"},
        ],
        crosswalk(complete=True, share=True),
        text="n",
    )
    assert [(r["from_code"], r["to_code"], r["weight"], r["obs_key"]) for r in made["crosswalks"].to_pylist()] == [
        ("x", "p", 0.9, obs_key(7, 0)),
        ("x", "q", 0.1, obs_key(7, 1)),
    ]
    inputs = [(r["to_code"], r["role"], r["input_key"] - obs_key(7, 0)) for r in made["crosswalk_inputs"].to_pylist()]
    assert inputs == [
        ("p", "part", 0),
        ("p", "part", 2),
        ("p", "whole", 0),
        ("p", "whole", 1),
        ("p", "whole", 2),
        ("q", "part", 1),
        ("q", "whole", 0),
        ("q", "whole", 1),
        ("q", "whole", 2),
    ]


@pytest.mark.parametrize(
    ("records", "produce", "error", "told"),
    [
        (
            [{"w": "1", "a": "Wire Forest", "b": "y"}],
            {"from_code": {"label": "a", "scheme": "lad"}},
            UnknownCode,
            r"geography/a_lookup, record 2, column a: the label 'Wire Forest'.*Wyre Forest \(E07000239\)",
        ),
        (
            [{"w": "1", "a": "x", "b": "MAYBE"}],
            {"to_code": {"label": "b", "map": {"TRUE": "t", "FALSE": "f"}}},
            ContractError,
            r"record 2, column b: nothing can be made of the b 'MAYBE'.*one of TRUE, FALSE",
        ),
        ([{"w": "1", "a": "x", "b": "y"}, {"w": "1", "a": "", "b": "y"}], {}, ContractError, "record 3, column a"),
        ([{"w": "a third", "a": "x", "b": "y"}], {}, ContractError, "a weight is not a number"),
        ([{"w": "1.5", "a": "x", "b": "y"}], {}, ContractError, "a_to_b, from x to y.*one weight from 0 to 1"),
        ([{"w": "0.5", "a": "x", "b": "y"}, {"w": "0.4", "a": "x", "b": "y"}], {}, ContractError, "has two weights"),
        ([{"w": "1", "a": "x", "c": "y"}], {}, ParseError, "the file has no column 'b'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(records, produce, error, told) -> None:  # type: ignore[no-untyped-def]
    declared = crosswalk()
    declared["columns"] |= produce
    with pytest.raises(error, match=told):
        build(records, declared, text="w")


def test_a_table_that_no_record_feeds_is_an_error_and_not_an_empty_table() -> None:
    with pytest.raises(ParseError, match=r"no record is a row of crosswalks.*a like 'q'"):
        build([{"w": "1", "a": "x", "b": "y"}], crosswalk(where={"a": "q"}), text="w")


def test_a_declaration_that_forgets_a_column_is_told_which() -> None:
    declared = crosswalk()
    del declared["columns"]["to_code"]
    with pytest.raises(ContractError, match="missing or unknown: to_code"):
        build([{"w": "1", "a": "x", "b": "y"}], declared, text="w")


def test_merged_look_ups_keep_the_first_row_of_a_key_and_have_every_table() -> None:
    one = build([{"w": "1", "a": "x", "b": "y"}], crosswalk(), text="w")
    two = build([{"w": "0.5", "a": "x", "b": "y"}, {"w": "0.5", "a": "z", "b": "y"}], crosswalk(), text="w")
    merged = merge_lookups({"crosswalks": [one["crosswalks"], two["crosswalks"]]})
    assert [(r["from_code"], r["weight"]) for r in merged["crosswalks"].to_pylist()] == [("x", 1.0), ("z", 0.5)]
    assert merged["codes"].num_rows == 0
