"""Each idiom lets good figures through and names the figure at fault; every expected key is a hand sum away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from lmi.validate.rows import inapplicable, opened, sample_rows
from tests.validate.conftest import idiom_rule
from tests.validate.tables import ACADEMIC, MONTH, PART, members, observations, snapshots

AUGUST = (date(2023, 8, 1), date(2023, 8, 31), "month")
NEXT_YEAR = (date(2021, 1, 1), date(2021, 12, 31), "calendar_year")


def broken(
    table: pa.Table, idiom: str, *, relations: Mapping[str, pa.Table] | None = None, **params: Any
) -> tuple[int, ...]:
    """Return the keys that the idiom finds at fault."""
    with opened(None, table, relations or {}) as con:
        return sample_rows(con, idiom_rule(idiom, **params))[0]


def said(
    table: pa.Table, idiom: str, *, relations: Mapping[str, pa.Table] | None = None, **params: Any
) -> tuple[str, ...]:
    """Return what the idiom says of the figures at fault."""
    with opened(None, table, relations or {}) as con:
        return sample_rows(con, idiom_rule(idiom, **params))[1]


def in_scope(table: pa.Table, idiom: str, *, relations: Mapping[str, pa.Table] | None = None, **params: Any) -> bool:
    """Return whether the idiom speaks of anything in the table."""
    with opened(None, table, relations or {}) as con:
        return not inapplicable(con, [idiom_rule(idiom, **params)], relations or {})


def parts(*values: float | None, total: float | None, **more: Any) -> pa.Table:
    """Return a total (key 1) and its parts A, B, C ... (keys 2, 3, 4 ...)."""
    rows = [{"value": total, **more}]
    rows += [
        {"industry": chr(65 + i), "value": v, "status": "ok" if v is not None else "suppressed", **more}
        for i, v in enumerate(values)
    ]
    return observations(*rows)


def test_parts_that_add_to_their_total_pass() -> None:
    assert broken(parts(3.0, 4.0, total=7.0), "parts_add_to_total", dimension="industry", parts="[A-U]") == ()


def test_parts_one_short_of_their_total_name_the_total() -> None:
    table = parts(3.0, 4.0, total=8.0)
    assert broken(table, "parts_add_to_total", dimension="industry", parts="[A-U]") == (1,)
    assert said(table, "parts_add_to_total", dimension="industry", parts="[A-U]") == (
        "industry _T, E07000117, 2020-12-31: parts add to 7.0, the total is 8.0",
    )


def test_rounding_to_ten_allows_half_a_unit_for_each_of_three_figures() -> None:
    # two parts and a total, each up to 5 off: 15 at most
    assert (
        broken(parts(10.0, 20.0, total=45.0), "parts_add_to_total", dimension="industry", parts="[A-U]", rounding=10)
        == ()
    )
    assert broken(
        parts(10.0, 20.0, total=46.0), "parts_add_to_total", dimension="industry", parts="[A-U]", rounding=10
    ) == (1,)


def test_rounding_in_steps_takes_the_unit_of_each_figures_size() -> None:
    # 40 is rounded to 5, 600 to 100: 2.5 + 50 + 50 = 102.5 at most
    steps = [[0, 5], [500, 100]]
    params: dict[str, Any] = {"dimension": "industry", "parts": "[A-U]", "rounding": steps}
    assert broken(parts(40.0, 600.0, total=742.0), "parts_add_to_total", **params) == ()
    assert broken(parts(40.0, 600.0, total=743.0), "parts_add_to_total", **params) == (1,)


def test_a_missing_part_may_make_the_sum_short_but_never_long() -> None:
    params: dict[str, Any] = {"dimension": "industry", "parts": "[A-U]"}
    assert broken(parts(3.0, None, total=70.0), "parts_add_to_total", **params) == ()
    assert broken(parts(71.0, None, total=70.0), "parts_add_to_total", **params) == (1,)


def test_a_missing_part_that_is_known_to_be_small_makes_the_sum_only_so_short() -> None:
    params: dict[str, Any] = {"dimension": "industry", "parts": "[A-U]", "missing_at_most": 5}
    assert broken(parts(60.0, None, None, total=70.0), "parts_add_to_total", **params) == ()
    assert broken(parts(59.0, None, None, total=70.0), "parts_add_to_total", **params) == (1,)


def test_a_total_without_a_value_is_not_compared() -> None:
    assert broken(parts(3.0, 4.0, total=None), "parts_add_to_total", dimension="industry", parts="[A-U]") == ()


def test_a_part_that_stands_twice_is_added_once() -> None:
    table = observations(
        {"value": 7.0},
        {"industry": "A", "value": 3.0},
        {"industry": "B", "value": 4.0},
        {"industry": "B", "value": 4.0},
    )
    assert broken(table, "parts_add_to_total", dimension="industry", parts="[A-U]") == ()


def test_sums_are_made_within_area_period_file_and_the_other_dimensions() -> None:
    def square(**more: Any) -> list[dict[str, Any]]:
        return [
            {"value": 3.0, **more},
            {"industry": "A", "value": 1.0, **more},
            {"industry": "B", "value": 2.0, **more},
        ]

    table = observations(
        *square(), *square(area_code="E07000118"), *square(sex="F"), *square(period=NEXT_YEAR), *square(snapshot_id=2)
    )
    assert broken(table, "parts_add_to_total", dimension="industry", parts="[A-U]") == ()
    assert broken(
        observations(*square(), *square(sex="F")[:2]), "parts_add_to_total", dimension="industry", parts="[A-U]"
    ) == (4,)


def test_parts_can_add_to_a_group_named_by_their_code() -> None:
    table = observations(
        {"industry": "10", "value": 5.0}, {"industry": "10110", "value": 2.0}, {"industry": "10120", "value": 2.0}
    )
    assert broken(table, "parts_add_to_total", dimension="industry", parts="[0-9]{5}", total="left(industry, 2)") == (
        1,
    )


def test_parts_and_totals_in_two_files_of_one_edition_are_compared() -> None:
    table = observations({"industry": "10", "value": 5.0}, {"industry": "10110", "value": 4.0, "snapshot_id": 2})
    params: dict[str, Any] = {"dimension": "industry", "parts": "[0-9]{5}", "total": "left(industry, 2)"}
    assert broken(table, "parts_add_to_total", **params) == ()
    one = snapshots((1, "2023", date(2024, 1, 1)), (2, "2023", date(2024, 1, 1)))
    two = snapshots((1, "2023", date(2024, 1, 1)), (2, "2024", date(2025, 1, 1)))
    assert broken(table, "parts_add_to_total", relations={"snapshots": one}, within="edition", **params) == (1,)
    assert broken(table, "parts_add_to_total", relations={"snapshots": two}, within="edition", **params) == ()


def test_net_change_and_replacement_that_miss_the_requirement_name_it() -> None:
    def span(change: float, replaced: float, required: float) -> pa.Table:
        return observations(
            {"indicator_id": "change", "value": change}, {"indicator_id": "replaced", "value": replaced},
            {"indicator_id": "required", "value": required},
        )  # fmt: skip

    params: dict[str, Any] = {"terms": ["change", "replaced"], "total": "required", "tolerance": 1}
    assert broken(span(-50.0, 358.0, 309.0), "indicators_add_up", **params) == ()
    assert broken(span(-50.0, 358.0, 310.0), "indicators_add_up", **params) == (3,)


def test_a_term_that_is_absent_is_not_taken_for_zero() -> None:
    table = observations({"indicator_id": "change", "value": 5.0}, {"indicator_id": "required", "value": 9.0})
    assert broken(table, "indicators_add_up", terms=["change", "replaced"], total="required") == ()


def test_a_breakdown_with_a_code_short_is_found_and_a_table_without_it_is_out_of_scope() -> None:
    table = observations({"industry": "A"}, {"industry": "B"}, {"industry": "A", "area_code": "E07000118"})
    params: dict[str, Any] = {"dimension": "industry", "codes": "[A-U]", "count": 2}
    assert broken(table, "codes_are_present", **params) == (3,)
    assert said(table, "codes_are_present", **params) == ("jobs, E07000118, 2020-12-31: 1 of 2 codes",)
    assert not in_scope(observations({"occupation": "11"}), "codes_are_present", **params)


def test_a_crossed_table_is_not_expected_to_hold_every_code_unless_said() -> None:
    table = observations({"industry": "A", "sex": "F"})
    assert broken(table, "codes_are_present", dimension="industry", codes="[A-U]", count=2) == ()
    assert broken(table, "codes_are_present", dimension="industry", codes="[A-U]", count=2, crossed=True) == (1,)


def test_every_absent_district_is_named_even_when_all_are() -> None:
    three = {"members": members("E07000117", "E07000118", "E07000119")}
    table = observations({}, {"area_code": "E07000118"}, {"area_code": "E92000001", "period": NEXT_YEAR})
    assert said(table, "members_are_present", relations=three) == (
        "jobs, 2020-12-31: no row for E07000119",
        "jobs, 2021-12-31: no row for E07000117, E07000118, E07000119",
    )


def test_districts_cannot_be_missed_when_nobody_said_which() -> None:
    assert not in_scope(observations({}), "members_are_present")


def july(*areas: str, value: float = 10.0) -> pa.Table:
    return observations(
        *({"area_code": a, "indicator_id": "claimants", "period": MONTH, "value": value} for a in areas)
    )


def test_a_unitary_listed_twice_in_one_month_is_found_at_its_second_row() -> None:
    # as in the claimant count of July 2023: districts once, unitaries under two geography types
    table = july("E06000008", "E07000117", "E06000008")
    assert broken(table, "stands_once") == (3,)
    assert said(table, "stands_once") == ("claimants, E06000008, 2023-07-31: stands 2 times, here as 10.0",)
    assert broken(july("E06000008", "E07000117"), "stands_once") == ()


def test_the_same_area_in_another_month_indicator_or_file_is_another_figure() -> None:
    table = observations(
        {}, {"period": AUGUST}, {"indicator_id": "other"}, {"snapshot_id": 2}, {"period": PART}, {"period": ACADEMIC}
    )
    assert broken(table, "stands_once") == ()
    assert broken(table, "has_one_value") == ()


def test_a_figure_with_two_values_is_at_fault_wherever_it_stands() -> None:
    table = observations({"value": 10.0}, {"value": 10.0, "area_code": "E07000118"}, {"value": 12.0})
    assert broken(table, "has_one_value") == (1, 3)
    assert broken(table, "stands_once") == ()


def test_a_value_beside_a_suppressed_copy_is_two_values() -> None:
    table = observations({"value": 10.0}, {"value": None, "status": "suppressed"})
    assert broken(table, "has_one_value") == (1, 2)


def test_two_prints_of_a_binary_fraction_are_one_value() -> None:
    table = observations({"value": 15.733}, {"value": 15.732999999999993})
    assert broken(table, "has_one_value", share=1e-9) == ()
    assert broken(table, "stands_once", share=1e-9) == (2,)
    assert broken(table, "has_one_value") == (1, 2)


def test_a_rate_is_its_numerator_over_its_denominator() -> None:
    def rate(published: float) -> pa.Table:
        return observations(
            {"indicator_id": "claimants", "value": 2000.0}, {"indicator_id": "residents", "value": 50000.0},
            {"indicator_id": "rate", "value": published},
        )  # fmt: skip

    params: dict[str, Any] = {
        "rate": "rate",
        "numerator": "claimants",
        "denominator": "residents",
        "per": 100,
        "tolerance": 0.05,
    }
    assert broken(rate(4.0), "rate_is_ratio", **params) == ()
    assert broken(rate(4.1), "rate_is_ratio", **params) == (3,)


def test_the_ends_of_a_range_are_allowed() -> None:
    table = observations({"value": 0.0}, {"value": 100.0}, {"value": 100.1}, {"value": -0.1})
    assert broken(table, "is_within", low=0, high=100) == (3, 4)
    assert broken(table, "is_within", low=0) == (4,)


def test_a_share_above_its_limit_is_found_only_where_the_whole_is_large_enough() -> None:
    # 20 of 100, 200 of 1,000
    small = observations({"occupation": "63", "value": 20.0}, {"occupation": "11", "value": 80.0})
    large = observations({"occupation": "63", "value": 200.0}, {"occupation": "11", "value": 800.0})
    params: dict[str, Any] = {"dimension": "occupation", "codes": "63", "of": "[1-9][1-9]", "share": 0.1}
    assert broken(small, "share_is_plausible", **params) == (1,)
    assert broken(small, "share_is_plausible", at_least=500, **params) == ()
    assert broken(large, "share_is_plausible", at_least=500, **params) == (1,)


def test_sums_over_chosen_columns_are_compared() -> None:
    table = observations(
        {"indicator_id": "achieved", "provider": "p", "value": 3.0},
        {"indicator_id": "enrolled", "provider": "p", "value": 2.0},
        {"indicator_id": "achieved", "provider": "q", "value": 1.0},
        {"indicator_id": "enrolled", "provider": "q", "value": 2.0},
    )
    assert broken(table, "sum_is_not_above", lower="achieved", upper="enrolled", by=["area_code", "period_end"]) == ()
    assert broken(table, "sum_is_not_above", lower="achieved", upper="enrolled", by=["provider"]) == (1,)


def test_a_step_between_editions_is_read_in_the_order_of_release() -> None:
    table = observations({"value": 100.0, "snapshot_id": 9}, {"value": 80.0, "snapshot_id": 3})
    known = {"snapshots": snapshots((3, "2024-08", date(2024, 8, 1)), (9, "2023-03", date(2023, 3, 1)))}
    params: dict[str, Any] = {"along": "edition", "relations": known}
    assert broken(table, "step_is_plausible", share=0.1, **params) == (2,)
    assert said(table, "step_is_plausible", share=0.1, **params) == ("jobs, E07000117, 2020-12-31: 100.0 became 80.0",)
    assert broken(table, "step_is_plausible", share=0.2, **params) == ()
    assert broken(table, "step_is_plausible", share=0.1, at_least=101, **params) == ()


def test_growth_is_not_a_fall() -> None:
    table = observations({"value": 10.0}, {"value": 300.0, "period": NEXT_YEAR})
    assert broken(table, "step_is_plausible", along="period", share=0.1) == (2,)
    assert broken(table, "step_is_plausible", along="period", share=0.1, direction="down") == ()


def test_one_edition_or_one_period_has_no_steps() -> None:
    table = observations({})
    assert not in_scope(table, "step_is_plausible", along="period", share=0.1)
    known = {"snapshots": snapshots((1, "2023", date(2023, 1, 1)))}
    assert not in_scope(table, "step_is_plausible", along="edition", share=0.1, relations=known)


def test_a_scope_with_braces_in_its_pattern_is_read_as_written() -> None:
    table = observations({"area_code": "E07000117", "value": -1.0}, {"area_code": "E7", "value": -1.0})
    assert broken(table, "is_within", low=0, where="regexp_full_match(area_code, 'E0[0-9]{7}')") == (1,)
