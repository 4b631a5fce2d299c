"""The page of checks: nothing from the network, nothing unescaped, nothing that did not run shown as passed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from lmi.validate import CheckResult, LeftOut, Refusal, ValidationReport, report_page
from lmi.validate.model import Action, Severity, Status

VOID = {"meta", "br", "wbr", "link", "img"}


class Reader(HTMLParser):
    """Collect text and tags, and complain of a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def said(page: str) -> str:
    """Return the page's words with single spaces."""
    return " ".join(" ".join(read(page.replace("<wbr>", "")).words).split())


def check(
    rule: str, status: Status, severity: Severity = "critical", action: Action = "stop", count: int = 0, **more: str
) -> CheckResult:
    details = (more["detail"],) if "detail" in more else ()
    return CheckResult(
        rule,
        "t",
        severity,
        action,
        status,
        count,
        (11, 12) if count else (),
        details,
        more.get("reason", "Because."),
        more.get("note", ""),
    )


REPORT = ValidationReport(
    "ons/jobs",
    (
        check("a.passed", "passed"),
        check("b.failed", "failed", "warning", "quarantine", 1234, detail="C: parts add to 7, the total is 8"),
        check("c.not_asked", "not_applicable", note="relation members is not at hand"),
        check("d.trouble", "error", note="no such column"),
    ),
    4, 2, "ab" * 32, True, 5678, "2023-09",
)  # fmt: skip


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    page = report_page([REPORT])
    tags = read(page).tags
    assert page.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert not re.search(r"https?://|//|url\(|@import", page)


def test_every_number_of_the_overview_is_there() -> None:
    words = [w for w in read(report_page([REPORT])).words if w.strip()]
    start = words.index("ons/jobs, 2023-09")
    assert words[start + 1 : start + 8] == ["5,678", "4", "2", "1", "1", "1", "1"]
    assert words[start + 8] == "1 check could not be run, rows refused by 1 check, checked before on the same bytes"


def test_failed_checks_show_reason_rows_finding_and_what_becomes_of_them() -> None:
    words = said(report_page([REPORT]))
    assert "b.failed Failed , warning rows go to quarantine 1,234 Because. C: parts add to 7, the total is 8" in words
    assert "Keys of the first rows: 11, 12" in words


def test_a_check_that_did_not_run_says_so_and_why() -> None:
    words = said(report_page([REPORT]))
    assert "c.not_asked Not applicable Because. relation members is not at hand" in words
    assert "d.trouble Could not run" in words
    assert "1 check not applicable here" in words


def test_text_from_publishers_is_never_markup() -> None:
    nasty = '<script>alert("x")</script>&"\''
    report = ValidationReport(
        nasty,
        (check(nasty, "failed", count=1, detail=nasty, reason=nasty, note=nasty),),
        1,
        1,
        "00",
        False,
        1,
        nasty,
        nasty,
    )
    page = report_page([report], nasty)
    assert "<script" not in page
    assert read(page.replace("<wbr>", "")).words.count(nasty) >= 4


def test_tables_have_captions_and_header_cells_with_scope() -> None:
    tags = read(report_page([REPORT])).tags
    tables = sum(tag == "table" for tag, _ in tags)
    assert tables == sum(tag == "caption" for tag, _ in tags) == 4
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")
    assert ("html", {"lang": "en-GB"}) in tags


def test_tables_in_trouble_stand_first_and_links_reach_them() -> None:
    other = ValidationReport("dfe/jobs", (), 0, 0, "00", False)
    tags = read(report_page([REPORT, other])).tags
    targets = {attrs["id"] for _, attrs in tags if "id" in attrs}
    links = [str(attrs["href"]) for tag, attrs in tags if tag == "a"]
    assert [link for link in links if link.startswith("#s")] == ["#s0", "#s1"]
    assert {link[1:] for link in links} <= targets
    words = read(report_page([REPORT, other])).words
    assert words.index("ons/jobs, 2023-09") < words.index("dfe/jobs")


def test_no_reports_make_a_page_that_says_so() -> None:
    assert "0 tables of observations" in " ".join(read(report_page([])).words)


LEFT_OUT = LeftOut("dfe/aims, 2023", "dfe/aims: check districts.are_all_there failed <1> times.")
REFUSAL = Refusal("ons/jobs, 2022-06", "fault_58", "The column holds another occupation.", 14, ("Data!B7: 5946200",))


def test_the_first_lines_count_checks_files_left_out_and_cells_refused() -> None:
    words = said(report_page([REPORT], left_out=[LEFT_OUT], refusals=[REFUSAL]))
    assert "2 of 4 intended checks were run on 1 file , 1 failed. 1 file left out , 14 cells refused ." in words


def test_a_file_that_could_not_be_used_is_on_the_page_with_its_reason() -> None:
    assert f"{LEFT_OUT.name} {LEFT_OUT.error}" in said(report_page([REPORT], left_out=[LEFT_OUT]))
    assert "Every file that was at hand serves figures." in said(report_page([REPORT]))


def test_refused_cells_are_on_the_page_by_file_and_rule_with_their_place() -> None:
    words = said(report_page([REPORT], refusals=[REFUSAL]))
    assert "ons/jobs, 2022-06 fault_58 14 The column holds another occupation. Data!B7: 5946200" in words
    assert "No cell was refused." in said(report_page([REPORT]))


def test_every_link_of_the_whole_page_has_its_target() -> None:
    tags = read(report_page([REPORT], left_out=[LEFT_OUT], refusals=[REFUSAL])).tags
    targets = {attrs["id"] for _, attrs in tags if "id" in attrs}
    assert {str(attrs["href"])[1:] for tag, attrs in tags if tag == "a"} <= targets
    assert sum(tag == "table" for tag, _ in tags) == sum(tag == "caption" for tag, _ in tags) == 6
