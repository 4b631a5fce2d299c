"""For each source a small table that keeps all of its rules; the sums are made so that they can be done by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.validate.tables import ACADEMIC, MONTH, PART, ROLLING, SPAN, YEAR

Row = dict[str, Any]
DISTRICTS = ("E06000008", "E07000117")
END = (date(2035, 1, 1), date(2035, 12, 31), "calendar_year")
OCCUPATIONS = [
    f"{g}{i}" for g, n in zip("123456789", (2, 4, 5, 2, 4, 3, 2, 2, 2), strict=True) for i in range(1, n + 1)
]
QUALIFICATIONS = ["NVQ0", "NVQ1", "NVQ2", "TRADE", "NVQ3", "NVQ4", "OTHER"]
AGES = ["16-19", "20-24", "25-29", "30-39", "40-49", "50-64"]


def projection() -> list[Row]:
    """Return jobs in two years and their change, by every breakdown, adding up by hand: 99, 198 and 99."""
    rows: list[Row] = []

    def add(share: float, **codes: str) -> None:
        for indicator, period, whole in (
            ("projected_jobs", YEAR, 99.0), ("projected_jobs", END, 198.0), ("projected_net_change", SPAN, 99.0),
            ("projected_replacement_demand", SPAN, 49.5), ("projected_total_requirement", SPAN, 148.5),
        ):  # fmt: skip
            maturity = "final" if period == YEAR else "projected_by_publisher"
            rows.append(
                {
                    "indicator_id": indicator,
                    "period": period,
                    "value": whole * share,
                    "maturity": maturity,
                    "area_code": "E69000019",
                    **codes,
                }
            )

    add(1.0)
    for i in range(1, 7):
        add(1 / 6, industry=f"S6-{i}")
    for i in range(1, 23):
        add(1 / 22, industry=f"I22-{i:02}")
    for group in "123456789":
        codes = [code for code in OCCUPATIONS if code[0] == group]
        add(1 / 9, occupation=group)
        for code in codes:
            add(1 / 9 / len(codes), occupation=code)
    for i in range(9):
        add(1 / 9, qualification=f"RQF{i}")
    return rows


def claimants() -> list[Row]:
    return [
        {"indicator_id": indicator, "area_code": area, "period": MONTH, "value": value, "maturity": "provisional"}
        for area in DISTRICTS
        for indicator, value in (("claimants", 2000.0), ("claimant_rate", 4.0))
    ]


def households() -> list[Row]:
    return [{"indicator_id": "uc_households", "area_code": a, "period": MONTH, "value": 9000.0} for a in DISTRICTS]


def aims() -> list[Row]:
    """Return aims by sixteen subjects in two districts: 15 times 10, one marked as below 5, total 150."""
    rows: list[Row] = []
    for area in DISTRICTS:
        whole = {"indicator_id": "fe_aim_achievements", "area_code": area, "period": PART, "maturity": "provisional"}
        rows += [{**whole, "value": 150.0}, {**whole, "subject": "NA", "value": None, "status": "rounded_to_zero"}]
        rows += [{**whole, "subject": str(i), "value": 10.0} for i in range(1, 16)]
    return rows


def apprenticeships() -> list[Row]:
    measures = (("starts", 4.0), ("enrolments", 10.0), ("achievements", 3.0))
    return [
        {"indicator_id": f"apprenticeship_{m}", "area_code": a, "period": p, "value": v, "provider": "10000055"}
        for a in DISTRICTS
        for p in (ACADEMIC, PART)
        for m, v in measures
    ]


def occupations(enforcement: float = 1.0) -> list[Row]:
    """Return 26 occupations of two districts, 40 each and `enforcement` in 63, and a thousandfold of a large area."""
    rows: list[Row] = []
    for area, times in (*((d, 1) for d in DISTRICTS), ("E92000001", 1000)):
        whole = {"indicator_id": "residents_in_employment", "area_code": area, "period": ROLLING}
        for code in OCCUPATIONS:
            rows.append({**whole, "occupation": code, "value": times * (enforcement if code == "63" else 40.0)})
    return rows


def qualifications() -> list[Row]:
    """Return seven qualifications in two districts, 1,200 each: 600 by sex, 200 in each of six age bands."""
    rows: list[Row] = []
    for area in DISTRICTS:
        for code in QUALIFICATIONS:
            whole = {"indicator_id": "residents_aged_16_64", "area_code": area, "period": YEAR, "qualification": code}
            rows += [{**whole, "value": 1200.0}, *({**whole, "sex": s, "value": 600.0} for s in "MF")]
            rows += [{**whole, "age": a, "value": 200.0} for a in AGES]
    return rows


def sections() -> list[Row]:
    """Return 21 sections of 18,000 and 18 broad groups of 21,000: 378,000 both ways."""
    whole = {"indicator_id": "bres_employment", "area_code": "E37000019"}
    return [{**whole, "industry": chr(65 + i), "value": 18000.0} for i in range(21)] + [
        {**whole, "industry": f"BIG-{i:02}", "value": 21000.0} for i in range(1, 19)
    ]


def divisions() -> list[Row]:
    whole = {"indicator_id": "bres_employment", "area_code": "UKD4"}
    return [{**whole, "industry": f"{i:02}", "value": 900.0} for i in range(1, 89)] + [
        {**whole, "industry": f"{i:02}110", "value": 900.0} for i in range(1, 89)
    ]


def hub() -> list[Row]:
    rows: list[Row] = []

    def add(indicator: str, period: Any, value: float, **codes: str) -> None:
        rows.extend(
            {"indicator_id": indicator, "area_code": a, "period": period, "value": value, **codes} for a in DISTRICTS
        )

    add("fe_learner_participation", ACADEMIC, 1000.0)
    add("fe_learner_achievements", ACADEMIC, 500.0)
    for age, value in (("19-24", 200.0), ("25+", 300.0)):
        add("fe_learner_achievements", ACADEMIC, value, age=age)
    add("fe_learner_achievements", ACADEMIC, 400.0, qualification="FE-2")
    add("fe_learner_achievements", ACADEMIC, 300.0, qualification="FE-3")
    add("destination_rate_ks4", ACADEMIC, 0.9)
    add("fe_aim_achievements", ACADEMIC, 1600.0)
    for i in range(1, 16):
        add("fe_aim_achievements", ACADEMIC, 100.0, subject=str(i))
    add("fe_aim_achievements", ACADEMIC, 100.0, subject="NA")
    return rows


GOOD: dict[str, Callable[[], list[Row]]] = {
    "dfe/skills_imperative_2035": projection,
    "dwp/claimant_count_by_la": claimants,
    "dwp/uc_households_by_la": households,
    "dfe/fe_achievements_by_ssa": aims,
    "dfe/apprenticeships_by_provider_lad": apprenticeships,
    "dfe/local_skills_data_hub": hub,
    "ons/aps_employment_by_occupation": occupations,
    "ons/aps_qualifications_by_age_gender": qualifications,
    "ons/bres_employment_by_industry": sections,
    "ons/bres_employment_by_detailed_industry": divisions,
}
