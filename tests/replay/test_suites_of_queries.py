"""What the rules catch in the answers of sources that are only ever asked live: a whole answer breaks none, and each fault the
rules that are meant for it. The answers are those of the replay publisher, staged; the fault is put into the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from lmi.engine import connect, fetch, read_parquet
from lmi.pipeline.ingest import Ingest
from lmi.registry import repository_root
from lmi.validate import load_suite
from lmi.validate.rows import count_rows, inapplicable, opened
from tests.pipeline.files import DISTRICTS
from tests.replay.bench import Clock, LiveBench, live_on, registry
from tests.replay.publisher import Publisher
from tests.replay.world import world
from tests.validate.tables import members, snapshots

AIMS, CLAIMANTS = "dfe/ees_fe_aims", "dwp/nomis_claimant_count"
ALTERNATIVE, PEOPLE_UC = "dwp/statxplore_alternative_claimant_count", "dwp/statxplore_uc_people"
APS, PAY, JOBS, FIRMS = "ons/nomis_aps", "ons/nomis_ashe", "ons/nomis_bres", "ons/nomis_business_counts"
CENSUS, DENSITY, PEOPLE = "ons/nomis_census_2021", "ons/nomis_jobs_density", "ons/nomis_population"
STARTS, PEOPLE_BETA = "dfe/ees_apprenticeship_starts", "ons/beta_population"
SOURCES = (AIMS, CLAIMANTS, ALTERNATIVE, PEOPLE_UC, APS, PAY, JOBS, FIRMS, CENSUS, DENSITY, PEOPLE, STARTS, PEOPLE_BETA)
QUERIES = [(source_id, name) for source_id in SOURCES for name in registry().sources[source_id].queries]
Answer = Callable[[str, str], pa.Table]
BURNLEY = "area_code = 'E07000117'"


@pytest.fixture(scope="module")
def answer(known: Ingest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that returns the staged figures of a query's whole answer, asked for once."""
    server, made = Publisher(world()), dict[tuple[str, str], pa.Table]()

    def figures(source_id: str, name: str) -> pa.Table:
        if (source_id, name) not in made:
            bench = LiveBench(tmp_path_factory.mktemp("answer") / "data", known, live_on(server, Clock()))
            (asked,) = bench.ask(source_id, {name: registry().sources[source_id].queries[name]})
            assert asked.outcome == "new", asked.message
            ingest, (outcome,) = bench.take_in(source_id, check=False)
            path = ingest.plan.folders.staged(outcome.snapshot_id) / "corrected.parquet"
            made[source_id, name] = read_parquet(path)
        return made[source_id, name]

    yield figures
    server.close()


def broken(known: Ingest, source_id: str, figures: pa.Table, fault: str = "select * from figures") -> set[str]:
    """Return the rules that the figures break after `fault`, SQL over `figures`, was put in."""
    with connect() as con:
        con.register("figures", figures)
        spoilt = fetch(con, fault).cast(figures.schema)
    assert fault == "select * from figures" or not spoilt.equals(figures), "the fault changes nothing"
    suite = load_suite(repository_root() / "expectations", source_id)
    snapshot = figures["snapshot_id"][0].as_py()
    relations = {
        "members": members(*DISTRICTS), "snapshots": snapshots((snapshot, "2026-11", date(2026, 11, 23))),
        "codes": known.codes,
    }  # fmt: skip
    with opened(None, spoilt, relations) as con:
        not_here = inapplicable(con, suite.rules, relations)
        return {r.rule for r in suite.rules if r.query and r.rule not in not_here and count_rows(con, r)}


@pytest.mark.parametrize(("source_id", "name"), QUERIES, ids=str)
def test_a_whole_answer_breaks_no_rule(answer: Answer, known: Ingest, source_id: str, name: str) -> None:
    assert broken(known, source_id, answer(source_id, name)) == set()


@pytest.mark.parametrize(("source_id", "name"), QUERIES, ids=str)
def test_a_figure_that_stands_twice_is_caught(answer: Answer, known: Ingest, source_id: str, name: str) -> None:
    again = "select * replace (obs_key + 1000000 as obs_key) from figures where {} order by obs_key limit 1"
    twice = "select * from figures union all (" + again.format(f"{BURNLEY} and value is not null") + ")"
    assert "figure.stands_once" in broken(known, source_id, answer(source_id, name), twice)


@pytest.mark.parametrize(("source_id", "name"), QUERIES, ids=str)
def test_a_district_that_is_lost_is_caught(answer: Answer, known: Ingest, source_id: str, name: str) -> None:
    lost = f"select * from figures where not {BURNLEY}"
    assert "districts.are_all_there" in broken(known, source_id, answer(source_id, name), lost)


def where(condition: str, value: str) -> str:
    """Return SQL that gives one figure, the first for which `condition` holds, another value."""
    first = f"obs_key = (select min(obs_key) from figures where value is not null and {condition})"
    return f"select * replace (case when {first} then {value} else value end as value) from figures"


def every(condition: str, value: str) -> str:
    return f"select * replace (case when {condition} then {value} else value end as value) from figures"


def without(condition: str) -> str:
    return f"select * from figures where not ({condition})"


#: (source, query, fault, every rule that it breaks)
FAULTS: dict[str, tuple[str, str, str, set[str]]] = {
    "aims of a subject are 777 more than its total allows": (
        AIMS, "by_subject", where(f"{BURNLEY} and subject <> '_T'", "value + 777"), {"subjects.add_to_total"},
    ),
    "a subject was not read": (
        AIMS, "by_subject", without("subject = '7'"), {"subjects.are_all_there"},  # 30 of 480: rounding allows it
    ),
    "aims are in thousandths": (AIMS, "by_subject", every("true", "value * 1000"), {"aims_of_a_district.are_plausible"}),
    "young claimants are 775 more": (
        CLAIMANTS, "by_age", where(f"{BURNLEY} and age = '16-24'", "value + 775"),
        {"ages.add_to_total"},
    ),
    "claimants and their rate are three times as many in one month": (
        CLAIMANTS, "by_age", every(f"{BURNLEY} and period_start = date '2025-12-01'", "value * 3"),
        {"step_between_months.is_plausible"},
    ),
    "a rate is a share of 100,000": (
        CLAIMANTS, "by_age", every("indicator_id = 'claimant_rate'", "value * 1000"),
        {"rate.is_a_percentage", "count_and_rate.imply_a_population"},
    ),
    "claimants are in thousandths and rates are right": (
        CLAIMANTS, "by_age", every("indicator_id = 'claimants'", "value * 1000"), {"count_and_rate.imply_a_population"},
    ),
    "claimants are not rounded": (
        CLAIMANTS, "by_age", where(f"{BURNLEY} and age = '16-24'", "value + 1"), {"claimants.are_rounded_to_five"},
    ),
    "alternative claimants are in thousandths": (
        ALTERNATIVE, "by_age", every("true", "value * 1000"), {"claimants.are_plausible"},
    ),
    "half a claimant": (ALTERNATIVE, "by_age", where(BURNLEY, "value + 0.5"), {"people.are_whole"}),
    "people on Universal Credit are in thousandths": (
        PEOPLE_UC, "by_employment", every("true", "value * 1000"), {"people.are_plausible"},
    ),
    "a kind of conditionality is three times as large": (
        PEOPLE_UC, "by_conditionality", where(BURNLEY, "value * 3 + 777"), {"parts.are_near_their_total"},
    ),
    "half a person": (PEOPLE_UC, "by_age", where(BURNLEY, "value + 0.5"), {"people.are_whole"}),
    "residents are in thousandths": (
        APS, "industry", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
    "residents below nothing": (
        APS, "activity", where(BURNLEY, "-5"), {"figures.are_plausible", "figures_of_a_district.are_plausible"},
    ),
    "an activity was not read": (APS, "activity", without("detail = 'unemployed'"), {"activities.are_all_there"}),
    "an occupation was not read": (APS, "occupation", without("occupation = '11'"), {"occupations.are_all_there"}),
    "an industry was not read": (
        APS, "industry", without("industry = (select max(industry) from figures where industry <> '_T')"),
        {"industries.are_all_there"},
    ),
    "pay and its variation are in thousandths": (
        PAY, "workplace", every("true", "value * 1000"),
        {"annual_pay.is_plausible", "variation.is_a_percentage", "weekly_pay.is_plausible"},
    ),
    "pay of a week is that of a year": (
        PAY, "resident", every("indicator_id = 'resident_weekly_pay_full_time'", "value * 52"), {"weekly_pay.is_plausible"},
    ),
    "jobs are in thousandths": (
        JOBS, "divisions", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
    "a division was not read": (JOBS, "divisions", without("industry = '72'"), {"divisions.are_all_there"}),
    "enterprises are in thousandths": (
        FIRMS, "enterprises", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
    "a size band is three times as large": (
        FIRMS, "enterprises", where(f"{BURNLEY} and detail = '0-9'", "value * 3"), {"sizes.add_to_total"},
    ),
    "a size band was not read": (
        FIRMS, "enterprises", without("detail = '50-249'"), {"sizes.are_all_there"},
    ),
    "the census is in thousandths": (
        CENSUS, "activity", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
    "density is in thousandths": (
        DENSITY, "density", every("true", "value * 1000"), {"density.is_plausible"},
    ),
    "jobs below nothing": (
        DENSITY, "density", where(f"{BURNLEY} and indicator_id = 'total_jobs'", "-5"), {"jobs_and_density.imply_a_population"},
    ),
    "an age holds 777 people more": (
        PEOPLE, "projections", where(f"{BURNLEY} and age <> '_T'", "value + 777"), {"ages.add_to_total"},
    ),
    "women are three times as many": (
        PEOPLE, "estimates", where(f"{BURNLEY} and sex = 'F' and age = '_T'", "value * 3"),
        {"ages.add_to_total", "sexes.add_to_everybody"},
    ),
    "an age was not read": (PEOPLE, "projections", without("age = '17'"), {"ages.add_to_total", "ages.are_all_there"}),
    "population is in thousandths": (
        PEOPLE, "estimates", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
    "starts of an age are 777 more": (
        STARTS, "districts", where(f"{BURNLEY} and age = '25+'", "value + 777"), {"ages.add_to_total", "levels.add_to_total"},
    ),
    "starts of a level are 777 more": (
        STARTS, "districts", where(f"{BURNLEY} and qualification = 'APP-3'", "value + 777"),
        {"ages.add_to_total", "levels.add_to_total"},
    ),
    "an age of apprentices was not read": (
        STARTS, "districts", without("age = '25+'"), {"ages.add_to_total", "ages.are_all_there"},
    ),
    "a level was not read": (
        STARTS, "districts", without("qualification = 'APP-4'"), {"levels.add_to_total", "levels.are_all_there"},
    ),
    "starts are in thousandths": (STARTS, "districts", every("true", "value * 1000"), {"starts_of_a_district.are_plausible"}),
    "an age of the beta API holds 777 people more": (
        PEOPLE_BETA, "estimates", where(f"{BURNLEY} and age <> '_T' and sex = '_T'", "value + 777"),
        {"ages.add_to_total", "sexes.add_to_everybody"},
    ),
    "an age of the beta API was not read": (
        PEOPLE_BETA, "estimates", without("age = '17'"), {"ages.add_to_total", "ages.are_all_there"},
    ),
    "population of the beta API is in thousandths": (
        PEOPLE_BETA, "estimates", every("true", "value * 1000"), {"figures_of_a_district.are_plausible"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_caught_by_the_rules_meant_for_it(answer: Answer, known: Ingest, what: str) -> None:
    source_id, name, fault, rules = FAULTS[what]
    assert broken(known, source_id, answer(source_id, name), fault) == rules


@pytest.mark.parametrize("source_id", SOURCES)
def test_every_rule_of_the_suite_is_reached_by_a_fault(source_id: str) -> None:
    suite = load_suite(repository_root() / "expectations", source_id)
    own = {r.rule for r in suite.rules if r.origin == "source" and r.query}
    caught = {rule for of, _, _, rules in FAULTS.values() if of == source_id for rule in rules}
    assert own == caught | {"figure.stands_once", "districts.are_all_there"}
