"""D4 against its margins, by hand and on the publishers' figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmi.errors import CoverageError
from lmi.project.staffing import Groups, fit_staffing, interpolate_blocks, seed_staffing

#: Two divisions of one industry and one of another; three units in two sub-majors of two majors.
GROUPS = Groups(np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([0, 0, 1]))


def test_a_sampled_zero_gets_half_a_job_and_a_structural_one_stays() -> None:
    shares = np.array([[0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    seed = seed_staffing(shares, np.array([100.0, 0.0, 40.0]), GROUPS, np.array([[60.0, 40.0], [0.0, 40.0]]))
    assert seed.tolist() == [[50.0, 0.5, 50.0], [0.0, 0.0, 0.0], [0.0, 0.0, 40.0]]


def test_all_three_margins_are_met_and_the_report_says_how() -> None:
    shares = np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2], [0.1, 0.1, 0.8]])
    divisions = np.array([100.0, 50.0, 40.0])
    made = fit_staffing(shares, divisions, np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([7.0, 3.0]), GROUPS)
    assert made.fit.table.sum(axis=1) == pytest.approx(divisions, rel=1e-5)
    # the first industry's 150 jobs are two to one; the second's 40 are one to three
    assert made.fit.table[:2, :2].sum() == pytest.approx(100, rel=1e-5)
    assert made.fit.table[2, 2] == pytest.approx(30, rel=1e-5)
    assert made.by_industry(2, 2) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 4, 3 / 4]]), rel=1e-5)
    told = made.report()
    assert told["margin_error"] < 1e-6 and told["passes"] >= 1 and told["distance"] > 0


def test_an_industry_without_published_occupations_is_an_error() -> None:
    with pytest.raises(CoverageError, match=r"industry 2.*What to do"):
        fit_staffing(np.ones((3, 3)), np.ones(3), np.array([[1.0, 1.0], [0.0, 0.0]]), np.ones(2), GROUPS)


def test_blocks_between_two_years_move_on_the_log_odds_scale() -> None:
    blocks = np.array([[[50.0, 180.0], [50.0, 20.0]]])
    half = interpolate_blocks(blocks, [2020, 2030], 2025)
    share = 3 / (1 + 3)  # the odds are 1 and 9; halfway in logs is 3
    assert half == pytest.approx(np.array([[150 * share, 150 * (1 - share)]]))
    with pytest.raises(CoverageError):
        interpolate_blocks(blocks, [2020, 2030], 2031)


@pytest.mark.data
def test_the_national_pattern_fits_the_area_s_published_blocks(shared_method: Path) -> None:
    units = pd.read_csv(
        shared_method / "sic2_soc2020_unit_staffing_uk2018.csv", dtype={"sic2007_division": str, "soc2020_unit": str}
    )
    pattern = units.pivot_table(
        index="sic2007_division", columns="soc2020_unit", values="share_of_division", fill_value=0
    )
    sic = pd.read_csv(shared_method / "industry_sic.csv", dtype=str).set_index("sic2007_division")
    pattern = pattern[pattern.index.isin(sic.index)]
    published = pd.read_csv(shared_method / "si2035_industry_occupation.csv")
    published = published[(published.area == "Lancashire LSIP") & (published.industry_level == "industry22")]
    published = published[(published.industry != "All industries") & (published.soc2020_major != "Total")]
    titles = (
        pd.read_csv(shared_method / "soc2020_structure.csv", dtype=str).groupby("major_title").soc2020_major.first()
    )
    major = {title.lower(): number for title, number in titles.items()} | {"associate professional occupations": "3"}
    published = published.assign(major=published.soc2020_major.str.lower().map(major))
    assert published.major.notna().all()
    table = published[published.year == 2020].pivot_table(
        index="industry", columns="major", values="employment_thousands"
    )
    industries, majors = list(table.index), list(table.columns)
    assert table.shape == (22, 9)
    submajors = sorted({u[:2] for u in pattern.columns})
    groups = Groups(
        np.array([industries.index(sic.industry22[d]) for d in pattern.index]),
        np.array([majors.index(u[0]) for u in pattern.columns]),
        np.array([submajors.index(u[:2]) for u in pattern.columns]),
    )
    blocks = 1000 * table.to_numpy()
    industry = blocks.sum(axis=1)
    weight = np.bincount(groups.industry, minlength=22)
    series = pd.read_csv(shared_method / "si2035_series.csv")
    series = series[(series.area == "Lancashire LSIP") & (series.dimension == "occupation") & (series.year == 2020)]
    series = series[series.category.str.match(r"\d\d ")]
    held = series.assign(code=series.category.str[:2]).set_index("code").employment_thousands
    made = fit_staffing(
        pattern.to_numpy(), (industry / weight)[groups.industry], blocks, 1000 * held[submajors].to_numpy(), groups
    )
    assert made.fit.margin_error < 1e-6
    found = made.by_industry(22, len(submajors)) * industry[:, None]
    assert found.sum() == pytest.approx(722_011, rel=1e-3)  # all jobs in 2020, as printed
    of_major = np.array([majors.index(s[0]) for s in submajors])
    again = np.stack([found[:, of_major == m].sum(axis=1) for m in range(9)], axis=1)
    assert again == pytest.approx(blocks, rel=1e-4, abs=1)
    assert found.sum(axis=0) == pytest.approx(1000 * held[submajors].to_numpy(), rel=2e-3)
