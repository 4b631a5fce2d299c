"""Labour force, qualification stock, available people and commuting: what must hold, and sums by hand."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi.errors import CoverageError
from lmi.project.supply_available import months_covered
from lmi.project.supply_commuting import Commuting, at_workplace, commuting_shares, self_containment, whole_area
from lmi.project.supply_labour import labour_force, pool_rates, rescale_population, respondents, shrink_rates
from lmi.project.supply_qualifications import advance, control

SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=50, deadline=None)

# ---------------------------------------------------------------- S1


def population(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    member = np.repeat(np.eye(2), 3, axis=0)
    return (
        rng.uniform(1, 100, (3, 4, 6)),
        rng.uniform(1, 100, (3, 6)),
        member,
        rng.uniform(1, 300, (3, 4, 2)),
    )


@FEW
@given(SEEDS, st.integers(0, 3))
def test_the_base_year_is_the_estimate_and_bands_move_as_the_newer_projection(seed: int, base: int) -> None:
    shape, estimate, member, bands = population(seed)
    made = rescale_population(shape, base, estimate, member, bands)
    assert np.allclose(made[:, base], estimate)
    grown = (made @ member) / (made[:, [base]] @ member)
    assert np.allclose(grown, bands / bands[:, [base]])
    assert np.all(made >= 0)


def test_residents_by_hand() -> None:
    # two ages of one band: the older projection says 10 and 10, then 20 and 10; the newer one says the band grows by 10%;
    # the estimate is 30 and 20. Unscaled 60 and 20, which is 80; the band must be 50 * 1.1 = 55: 41.25 and 13.75
    shape = np.array([[[10.0, 10.0], [20.0, 10.0]]])
    bands = np.array([[[1000.0], [1100.0]]])
    made = rescale_population(shape, 0, np.array([[30.0, 20.0]]), np.ones((2, 1)), bands)
    assert made[0, 1] == pytest.approx([41.25, 13.75])


def test_people_are_not_made_from_none() -> None:
    shape = np.array([[[0.0, 10.0], [5.0, 10.0]]])
    with pytest.raises(CoverageError, match="from none"):
        rescale_population(shape, 0, np.array([[3.0, 20.0]]), np.ones((2, 1)), np.ones((1, 2, 1)))
    with pytest.raises(CoverageError, match="do not fit"):
        rescale_population(shape, 0, np.array([[3.0, 20.0]]), np.ones((2, 2)), np.ones((1, 2, 2)))


def test_three_years_are_pooled_as_people_and_not_as_rates() -> None:
    # 60 of 100, 80 of 100 and 10 of 50: 150 of 250, where the mean of the rates would be 0.533
    rates = pool_rates(np.array([[60.0, 80.0, 10.0]]), np.array([[100.0, 100.0, 50.0]]))
    assert rates == pytest.approx([0.6])


def test_respondents_are_those_whose_sample_has_the_published_width() -> None:
    # a share of 0.5 of 400 people has a half width of 1.959964 * sqrt(0.25 / 400)
    width = 1.959963984540054 * (0.25 / 400) ** 0.5
    assert respondents(np.array([0.5, 1.0]), np.array([width, 0.0])) == pytest.approx([400.0, 0.0])


@FEW
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 10**5))
def test_a_rate_stays_between_its_own_and_the_wider_area_s(own: float, wider: float, counted: float) -> None:
    made = float(shrink_rates(np.array(own), np.array(counted), np.array(wider), 200.0))
    assert min(own, wider) - 1e-12 <= made <= max(own, wider) + 1e-12


def test_two_hundred_respondents_weigh_as_much_as_the_wider_area() -> None:
    assert float(shrink_rates(np.array(0.8), np.array(200.0), np.array(0.7), 200.0)) == pytest.approx(0.75)
    assert float(shrink_rates(np.array(0.8), np.array(0.0), np.array(0.7), 200.0)) == pytest.approx(0.7)


def test_the_labour_force_is_never_more_than_the_residents() -> None:
    assert labour_force(np.array([200.0]), np.array([0.75])).tolist() == [150.0]
    with pytest.raises(CoverageError, match="no share"):
        labour_force(np.array([200.0]), np.array([1.01]))


# ---------------------------------------------------------------- S2


def year(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    ages, levels = int(rng.integers(2, 8)), int(rng.integers(2, 6))
    stock = rng.uniform(10, 100, (ages, levels))
    survival = rng.uniform(0.9, 1, ages)
    moves = rng.uniform(-2, 5, (ages, levels))
    upgrades = np.triu(rng.uniform(0, 1, (ages, levels, levels)), k=1)
    return stock, survival, moves, upgrades, rng.uniform(0, 50, levels)


@FEW
@given(SEEDS)
def test_nobody_appears_or_is_lost(seed: int) -> None:
    stock, survival, moves, upgrades, entrants = year(seed)
    step = advance(stock, survival, moves, upgrades, entrants)
    assert np.allclose(
        step.stock.sum(axis=0) + step.left + step.died, stock.sum(axis=0) + step.entered + step.moved + step.rose
    )
    assert np.all(step.stock >= 0)
    assert step.rose.sum() == pytest.approx(0)


@FEW
@given(SEEDS)
def test_without_flows_everyone_is_a_year_older_at_the_same_level(seed: int) -> None:
    stock, survival, moves, upgrades, entrants = year(seed)
    step = advance(stock, np.ones_like(survival), moves * 0, upgrades * 0, entrants)
    assert np.allclose(step.stock[1:], stock[:-1])
    assert np.allclose(step.stock[0], entrants)
    assert np.allclose(step.left, stock[-1])


@FEW
@given(SEEDS)
def test_a_rise_moves_people_up_and_adds_none(seed: int) -> None:
    stock, survival, moves, upgrades, entrants = year(seed)
    with_rise = advance(stock, survival, moves, upgrades, entrants).stock
    without = advance(stock, survival, moves, upgrades * 0, entrants).stock
    assert np.allclose(with_rise.sum(axis=1), without.sum(axis=1))
    higher = with_rise[:, ::-1].cumsum(axis=1) - without[:, ::-1].cumsum(axis=1)
    assert np.all(higher >= -1e-9)


def test_a_year_by_hand() -> None:
    # ages 16 and 17, levels low and high: of 100 low at 16, 1% die, 4 move in, 10 rise
    stock = np.array([[100.0, 0.0], [50.0, 20.0]])
    upgrades = np.zeros((2, 2, 2))
    upgrades[0, 0, 1] = 10.0
    moves = np.array([[4.0, 0.0], [0.0, 0.0]])
    step = advance(stock, np.array([0.99, 1.0]), moves, upgrades, np.array([90.0, 5.0]))
    assert step.stock.tolist() == [[90.0, 5.0], [93.0, 10.0]]
    assert step.left.tolist() == [50.0, 20.0]
    assert step.died.tolist() == [1.0, 0.0]


def test_a_flow_that_cannot_be_is_refused() -> None:
    stock, ones, none = np.array([[10.0, 10.0]]), np.ones(1), np.zeros((1, 2, 2))
    down, many = none.copy(), none.copy()
    down[0, 1, 0], many[0, 0, 1] = 1.0, 11.0
    with pytest.raises(CoverageError, match="lower level"):
        advance(stock, ones, np.zeros((1, 2)), down, np.zeros(2))
    with pytest.raises(CoverageError, match="than there are"):
        advance(stock, ones, np.zeros((1, 2)), many, np.zeros(2))
    with pytest.raises(CoverageError, match="than there are"):
        advance(stock, ones, np.array([[-11.0, 0.0]]), none, np.zeros(2))
    with pytest.raises(CoverageError, match="no share"):
        advance(stock, ones * 1.1, np.zeros((1, 2)), none, np.zeros(2))


def test_control_gives_the_survey_s_totals_and_tells_what_it_took_out() -> None:
    made, residual = control(np.array([[30.0, 10.0], [30.0, 30.0]]), np.array([66.0, 20.0]))
    assert made.tolist() == [[33.0, 5.0], [33.0, 15.0]]
    assert residual.tolist() == [6.0, -20.0]
    with pytest.raises(CoverageError, match="no stock"):
        control(np.zeros((2, 1)), np.array([1.0]))


# ---------------------------------------------------------------- S4


def test_claimants_are_told_as_months_of_openings() -> None:
    months = months_covered(np.array([3000.0, 10.0]), np.array([24000.0, 0.0]), 12.0)
    assert months[0] == 1.5
    assert np.isnan(months[1])


# ---------------------------------------------------------------- S5


@FEW
@given(SEEDS)
def test_commuting_loses_nobody(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = commuting_shares(rng.uniform(1, 100, (3, 4)))
    assert np.allclose(shares.sum(axis=1), 1)
    people = rng.uniform(0, 100, (3, 5))
    moved = at_workplace(people, shares)
    assert moved.shape == (4, 5)
    assert np.allclose(moved.sum(axis=0), people.sum(axis=0))


def test_self_containment_by_hand() -> None:
    # of A's 100 residents 60 stay, 30 go to B, 10 out; of B's 100, 20 go to A and 80 stay; 20 come in to A
    flows, coming_in = np.array([[60.0, 30.0, 10.0], [20.0, 80.0, 0.0]]), np.array([20.0, 0.0])
    found = self_containment(flows, coming_in)
    assert found.of_residents == pytest.approx([0.6, 0.8])
    assert found.of_workers == pytest.approx([0.6, 80 / 110])
    assert whole_area(flows, coming_in) == pytest.approx((190 / 200, 190 / 210))
    # 210 work in the two districts, 200 who live there work
    assert Commuting(flows, coming_in, np.empty(0, np.int64)).net == pytest.approx(210 / 200)


def test_a_home_without_workers_is_refused() -> None:
    with pytest.raises(CoverageError, match="no working residents"):
        commuting_shares(np.array([[0.0, 0.0], [1.0, 2.0]]))


@pytest.mark.data
def test_three_in_four_working_residents_of_lancaster_work_in_lancaster(shared_data: Path) -> None:
    # Census 2021, journeys to work: Lancaster is E07000121. The 2015 evidence base of the area, on the census of 2011,
    # gives over three quarters for it.
    home, lancaster = np.zeros((1, 2)), "E07000121"
    coming_in = 0.0
    with gzip.open(
        shared_data / "ons/census_2021_commuting_flows/odwp01ew_ltla.csv.gz", "rt", encoding="utf-8-sig"
    ) as file:
        for row in csv.DictReader(file):
            if row["Place of work indicator (4 categories) code"] == "-8":
                continue
            lives, works = row["Lower tier local authorities code"], row["LTLA of workplace code"]
            if lives == lancaster:
                home[0, 0 if works == lancaster else 1] += int(row["Count"])
            elif works == lancaster:
                coming_in += int(row["Count"])
    found = self_containment(home, np.array([coming_in]))
    print(f"\nLancaster 2021: {found.of_residents[0]:.3f} of residents, {found.of_workers[0]:.3f} of workers")
    assert 0.75 < found.of_residents[0] < 0.95
