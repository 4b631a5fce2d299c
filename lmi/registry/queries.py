"""What is asked of a publisher's service, declared beside the source whose file the answer is.

Owns: field names, types and defaults of the `[queries.x]` tables. Never: opens a connection, holds a key.

Areas are asked for by role, since an area is a file of its own: `members`, `comparators`, and `whole`, which Nomis makes
of the members (its estimate is better than their sum, where members are suppressed).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["members", "comparators", "whole"]
Service = Literal["nomis", "ees", "ees_csv", "ees_files", "statxplore", "arcgis", "ons_beta", "ons_website", "govuk"]


class ServiceEnd(BaseModel):
    """A publisher's service: its address, how gently it is asked, and how a key is got."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^https?://")]
    also: tuple[str, ...] = ()  # further addresses to which its answers may lead
    key: str = ""  # environment variable that holds the key
    key_needed: bool = False
    key_from: str = ""  # where a person gets a key
    gap_seconds: Annotated[float, Field(ge=0)]  # between two requests
    connect_seconds: Annotated[float, Field(gt=0)] = 10
    silence_seconds: Annotated[float, Field(gt=0)] = 60  # without a byte
    whole_seconds: Annotated[float, Field(gt=0)] = 600  # for one answer, however it drips
    tries: Annotated[int, Field(ge=1)] = 4
    wait_seconds: Annotated[float, Field(ge=0)] = 2  # before the second try; doubled before each further one
    longest_wait_seconds: Annotated[float, Field(ge=0)] = 120
    most_bytes: Annotated[int, Field(ge=1)] = 2**30
    page: Annotated[int, Field(ge=1)] = 1000  # records asked for at a time


class Query(BaseModel):
    """Base of all queries: which layout of the source the answer must have, and how its file is called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: str  # the answer must bear this layout's marks
    part: str = ""  # when the answers of several queries are parts of one vintage
    proven: bool = False  # asked of the live service by us; false: the ids and labels are from others' records

    @property
    def end(self) -> str:
        """The service that answers, as in declared/services.toml."""
        return str(getattr(self, "service"))  # noqa: B009 (each kind of query declares its own)

    def faults(self) -> str:
        """Return in words what is wrong between the keys, or nothing."""
        return ""


class NomisQuery(Query):
    """Records of a Nomis dataset. Every dimension is pinned, so that no cross-product of codes comes back."""

    service: Literal["nomis"]
    dataset: Annotated[str, Field(pattern=r"^NM_\d+_\d+$")]
    areas: tuple[Role, ...]
    not_covered: tuple[str, ...] = ()  # areas of these roles that the dataset does not hold, such as the United Kingdom
    dimensions: dict[str, str] = {}  # dimension -> codes, with commas and ranges a...b
    find: dict[str, tuple[str, ...]] = {}  # dimension -> regular expressions for whole descriptions of its codes
    search: dict[str, str] = {}  # dimension -> what narrows its list of codes, such as *T09b*
    measures: str = "20100"
    time: str = "latest"  # codes or tokens; a list means exactly these
    time_dimension: Literal["date", "projected_year"] = "date"

    def faults(self) -> str:
        """Return in words what is wrong: a dimension is pinned once."""
        twice = sorted(set(self.dimensions) & set(self.find))
        stray = sorted(set(self.search) - set(self.find))
        return (
            f"a dimension is pinned twice, or searched in and not found by: {', '.join(twice + stray)}"
            if twice + stray
            else ""
        )


class EesQuery(Query):
    """Results of a data set of the Explore Education Statistics API, asked by label: ids change with the data set."""

    service: Literal["ees"]
    publication: str  # title
    data_set: str  # title
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+|\.\*)*$")]  # pinned: a new major version may drop what we read
    indicators: tuple[str, ...]  # labels
    filters: dict[str, tuple[str, ...]] = {}  # label of the filter -> labels of its options
    levels: tuple[str, ...]  # geographic levels, such as NAT, REG, LA, LAD
    since: str = ""  # first time period, such as 2021/2022
    time_code: str = "AY"


class EesCsvQuery(Query):
    """The whole CSV of a data set of the Explore Education Statistics API, in a pinned version."""

    service: Literal["ees_csv"]
    publication: str  # title
    data_set: str  # title
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+|\.\*)*$")]
    columns: tuple[str, ...] = ()  # the whole header, in any order; empty: the layout's marks are enough

    @property
    def end(self) -> str:
        """The service that answers."""
        return "ees"


class EesFileQuery(Query):
    """A CSV of the data catalogue of Explore Education Statistics, by the file's id: always the newest release."""

    service: Literal["ees_files"]
    file_id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    columns: tuple[str, ...] = ()  # the whole header, in any order; empty: the layout's marks are enough


class StatXploreField(BaseModel):
    """One field of a Stat-Xplore table and which of its values are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str  # uri of the field
    valueset: str  # regular expression for the whole uri of its list of values, which is the depth of a geography
    take: Literal["members", "all", "latest", "listed"]
    latest: Annotated[int, Field(ge=1)] = 1  # how many of the newest values, for `latest`
    groups: dict[str, tuple[str, ...]] = {}  # for `listed`: our name of an item -> labels of the values in it
    total: bool = False


class StatXploreQuery(Query):
    """One table of Stat-Xplore."""

    service: Literal["statxplore"]
    database: str
    measures: Annotated[tuple[str, ...], Field(min_length=1)]
    fields: Annotated[tuple[StatXploreField, ...], Field(min_length=1)]

    def faults(self) -> str:
        """Return in words what is wrong: groups belong to listed values."""
        wrong = [f.field for f in self.fields if (f.take == "listed") != bool(f.groups)]
        return f"groups stand where, and only where, values are listed: {', '.join(wrong)}" if wrong else ""


class ArcGisQuery(Query):
    """Attributes of a layer of the Open Geography Portal, kept as the portal's own CSV would be."""

    service: Literal["arcgis"]
    feature_service: str
    layer: int = 0
    where: str = "1=1"
    columns: tuple[str, ...]  # the fields asked for, in this order
    key: str  # a field that is different in every record


class OnsBetaQuery(Query):
    """The newest version of a dataset of the ONS beta API, as CSV."""

    service: Literal["ons_beta"]
    dataset: str
    edition: str = ""  # empty: the newest, where the edition is renamed with each year or boundary
    columns: tuple[str, ...] = ()  # the whole header, in any order; empty: the layout's marks are enough


class OnsWebsiteQuery(Query):
    """A file of the ONS website: the newest that a dataset's page names, or the table of one time series."""

    service: Literal["ons_website"]
    page: Annotated[str, Field(pattern=r"^/")]
    file: str = ""  # regular expression for the file's name; empty: `page` is a time series


class GovUkQuery(Query):
    """An attachment of a page of GOV.UK."""

    service: Literal["govuk"]
    page: Annotated[str, Field(pattern=r"^/")]
    attachment: str  # regular expression searched in the attachment's title or file name


AnyQuery = Annotated[
    NomisQuery
    | EesQuery
    | EesCsvQuery
    | EesFileQuery
    | StatXploreQuery
    | ArcGisQuery
    | OnsBetaQuery
    | OnsWebsiteQuery
    | GovUkQuery,
    Field(discriminator="service"),
]
