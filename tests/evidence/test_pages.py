"""The pages of the baseline's pack: numbers, quality, words, and nothing from outside."""

from __future__ import annotations

import csv
import re
from html import unescape

import pytest

from lmi.errors import TraceError
from lmi.evidence.spec import read_toml
from lmi.lineage import resolve
from lmi.pipeline.packs import DECLARED
from lmi.publish import published_build
from tests.evidence.kit import NO_FIGURE, MadePack, markup_of, texts_of, unaccounted
from tests.pipeline.builds import AREA, Built

#: Printed in Skills Imperative 2035, Lancashire LSIP tables, sheet Ind F2, 2035: 772,749 jobs.
OFFICIAL_2035 = "773,000"


def test_every_number_on_every_page_is_a_cited_figure_or_no_figure(pack: MadePack) -> None:
    record = pack.record
    assert len(pack.pages) > 50 and len(record["figures"]) > 1000
    for page in pack.pages:
        left = list(unaccounted(page.read_text(encoding="utf-8"), record))
        assert not left, f"{page.name}: {left[:5]}"


def test_a_number_without_a_citation_is_found() -> None:
    """The test above can fail."""
    record = {"figures": {"m-1": {"printed": ["36,420"]}}}
    assert not list(unaccounted('<p>In 2023 <data value="m-1">36,420</data> at level 3.</p>', record))
    assert list(unaccounted("<p>About 36,420 people.</p>", record))
    assert list(unaccounted('<p><data value="m-1">36,421</data></p>', record))
    assert list(unaccounted('<p><data value="m-2">36,420</data></p>', record))


def test_every_citation_resolves_in_the_build(pack: MadePack, baseline_build: Built) -> None:
    from lmi.engine import connect

    record = pack.record["figures"]
    plain = [c for c in record if not c.startswith(("count-", "change-"))]
    with connect(published_build(baseline_build.data / "curated").database, read_only=True) as con:
        for cited in plain[:: max(1, len(plain) // 12)]:
            told = resolve(con, cited)
            assert told.value == record[cited]["value"] and told.mart == record[cited]["mart"]
        with pytest.raises(TraceError):
            resolve(con, "skills_gap-000000000000")
        with pytest.raises(TraceError, match="a count of rows, which an evidence pack made"):
            resolve(con, next(c for c in record if c.startswith("count-")))


def test_no_figure_of_class_c_is_printed_and_sources_stand_behind_all(pack: MadePack) -> None:
    figures = pack.record["figures"].values()
    assert {f["quality_class"] for f in figures} == {"A", "B"}
    of_ours = ("dim_assumption", "accuracy")
    nothing_counted = [f for f in figures if f["column"] == "rows" and not f["value"]]
    assert all(f["sources"] for f in figures if f["mart"] not in of_ours and f not in nothing_counted)


def test_a_gap_of_class_c_is_named_with_its_reason(pack: MadePack, baseline_build: Built) -> None:
    reason = baseline_build.ask(
        "select quality_reason from skills_gap where level = '3' and year = 2026 and scenario = 'rebased' "
        "and quality_class = 'C' and route = 'digital'"
    )[0][0]
    text = (pack.folder / "gap.html").read_text(encoding="utf-8")
    assert reason in text


def test_a_figure_of_the_publisher_stands_as_printed(pack: MadePack) -> None:
    assert OFFICIAL_2035 in (pack.folder / "demand.html").read_text(encoding="utf-8")
    with open(pack.folder / "csv" / "demand-jobs.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    last = next(r for r in rows if r["Year"] == "2035")
    assert last["Official projection, jobs"] == "773000"
    cited = pack.record["figures"][last["Official projection, jobs: citation"]]
    assert round(cited["value"]) == 772_749 and cited["key"]["area_code"] == AREA


def test_nothing_is_loaded_from_outside_and_no_script_runs(pack: MadePack) -> None:
    for page in pack.pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text and "@import" not in text and " style=" not in text
        for address in texts_of(text).addresses:
            assert not re.match(r"(?i)(https?:)?//", address), f"{page.name} loads {address}"
            assert (page.parent / address).is_file()


def test_every_link_inside_the_pack_leads_somewhere(pack: MadePack) -> None:
    for page in pack.pages:
        for to in re.findall(r'<a [^>]*href="([^"#]+)"', page.read_text(encoding="utf-8")):
            assert "://" in to or (page.parent / to).is_file(), f"{page.name}: {to}"


def test_no_page_uses_an_id_twice_and_a_kind_of_markup_is_seen(pack: MadePack) -> None:
    for page in pack.pages:
        _, ids = markup_of(page.read_text(encoding="utf-8"))
        assert len(ids) == len(set(ids)), page.name
    plain, marked = (markup_of(f"<main><p{more}>x</p></main>")[0] for more in ("", " class='w'"))
    assert plain != marked


def test_there_is_a_page_a_route_sector_and_district(pack: MadePack, baseline_build: Built) -> None:
    routes = baseline_build.one("select count(*) from dim_route where route <> 'not_assigned'")
    assert len(list((pack.folder / "routes").glob("*.html"))) == routes == 15
    assert len(list((pack.folder / "districts").glob("*.html"))) == 14
    assert len(list((pack.folder / "sectors").glob("*.html"))) == baseline_build.one("select count(*) from dim_sector")


def test_every_table_has_a_csv_and_every_chart_a_picture(pack: MadePack) -> None:
    for page in pack.pages:
        text = page.read_text(encoding="utf-8")
        assert text.count("<table>") == text.count("/csv/") + text.count('"csv/')
        assert text.count("<svg") == len(re.findall(r'href="[^"]*charts/[^"]*\.svg"', text))


def test_no_declared_text_holds_a_figure() -> None:
    for path in sorted(DECLARED.glob("*.toml")):
        for text in _texts(read_toml(path)):
            bare = re.sub(r"\{[^}]*\}", "", NO_FIGURE.sub("", text))
            assert not any(c.isdigit() for c in bare), f"{path.name}: {text}"


def test_words_that_stand_for_assumptions_are_true(baseline_build: Built) -> None:
    """Texts say that the likely range holds four in five outcomes, and one in ten lies on either side."""
    assert baseline_build.one("select value from dim_assumption where assumption_id = 'interval_share'") == 0.8
    assert baseline_build.one("select value from dim_assumption where assumption_id = 'growth_weight_no_change'") == 0.5


def test_texts_can_be_read_at_the_age_of_fourteen() -> None:
    for path in sorted(DECLARED.glob("*.toml")):
        for text in _texts(read_toml(path)):
            sentences = [s for s in re.split(r"[.;:!?]+\s", text + " ") if s.strip()]
            words = re.findall(r"[A-Za-z]+", text)
            if len(words) < 8:
                continue
            longest = max(len(s.split()) for s in sentences)
            assert longest <= 27, f"{path.name}: {longest} words in a sentence of: {text}"
            hard = [w for w in words if _syllables(w) > 3]
            assert len(hard) <= 1 + len(words) / 7, f"{path.name}: {hard} in: {text}"


def test_pages_as_printed_can_be_read_at_the_age_of_twelve(pack: MadePack) -> None:
    """Flesch and Kincaid's grade, and five years: by all sentences, leads and notes of a page with the figures in them."""
    assert _reading_age(["The cat sat on the mat."]) == pytest.approx(5 + 0.39 * 6 + 11.8 - 15.59)
    for page in pack.pages:
        found = re.findall(r'<p class="(?:say|lead|note|gap)">(.*?)</p>', page.read_text(encoding="utf-8"), re.DOTALL)
        age = _reading_age([unescape(re.sub("<[^>]+>", " ", text)) for text in found])
        assert age <= 12, f"{page.name}: {age:.1f}"


def _reading_age(texts: list[str]) -> float:
    sentences = words = syllables = 0
    for text in texts:
        whole = re.sub(r"(\d)[.,](\d)", r"\1\2", text)
        sentences += sum(any(c.isalpha() for c in s) for s in re.split(r"[.;:!?]+\s", whole + " "))
        found = re.findall(r"[A-Za-z']+|\d+%?", whole)
        words += len(found)
        syllables += sum(_syllables(w) if w[0].isalpha() else 1 for w in found)
    return 5 + 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def _texts(told: object, key: str = "") -> list[str]:
    if isinstance(told, dict):
        return [t for k, v in told.items() if k not in ("where", "columns", "counts") for t in _texts(v, k)]
    if isinstance(told, list):
        return [t for v in told for t in _texts(v, key)]
    return (
        [told]
        if isinstance(told, str) and key in ("text", "title", "note", "lead", "means", "subtitle", "absent", "none")
        else []
    )


def _syllables(word: str) -> int:
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$|(?<=[a-z])ed$", "", word.lower()))))
