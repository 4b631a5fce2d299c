"""A query for each service, as a declaration would state it, for the sources whose files the replay publisher has."""

from __future__ import annotations

from dataclasses import dataclass

from lmi.registry import AnyQuery, load
from lmi.registry.queries import ArcGisQuery, EesCsvQuery, EesFileQuery, GovUkQuery, OnsBetaQuery, OnsWebsiteQuery
from tests.replay.world import FILE_ID

AIMS_CSV = (
    "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code", "region_name",
    "lad_code", "lad_name", "ssa_tier_1", "notional_nvq_level", "sex", "ethnicity_major", "aim_achievements", "enrolments",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A source and a query of it; `cells` is how many cells its faultless answer has."""

    source_id: str
    query: AnyQuery
    cells: int


def declared(source_id: str, name: str) -> AnyQuery:
    return load().sources[source_id].queries[name]


def cases() -> dict[str, Case]:
    """Return one case for each service that can be asked."""
    aims, jobs = "dfe/ees_fe_aims", "ons/bres_employment_by_industry"
    columns = ("LAD25CD", "LAD25NM", "CAUTH25CD", "CAUTH25NM")
    return {
        "nomis": Case("dwp/nomis_claimant_count", declared("dwp/nomis_claimant_count", "by_age"), 17 * 3 * 4 * 2),
        "ees": Case(aims, declared(aims, "by_subject"), 15 * 2 * 17),
        "ees_csv": Case(
            aims,
            EesCsvQuery(
                layout="by_subject_csv",
                service="ees_csv",
                publication="Further education and skills",
                data_set="Aims by sector subject area, region and local authority district",
                version="1.*",
                columns=AIMS_CSV,
            ),
            15 * 2 * 17,
        ),
        "ees_files": Case(
            aims,
            EesFileQuery(layout="by_subject_csv", service="ees_files", file_id=FILE_ID, columns=AIMS_CSV),
            15 * 2 * 17,
        ),
        "statxplore": Case("dwp/statxplore_uc_people", declared("dwp/statxplore_uc_people", "by_age"), 13 * 14 * 11),
        "arcgis": Case(
            "geography/lad_to_cauth",
            ArcGisQuery(
                layout="may_2025",
                service="arcgis",
                feature_service="LAD25_CAUTH25_EN_LU",
                columns=columns,
                key="ObjectId",
            ),
            16,
        ),
        "ons_beta": Case(
            aims,
            OnsBetaQuery(
                layout="by_subject_csv", service="ons_beta", dataset="aims", edition="time-series", columns=AIMS_CSV
            ),
            15 * 2 * 17,
        ),
        "ons_website": Case(
            aims,
            OnsWebsiteQuery(
                layout="by_subject_csv", service="ons_website", page="/skills/datasets/aims", file=r"\.csv$"
            ),
            15 * 2 * 17,
        ),
        "govuk": Case(
            jobs,
            GovUkQuery(
                layout="sections_and_broad_groups",
                service="govuk",
                page="/government/publications/jobs",
                attachment="^Jobs by",
            ),
            78,
        ),
    }
