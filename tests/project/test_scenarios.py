"""What-ifs against the baseline: nothing changes nothing, and a change moves the cells that it names by hand sums."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmi.errors import CoverageError, DeclarationError, LmiError
from lmi.project.change import BASELINE, Change, change_of
from lmi.project.compare import compare
from lmi.project.run import ProjectionResult, project
from lmi.registry.scenarios import (
    Displacement,
    Jobs,
    Provision,
    Scenario,
    Substitution,
    declared_scenarios,
    load_scenario,
)
from tests.project.synthetic import HERE, WIDER, invent
from tests.project.test_invariants import of_area

INPUTS = invent(7)
WORDS = {"id": "x", "title": "t", "description": "d", "author": "a", "source": "s"}


def run(**change: object) -> ProjectionResult:
    return project(INPUTS, HERE, WIDER, 1, Change(keep_draws=True, **change))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def baseline() -> ProjectionResult:
    return run()


def differences(baseline: ProjectionResult, **change: object) -> pd.DataFrame:
    made = compare(baseline, run(**change)).to_pandas()
    return made[made.difference.abs() > 1e-6]


def provision(**body: object) -> Provision:
    return Provision(**{"stream": "apprenticeships", "of": "starts", "first_year": 2025, **body})  # type: ignore[arg-type]


def test_a_scenario_that_changes_nothing_is_the_baseline_to_the_byte(baseline: ProjectionResult) -> None:
    empty = Scenario(**WORDS)
    assert empty.changes_nothing and change_of(empty, keep_draws=False) == BASELINE
    plain, other = project(INPUTS, HERE, WIDER, 1), project(INPUTS, HERE, WIDER, 1, change_of(empty))
    for name in ("projections", "series", "derivations", "backtest"):
        assert getattr(plain, name).equals(getattr(other, name))
    assert compare(baseline, other).to_pandas().filter(like="difference").abs().to_numpy().max() == 0
    ones = run(provision=(provision(factor=1.0),), substitution=(Substitution(from_level="6", to_level="3", share=0),))
    assert ones.projections["p50"].equals(plain.projections["p50"])


def test_added_starts_move_one_route_at_one_level_by_the_closed_form(baseline: ProjectionResult) -> None:
    moved = differences(baseline, provision=(provision(subject="4.1", level="3", add=300, first_year=2026),))
    assert set(moved.measure) == {"inflow", "gap"}
    assert set(moved.level) == {"3", "_T"}
    assert set(moved.code) == {"engineering", "not_assigned", "_T"}
    assert moved.year.min() == 2028  # two years from start to achievement
    cell = moved[(moved.measure == "inflow") & (moved.code == "engineering") & (moved.level == "3")]
    # by hand: 300 starts, 0.59 achieve, all of the standard lead to engineering, 0.85 are matched to the route
    assert cell.difference.to_numpy() == pytest.approx(np.full(8, 300 * 0.59 * 0.85))
    assert ((cell.difference_p10 < cell.difference) & (cell.difference < cell.difference_p90)).all()
    rest = moved[(moved.measure == "inflow") & (moved.code == "not_assigned") & (moved.level == "3")]
    assert rest.difference.to_numpy() == pytest.approx(np.full(8, 300 * 0.59 * 0.15))
    gap = moved[(moved.measure == "gap") & (moved.code == "engineering") & (moved.level == "3")]
    assert gap.difference.to_numpy() == pytest.approx(-cell.difference.to_numpy())


def test_the_interval_of_a_difference_is_that_of_the_change_alone(baseline: ProjectionResult) -> None:
    moved = differences(baseline, provision=(provision(subject="4.1", level="3", add=300, first_year=2026),))
    cell = moved[(moved.measure == "gap") & (moved.code == "engineering") & (moved.level == "3")].iloc[0]
    figures = of_area(baseline)
    gap = figures[(figures.measure == "gap") & (figures.code == "engineering") & (figures.level == "3")]
    gap = gap[gap.year == cell.year].iloc[0]
    assert cell.difference_p90 - cell.difference_p10 < (gap.p90 - gap.p10) / 2


def test_a_factor_scales_the_part_that_it_names(baseline: ProjectionResult) -> None:
    change = provision(stream="classroom", of="achievement", subject="1", factor=1.1, first_year=2030, last_year=2031)
    moved = differences(baseline, provision=(change,))
    assert set(moved.measure) == {"inflow", "gap"}
    assert set(moved.year) == {2030, 2031}  # at once, and for two years
    figures = of_area(baseline)
    all_of = figures[(figures.measure == "inflow_classroom") & (figures.code == "care") & (figures.level == "3")]
    cell = moved[(moved.measure == "inflow") & (moved.code == "care") & (moved.level == "3")]
    # care is taught in subject 1 only, so a tenth more of it is a tenth more of classroom care
    assert cell.difference.to_numpy() == pytest.approx(0.1 * all_of[all_of.year.isin([2030, 2031])].p50.to_numpy())


def test_a_provider_s_learners_alone_are_moved(baseline: ProjectionResult) -> None:
    whole = differences(baseline, provision=(provision(of="retention", factor=1.5),))
    one = differences(baseline, provision=(provision(of="retention", factor=1.5, provider="10000001"),))
    total = [m[(m.measure == "inflow") & (m.code == "_T") & (m.level == "_T")].difference.iloc[0] for m in (whole, one)]
    assert 0 < total[1] < total[0]


def test_a_plant_that_closes_takes_its_occupations_with_it_and_no_other_jobs(baseline: ProjectionResult) -> None:
    moved = differences(baseline, jobs=(Jobs(industry="I22-02", jobs=-1000, first_year=2027),))
    jobs = moved[moved.measure == "jobs"]
    assert jobs.year.min() == 2027
    industries = jobs[jobs.breakdown == "industry22"]
    assert set(industries.code) == {"I22-02"}
    assert industries.difference.to_numpy() == pytest.approx(np.full(9, -1000.0))
    # the national pattern gives each of the four occupations a quarter of every division
    occupations = jobs[(jobs.breakdown == "occupation_submajor") & (jobs.year == 2030)]
    assert occupations.difference.to_numpy() == pytest.approx(np.full(4, -250.0))
    total = jobs[jobs.breakdown == "total"]
    assert total.difference_p10.to_numpy() == pytest.approx(
        total.difference.to_numpy(), abs=1
    )  # the same in every draw


def test_jobs_of_a_sector_come_in_a_straight_line(baseline: ProjectionResult) -> None:
    moved = differences(baseline, jobs=(Jobs(sector="digital", jobs=900, first_year=2026, last_year=2028),))
    total = moved[(moved.measure == "jobs") & (moved.breakdown == "total")].set_index("year").difference
    assert total[[2026, 2027, 2028, 2035]].to_numpy() == pytest.approx([300, 600, 900, 900])
    assert set(moved[(moved.breakdown == "industry22") & (moved.measure == "jobs")].code) == {"I22-02", "I22-03"}


def test_displacement_shrinks_what_was_to_shrink_and_leaves_the_sum(baseline: ProjectionResult) -> None:
    moved = differences(baseline, displacement=Displacement(factor=3))
    jobs = moved[(moved.measure == "jobs") & (moved.year == 2035)]
    assert (jobs.breakdown == "occupation_submajor").all()
    assert jobs.difference.sum() == pytest.approx(0, abs=1e-6)
    assert (jobs.difference < 0).any() and (jobs.difference > 0).any()


def test_substitution_moves_openings_between_levels_and_no_jobs(baseline: ProjectionResult) -> None:
    moved = differences(baseline, substitution=(Substitution(from_level="6", to_level="4-5", share=0.1),))
    assert set(moved.measure) == {"openings_people", "gap"}
    assert set(moved.level) == {"6", "4-5"}
    before = of_area(baseline)
    held = before[(before.measure == "openings_people") & (before.code == "_T") & (before.level == "6")]
    lost = moved[(moved.measure == "openings_people") & (moved.code == "_T") & (moved.level == "6")]
    assert lost.difference.to_numpy() == pytest.approx(-0.1 * held.p50.to_numpy())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provision": (provision(subject="99", add=1),)}, r"no sector subject area '99'.*1\.3.*What to do"),
        ({"provision": (provision(subject="4.1", level="7+", add=1),)}, r"level 7\+: there is no provision.*What to do"),
        ({"provision": (provision(provider="Nowhere College", factor=2),)}, r"no resident achieved at the provider"),
        ({"jobs": (Jobs(industry="I22-99", jobs=1, first_year=2026),)}, r"no industry 'I22-99'"),
        ({"jobs": (Jobs(sector="space", jobs=1, first_year=2026),)}, r"no sector 'space'"),
        ({"jobs": (Jobs(industry="I22-01", jobs=-10**9, first_year=2026),)}, r"more jobs than an industry has"),
        ({"jobs": (Jobs(industry="I22-01", jobs=1, first_year=2050),)}, r"begins after the projection ends"),
        ({"assumptions": {"stay_share": 1.2}}, r"stay_share is a share.*0 to 1.*1\.2"),
        ({"assumptions": {"no_such": 1.0}}, r"no assumption 'no_such'"),
        ({"assumptions": {"growth_weight_area": 0.9}}, r"growth weights are not shares"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_to_do(change: dict[str, object], words: str) -> None:
    with pytest.raises((DeclarationError, CoverageError)) as told:
        run(**change)
    assert re.search(words, str(told.value)), told.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[substitution]]\nfrom_level = '6'\nto_level = '3'\nshare = 1.5", r"substitution\.0\.share: .*less than or equal to 1"),
        ("[[provision]]\nstream = 'classroom'\nof = 'starts'\nfirst_year = 2026\nadd = 1\nfactor = 2", "either add or factor"),
        ("[[provision]]\nstream = 'classroom'\nof = 'retention'\nfirst_year = 2026\nadd = 1", "only starts can be added"),
        ("[[jobs]]\njobs = 1\nfirst_year = 2026", "either an industry or a sector"),
        ("[displacment]\nfactor = 2", r"did you mean 'displacement'"),
        ("jobs = ", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_names_the_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("".join(f'{k} = "{v}"\n' for k, v in WORDS.items()) + text)
    with pytest.raises(LmiError) as told:
        load_scenario(path)
    assert re.search(words, str(told.value)), told.value


@pytest.mark.parametrize("path", declared_scenarios().values(), ids=lambda p: p.stem)
def test_every_scenario_that_comes_with_the_project_reads_and_bears_its_file_s_name(path: Path) -> None:
    assert load_scenario(path).id == path.stem


def test_a_rate_that_a_scenario_changes_moves_every_draw_one_way(baseline: ProjectionResult) -> None:
    # 0.98 of the classroom's leavers stay instead of 0.95: the inflow gains 3 in 95 of the classroom's part, in nearly all draws
    found = differences(baseline, assumptions={"stay_share": 0.98})
    gained = found[(found.measure == "inflow") & (found.code == "_T") & (found.level == "_T")]
    figures = baseline.projections.to_pandas()
    taught = figures[(figures.measure == "inflow_classroom") & (figures.code == "_T") & (figures.level == "_T")]
    expected = taught.set_index("year").p50.reindex(gained.year.to_numpy()) * (0.98 / 0.95 - 1)
    assert gained.difference.to_numpy() == pytest.approx(expected.to_numpy())
    assert (gained.difference_p10 > 0).all()
    assert set(found.measure) == {"inflow", "gap"}  # openings, jobs and the labour force are the same in every draw
