"""What each source's rules catch: a good table passes, and each fault is caught by the rule that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import pytest

from lmi.registry import repository_root
from lmi.validate import Suite, load_suite, validate
from lmi.validate.rows import count_rows, inapplicable, opened
from tests.replay import test_suites_of_queries
from tests.validate.good_tables import DISTRICTS, END, GOOD, Row, claimants, occupations
from tests.validate.tables import PART, ROLLING, members, observations, snapshots

RELATIONS = {"members": members(*DISTRICTS), "snapshots": snapshots((1, "2026-07", date(2026, 7, 16)))}


@cache
def suite_for(source_id: str) -> Suite:
    return load_suite(repository_root() / "expectations", source_id)


def failed(source_id: str, rows: list[Row]) -> set[str]:
    """Return the rules that ask SQL and that these rows break; the library itself is proved in test_conformance."""
    suite = suite_for(source_id)
    with opened(None, observations(*rows), RELATIONS) as con:
        why = inapplicable(con, suite.rules, RELATIONS)
        return {r.rule for r in suite.rules if r.query and r.rule not in why and count_rows(con, r)}


@pytest.mark.slow
@pytest.mark.parametrize("source_id", GOOD)
def test_a_good_table_passes_every_rule_of_its_suite(source_id: str, library: Any) -> None:
    report = validate(None, observations(*GOOD[source_id]()), suite_for(source_id), source_id, relations=RELATIONS)
    assert [c for c in report.checks if c.status in ("failed", "error")] == []
    assert report.run == report.intended - len(report.having("not_applicable"))
    assert {c.rule for c in report.checks} == {r.rule for r in suite_for(source_id).rules}


def where(rows: list[Row], **codes: Any) -> list[Row]:
    """Return the rows with these codes, for a fault to be put into."""
    found = [r for r in rows if all(r.get(k, "_T") == v for k, v in codes.items())]
    assert found
    return found


Fault = tuple[str, Callable[[list[Row]], list[Row]], set[str]]


def put(rows: list[Row], value: Any, **codes: Any) -> list[Row]:
    """Return the rows with `value` in the first that has these codes."""
    where(rows, **codes)[0]["value"] = value
    return rows


def without(rows: list[Row], **codes: Any) -> list[Row]:
    gone = where(rows, **codes)
    return [r for r in rows if r not in gone]


SI, CC, UC, FE, APP = (
    "dfe/skills_imperative_2035", "dwp/claimant_count_by_la", "dwp/uc_households_by_la", "dfe/fe_achievements_by_ssa",
    "dfe/apprenticeships_by_provider_lad",
)  # fmt: skip
HUB, OCC, QUAL = "dfe/local_skills_data_hub", "ons/aps_employment_by_occupation", "ons/aps_qualifications_by_age_gender"
BRES, BRES_FINE = "ons/bres_employment_by_industry", "ons/bres_employment_by_detailed_industry"
JOBS, CHANGE = "projected_jobs", "projected_net_change"

FAULTS: dict[str, Fault] = {
    "a sector's jobs are 5 off": (
        SI,
        lambda r: put(r, 21.5, indicator_id=JOBS, industry="S6-1"),
        {"sectors.add_to_total", "change.is_the_difference_of_levels"},
    ),
    "an industry's jobs are 5 off": (
        SI,
        lambda r: put(r, 9.5, indicator_id=JOBS, industry="I22-07"),
        {"industries.add_to_total", "change.is_the_difference_of_levels"},
    ),
    "an industry was not read": (
        SI,
        lambda r: without(r, industry="I22-22"),
        {"industries.add_to_total", "industries.are_all_there"},
    ),
    "an occupation was not read": (
        SI,
        lambda r: without(r, occupation="92"),
        {"occupations.add_to_total", "occupations.add_to_their_group", "occupations.are_all_there"},
    ),
    "an occupation was read into another group": (
        SI,
        lambda r: [{**x, "occupation": "93"} if x.get("occupation") == "11" else x for x in r],
        {"occupations.add_to_their_group"},
    ),
    "a qualification was not read": (
        SI,
        lambda r: without(r, qualification="RQF0"),
        {"qualifications.add_to_total", "qualifications.are_all_there"},
    ),
    "net change was read as requirement": (
        SI,
        lambda r: put(r, 99.0, indicator_id="projected_total_requirement"),
        {
            "requirement.is_change_plus_replacement",
            "sectors.add_to_total",
            "industries.add_to_total",
            "occupation_groups.add_to_total",
            "occupations.add_to_total",
            "qualifications.add_to_total",
        },
    ),
    "replacement demand is net change": (
        SI,
        lambda r: put(r, -8.25, indicator_id="projected_replacement_demand", industry="S6-1"),
        {"replacement.is_not_negative", "sectors.add_to_total", "requirement.is_change_plus_replacement"},
    ),
    "a level is negative": (
        SI,
        lambda r: put(r, -16.5, indicator_id=JOBS, industry="S6-1"),
        {"jobs.are_not_negative", "sectors.add_to_total", "change.is_the_difference_of_levels"},
    ),
    "one table says something else than another": (
        SI,
        lambda r: [*r, {**where(r, indicator_id=JOBS)[0], "value": 90.0}],
        {"figure.has_one_value", "change.is_the_difference_of_levels"},
    ),
    "one figure is printed in two tables alike": (SI, lambda r: [*r, dict(where(r, indicator_id=JOBS)[0])], set()),
    "a unitary is listed twice": (CC, lambda r: [*r, dict(r[0])], {"figure.stands_once"}),
    "a rate is a share of 1,000": (
        CC,
        lambda r: put(r, 140.0, indicator_id="claimant_rate"),
        {"rate.is_a_percentage", "rate.is_plausible"},
    ),
    "a rate is a count": (CC, lambda r: put(r, -4.0, indicator_id="claimant_rate"), {"rate.is_a_percentage"}),
    "counts are a thousand times too large and rates are right": (
        CC,
        lambda r: [{**x, "value": x["value"] * 1000} if x["indicator_id"] == "claimants" else x for x in r],
        {"count_and_rate.mean_a_population"},
    ),
    "counts are in thousands and rates are right": (
        CC,
        lambda r: [{**x, "value": x["value"] / 1000} if x["indicator_id"] == "claimants" else x for x in r],
        {"count_and_rate.mean_a_population", "claimants.are_rounded_to_five"},
    ),
    "a count is not rounded": (
        CC,
        lambda r: put(r, 2003.0, indicator_id="claimants"),
        {"claimants.are_rounded_to_five"},
    ),
    "a district is missing": (CC, lambda r: without(r, area_code="E07000117"), {"districts.are_all_there"}),
    "a rate lost its count": (
        CC,
        lambda r: without(r, area_code="E07000117", indicator_id="claimants"),
        {"districts.are_all_there", "count_and_rate.stand_together"},
    ),
    "households are a share": (
        UC,
        lambda r: put(r, 0.3, area_code="E07000117"),
        {"households.are_whole", "households.are_plausible"},
    ),
    "a district without households": (UC, lambda r: r[:1], {"districts.are_all_there"}),
    "aims are 90 short of their total": (FE, lambda r: put(r, 240.0, subject="_T"), {"subjects.add_to_total"}),
    "aims are more than their total": (FE, lambda r: put(r, 100.0, subject="3"), {"subjects.add_to_total"}),
    "aims are 80 short of their total": (FE, lambda r: put(r, 230.0, subject="_T"), set()),
    "aims are not rounded": (FE, lambda r: put(r, 13.0, subject="3"), {"aims.are_rounded_to_ten"}),
    "a subject was not read": (FE, lambda r: without(r, subject="7"), {"subjects.are_all_there"}),
    "a running year is called a full one": (
        FE,
        lambda r: [{**x, "period": (date(2025, 8, 1), date(2026, 7, 31), "academic_year")} for x in r],
        {"running_year.is_marked_as_part", "period.ends_before_release"},
    ),
    "starts were read as enrolments": (
        APP,
        lambda r: [
            {
                **x,
                "indicator_id": {
                    "apprenticeship_starts": "apprenticeship_enrolments",
                    "apprenticeship_enrolments": "apprenticeship_starts",
                }.get(x["indicator_id"], x["indicator_id"]),
            }
            for x in r
        ],
        {"starts.are_enrolments"},
    ),
    "achievements exceed enrolments at home": (
        APP,
        lambda r: put(r, 11.0, indicator_id="apprenticeship_achievements"),
        {"achievements.are_enrolments_by_home"},
    ),
    "a provider that closed has late achievements": (
        APP,
        lambda r: [*r, {**r[2], "provider": "10009999", "value": 2.0}, {**r[1], "provider": "10009999", "value": 0.0}],
        {"achievements.are_enrolments_by_provider"},
    ),
    "the part of a year is called a full one": (
        APP,
        lambda r: [
            {**x, "period": (date(2025, 8, 1), date(2026, 7, 31), "academic_year")} if x["period"] == PART else x
            for x in r
        ],
        {"running_year.is_marked_as_part", "period.ends_before_release"},
    ),
    "a district has no apprentices at all": (
        APP,
        lambda r: without(r, area_code="E07000117"),
        {"districts.are_all_there"},
    ),
    "a column of the survey is a fifth of employment": (
        OCC,
        lambda r: occupations(enforcement=250.0),
        {"community_enforcement.is_plausible", "occupation.share_is_plausible"},
    ),
    "an occupation of a large area is a fifth of employment": (
        OCC,
        lambda r: put(r, 250000.0, area_code="E92000001", occupation="24"),
        {"occupation.share_is_plausible"},
    ),
    "an occupation of a district is a fifth of employment": (OCC, lambda r: put(r, 250.0, occupation="24"), set()),
    "a declared correction took enforcement out": (OCC, lambda r: without(r, occupation="63"), set()),
    "an occupation of the survey was not read": (
        OCC,
        lambda r: without(r, occupation="91"),
        {"occupations.are_all_there"},
    ),
    "occupations exceed all in employment": (
        OCC,
        lambda r: [*r, {**r[0], "occupation": "_T", "value": -400.0}],
        {"people.are_not_negative", "occupations.do_not_exceed_total"},
    ),
    "a figure smaller than its interval": (
        OCC,
        lambda r: [{**r[0], "ci_half_width": 41.0}, *r[1:]],
        {"interval.is_not_wider_than_the_figure"},
    ),
    "a file of partnerships has no districts": (OCC, lambda r: where(r, area_code="E92000001"), set()),
    "men and women are not everybody": (QUAL, lambda r: put(r, 800.0, sex="M"), {"sexes.add_to_everybody"}),
    "ages are not everybody": (QUAL, lambda r: put(r, 700.0, age="20-24"), {"age_bands.add_to_everybody"}),
    "a rounded figure and a suppressed one": (
        QUAL,
        lambda r: [
            {**x, "value": None, "status": "suppressed"} if x.get("age") == "16-19" else x
            for x in put(r, 700.0, sex="M")
        ],
        set(),
    ),
    "a qualification of the survey was not read": (
        QUAL,
        lambda r: without(r, qualification="TRADE"),
        {"qualifications.are_all_there"},
    ),
    "columns of broad groups read one to the left": (
        BRES,
        lambda r: put(r, 99000.0, industry="BIG-03"),
        {"sections_and_broad_groups.agree"},
    ),
    "a section was not read": (BRES, lambda r: without(r, industry="U"), {"sections.are_all_there"}),
    "a division was not read": (BRES_FINE, lambda r: without(r, industry="30"), {"divisions.are_all_there"}),
    "subclasses do not add to their division": (
        BRES_FINE,
        lambda r: put(r, 700.0, industry="30110"),
        {"subclasses.add_to_their_division"},
    ),
    "a level of learners exceeds all learners": (
        HUB,
        lambda r: put(r, 600.0, qualification="FE-2"),
        {"learners_at_a_level.do_not_exceed_total"},
    ),
    "levels of learners overlap": (HUB, lambda r: put(r, 500.0, qualification="FE-2"), set()),
    "a destination rate is per cent": (
        HUB,
        lambda r: put(r, 90.0, indicator_id="destination_rate_ks4"),
        {"destination_rates.are_shares"},
    ),
    "aims of the hub are far from their total": (
        HUB,
        lambda r: put(r, 1300.0, indicator_id="fe_aim_achievements"),
        {"aims_by_subject.add_to_total"},
    ),
    "the hub lost a district": (HUB, lambda r: without(r, area_code="E07000117"), {"districts.are_all_there"}),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_caught_by_the_rules_meant_for_it(what: str) -> None:
    source_id, spoil, rules = FAULTS[what]
    assert failed(source_id, spoil(GOOD[source_id]())) == rules


COMMON: dict[str, tuple[Row, set[str]]] = {
    "a year that ends in March": (
        {"period": (date(2020, 1, 1), date(2021, 3, 31), "calendar_year")},
        {"period.is_of_its_kind"},
    ),
    "an academic year from January": (
        {"period": (date(2020, 1, 1), date(2020, 12, 31), "academic_year")},
        {"period.is_of_its_kind"},
    ),
    "a month of ten days": ({"period": (date(2020, 1, 1), date(2020, 1, 10), "month")}, {"period.is_of_its_kind"}),
    "a period that ends before it starts": (
        {"period": (date(2020, 1, 2), date(2020, 1, 1), "span")},
        {"period.is_of_its_kind"},
    ),
    "a rolling year": ({"period": ROLLING}, set()),
    "a financial year": ({"period": (date(2020, 4, 1), date(2021, 3, 31), "financial_year")}, set()),
    "a figure of next year": ({"period": END}, {"period.ends_before_release"}),
    "a projection of next year": ({"period": END, "maturity": "projected_by_publisher"}, set()),
    "a blank that is called good": ({"value": None}, {"value.is_there_when_status_is_ok"}),
    "a suppressed figure with a value": ({"status": "suppressed"}, {"value.is_absent_when_status_says_so"}),
    "a figure rounded to zero with a value": ({"status": "rounded_to_zero"}, {"value.is_absent_when_status_says_so"}),
    "a suppressed figure": ({"status": "suppressed", "value": None}, set()),
    "an unreliable figure": ({"status": "unreliable"}, set()),
    "an endless rate": ({"value": float("inf")}, {"value.is_finite"}),
    "a rate that is no number": ({"value": float("nan")}, {"value.is_finite"}),
    "an interval below nothing": ({"ci_half_width": -1.0}, {"interval.is_not_negative"}),
    "an area by name": ({"area_code": "Burnley"}, {"area.has_a_known_form"}),
    "an area of ITL": ({"area_code": "TLD4"}, set()),
}


@pytest.mark.parametrize("what", COMMON)
def test_the_common_rules_hold_for_every_source(what: str) -> None:
    row, rules = COMMON[what]
    assert failed("not/written_yet", [row]) == rules


def test_every_suite_is_tried_here_or_in_the_test_of_its_source() -> None:
    """A source's own test shows its rules at work: it names at least one of them as broken by a fault."""
    from lmi.validate import load_suites

    suites = load_suites(repository_root() / "expectations")
    assert set(GOOD) <= set(suites)
    asked_only = set(test_suites_of_queries.SOURCES)
    for source_id in set(suites) - set(GOOD):
        own = repository_root() / "tests" / "sources" / f"test_{source_id.rpartition('/')[2]}.py"
        if source_id in asked_only:
            continue  # every rule of these is broken by a fault in an answer of the replay publisher
        assert own.is_file(), f"nothing tries expectations/{source_id}.json: add {own.name}"
        named = [r.rule for r in suites[source_id].rules if r.origin == "source" and r.rule in own.read_text("utf-8")]
        assert named, f"{own.name} breaks no rule of expectations/{source_id}.json"


def test_the_fault_tables_reach_nearly_every_rule() -> None:
    """A rule that no fault reaches is listed here, with the reason."""
    caught = set().union(*(rules for _, _, rules in FAULTS.values()))
    own = {r.rule for s in GOOD for r in suite_for(s).rules if r.origin == "source" and r.query}
    assert own - caught == {
        # counts below zero: the same idiom is tried on jobs, people and rates
        "aims.are_not_negative", "claimants.are_not_negative", "counts.are_not_negative", "households.are_not_negative",
        # the same idiom over other codes of one table
        "enterprises_by_industry.add_to_total", "enterprises_by_size.add_to_total", "learners_by_age.add_to_total",
        "projected_occupations.add_to_total", "projected_qualifications.add_to_total", "sexes.add_to_total",
        "projected_sectors.add_to_total", "residents_by_industry.do_not_exceed_total", "broad_groups.are_all_there",
        "residents_by_occupation.do_not_exceed_total", "residents_by_sex.add_to_everybody",
        "occupation_2010.share_is_plausible", "occupations_2010.are_all_there", "learner_rates.are_plausible",
        "standard_achievements.are_enrolments",
        # steps: tried as an idiom, and listed only
        "qualification.step_between_years_is_plausible", "step_between_months.is_plausible",
        "step_between_years.is_plausible", "total.does_not_fall_between_editions", "total.is_stable_between_editions",
    }  # fmt: skip


def test_a_table_of_two_vintages_is_checked_vintage_by_vintage() -> None:
    both: list[Row] = [dict(r, snapshot_id=s) for s in (1, 2) for r in claimants()]
    assert failed(CC, both) == set()
