"""Supply of people and the new gaps in the published build, held to figures that the publishers print."""

from __future__ import annotations

import pytest

from tests.pipeline.builds import Built

AREA = "E69000019"
DISTRICTS = 14


def test_residents_of_the_first_year_are_the_publisher_s_total_less_children(baseline_build: Built) -> None:
    # the total is printed in another table of the estimates (MYE4) than ages and sexes (MYE2)
    found = baseline_build.ask(
        """select w.area_code, w.our_residents_p50, t.value - c.children
           from workforce as w
           join population_total as t on t.area_code = w.area_code and t.period_end = w.period_end
           join (select area_code, sum(value) as children from population_by_age
                 where age not in ('90+') and cast(age as integer) < 16 group by area_code) as c on c.area_code = w.area_code
           where w.age = '16+' and w.sex = '_T' and w.qualification = '_T' and w.our_residents_p50 is not null"""
    )
    assert len(found) == DISTRICTS
    assert [ours for _, ours, _ in found] == pytest.approx([printed for *_, printed in found], abs=1e-6)


def test_working_age_moves_as_the_publisher_projects(baseline_build: Built) -> None:
    # 2027 and 2032 are printed, the first year is not: growth between them is the publisher's own, to the last person
    rows = baseline_build.ask(
        """select area_code, our_residents_p50, projected_residents from workforce
           where age = '16-64' and sex = '_T' and qualification = '_T' and area_code <> ?
             and period_end in (date '2027-06-30', date '2032-06-30') order by area_code, period_end""",
        [AREA],
    )
    assert len(rows) == 2 * DISTRICTS
    for (_, first, printed), (_, later, printed_later) in zip(rows[::2], rows[1::2], strict=True):
        assert later / first == pytest.approx(printed_later / printed)


def test_the_labour_force_has_the_survey_s_rate(baseline_build: Built) -> None:
    # residents aged 16 to 64 in work or looking for it, 2020 to 2022, as the survey prints them for the whole area: 76.6%
    pooled = baseline_build.one(
        """select sum(a.value) / sum(t.value) from residents_economic_activity_active as a
           join residents_economic_activity_total as t using (area_code, period_start)
           where a.area_code = ? and a.year between 2020 and 2022""", [AREA],
    )  # fmt: skip
    ours = baseline_build.one(
        """select labour_force_p50 / our_residents_p50 from workforce where area_code = ? and age = '16-64' and sex = '_T'
           and qualification = '_T' and period_end = date '2024-06-30'""", [AREA],
    )  # fmt: skip
    # districts are weighted by today's residents and moved towards the region, so the two differ by little
    assert pooled == pytest.approx(0.766, abs=0.001) and ours == pytest.approx(pooled, abs=0.005)


def test_levels_held_in_the_first_year_are_the_survey_s_shares(baseline_build: Built) -> None:
    rows = baseline_build.ask(
        """select w.our_residents_p50, s.value from workforce as w
           join dfe_hub_residents_by_qualification_by_qualification as s
             on s.area_code = w.area_code and s.qualification = w.qualification and s.year = 2024
           where w.area_code = ? and w.age = '16-64' and w.period_end = date '2024-06-30'""",
        [AREA],
    )
    ours, printed = (sum(r[n] for r in rows) for n in (0, 1))
    assert len(rows) == 6
    assert [r[0] / ours for r in rows] == pytest.approx([r[1] / printed for r in rows], abs=1e-6)


def test_district_gaps_add_to_the_area_s_and_name_what_may_be_published(baseline_build: Built) -> None:
    rows = baseline_build.ask(
        """select d.route, d.level, sum(d.gap_p50), max(g.gap_p50), count(*), max(g.quality_class),
                  count(distinct d.publishable_area) filter (where d.quality_class = 'C')
           from district_skills_gap as d
           join skills_gap as g using (route, level, year, scenario)
           group by d.route, d.level, d.year"""
    )
    assert rows and {n for *_, n, _, _ in rows} == {DISTRICTS}
    assert [r[2] for r in rows] == pytest.approx([r[3] for r in rows], abs=1e-6)
    for *_, area_class, named in rows:
        assert named == (0 if area_class == "C" else 1)


def test_every_priority_sector_has_a_gap_at_each_level_with_a_verdict(baseline_build: Built) -> None:
    declared = {r[0] for r in baseline_build.ask("select sector_id from dim_sector")}
    found = baseline_build.ask("select sector_id, count(distinct level) from sector_skills_gap group by sector_id")
    assert {sector for sector, _ in found} == declared and {n for _, n in found} == {3}
