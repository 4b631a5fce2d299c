"""What the replay publisher publishes: small figures of ours in each service's true shape."""

from __future__ import annotations

from itertools import product

from tests.pipeline.files import DISTRICTS
from tests.replay.nomis import Dataset, Nomis
from tests.replay.publisher import Service

AREAS = (*DISTRICTS, "E12000002", "E92000001")
MONTHS = {f"2025-{m:02d}": n for m, n in ((10, "October 2025"), (11, "November 2025"), (12, "December 2025"))}
AGES = {"0": "All categories: Age 16+", "2": "Aged 16-24", "3": "Aged 25-49", "4": "Aged 50+"}
COUNT, RATE = "Claimant count", "Claimants as a proportion of residents aged 16-64"


def claimant_count() -> Dataset:
    """1,000 claimants in each district in each month: 200 young, 550 of middle age, 250 older; 2.5 per cent."""
    parts = {"0": "1000", "2": "200", "3": "550", "4": "250"}
    figures = {}
    for area, month, (age, name) in product(AREAS, MONTHS, AGES.items()):
        figures[area, month, "Total", COUNT, name, "Value"] = parts[age]
        figures[area, month, "Total", RATE, name, "Value"] = "2.5"
    return Dataset(
        {"gender": {"0": "Total"}, "measure": {"1": COUNT, "2": RATE}, "age": {**AGES, "11": "Aged 16-17"}},
        figures,
        MONTHS,
    )


def nomis(cap: int = 25_000) -> Nomis:
    return Nomis({"NM_162_1": claimant_count()}, cap)


def world() -> dict[str, Service]:
    """Return every service, faultless."""
    return {"nomis": nomis()}
