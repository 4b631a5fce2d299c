"""Assumptions that say they were read off data are read off it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lmi.engine import Connection, connect
from lmi.registry import load

HUB = "dfe/local_skills_data_hub/data_hub_2025_09.csv.gz"
UNEMPLOYMENT = "ons/claimant_count_vacancies_uk/unem.parquet"


def declared(name: str) -> float:
    return float(load().assumptions[name].value)


@pytest.fixture(scope="module")
def hub(shared_data: Path) -> Iterator[Connection]:
    con = connect()
    con.execute(f"create table hub as select * from read_csv('{shared_data / HUB}', all_varchar = true)")
    yield con
    con.close()


def test_signs_of_adverts_are_the_outer_quarters_of_all_areas_and_occupations(hub: Connection) -> None:
    cells, areas, slack, tight = hub.execute("""
        with one as (
            select Area as area, metric, left(Subgroup, 2) as code, cast(valueText as double) as value from hub
            where Breakdown = 'Occupation (SOC2020 Sub-Major Group)' and regexp_matches(Subgroup, '^[0-9][0-9] ')
            and (metric = 'vacancies' or metric = 'employmentProjection' and Period = '2025')
        ),
        rates as (
            select v.area, code, v.value / j.value as rate from one as v join one as j using (area, code)
            where v.metric = 'vacancies' and j.metric = 'employmentProjection'
        )
        select count(*), count(distinct r.area), quantile_cont(r.rate / e.rate, 0.25), quantile_cont(r.rate / e.rate, 0.75)
        from rates as r join rates as e using (code) where e.area = 'England' and r.area like '% LSIP'""").fetchall()[0]
    assert (cells, areas) == (988, 38)
    assert declared("conditions_adverts_slack") == pytest.approx(slack, abs=0.005)
    assert declared("conditions_adverts_tight") == pytest.approx(tight, abs=0.005)


def test_signs_of_claimants_are_the_outer_quarters_of_thirty_years_without_the_pandemic(
    hub: Connection, shared_data: Path
) -> None:
    months, tight, slack = hub.execute(f"""
        with months as (
            select cast("dates.date" as date) as month, value from read_parquet('{shared_data / UNEMPLOYMENT}')
            where "variable.code" = 'BCJA' and "dates.freq" = 'm'
        )
        select count(*), quantile_cont(n.value / o.value - 1, 0.25), quantile_cont(n.value / o.value - 1, 0.75)
        from months as n join months as o on o.month = n.month - interval 1 year
        where year(n.month) >= 1993 and year(n.month) not in (2020, 2021, 2022)""").fetchall()[0]
    assert months == 366
    assert declared("conditions_claimants_tight") == pytest.approx(tight, abs=0.005)
    assert declared("conditions_claimants_slack") == pytest.approx(slack, abs=0.005)


def test_no_more_adults_can_rise_than_there_are_among_those_who_achieve(hub: Connection) -> None:
    older, younger = (
        hub.execute(
            """select cast(valueText as double) from hub where Area = 'Lancashire LSIP' and metric = 'achievements'
               and Breakdown = 'Age' and Subgroup = ? and Period = 'AY23/24'""", [age],
        ).fetchall()[0][0]
        for age in ("25+", "19-24")
    )  # fmt: skip
    assert (older, younger) == (34990, 8860)
    assert declared("adult_rise_share") < older / (older + younger) < 0.8
