"""The pack in a real browser: accessibility rules, keyboard, narrow screens, print, and no call to anywhere.

Debian's Chromium, which `.ci/run` puts in place, is driven by Playwright; the rules are axe-core's, from a package of the
dev group. Where one is absent the tests are skipped with a line that says which; with CI=true its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.kit import MadePack, one_of_each_make

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN_AXE = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(
    told => told.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 160)))"""


def _absent(what: str) -> Any:
    told = f"{what}; the pages were not looked at in a browser"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    return pytest.skip(told)


@pytest.fixture(scope="module")
def axe() -> str:
    """The rules of axe-core as a script, put into the page by the test and never into the pack."""
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        _absent("axe-playwright-python, which brings axe-core, is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if program is None:
        _absent("Chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("playwright is not installed")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that notes every address it asks for."""
    made = browser.new_page(viewport={"width": 1280, "height": 900})
    made.asked = []
    made.on("request", lambda request: made.asked.append(request.url))
    yield made
    made.close()


def test_no_page_breaks_a_rule_of_wcag_2_2_a_or_aa(pack: MadePack, page: Any, axe: str) -> None:
    """Pages of a family differ in their rows only, so one page for each kind of markup stands for all that have no other."""
    looked = one_of_each_make(pack.pages)
    assert len(pack.pages) > 50 and len(looked) >= 10
    for path in looked:
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(axe)
        assert page.evaluate(_RUN_AXE, TAGS) == [], path.name


def test_axe_finds_what_is_wrong(page: Any, axe: str) -> None:
    """The test above can fail."""
    page.set_content("<html><body><img src='x.png'><p style='color:#ccc'>pale</p></body></html>")
    page.evaluate(axe)
    found = " ".join(page.evaluate(_RUN_AXE, TAGS))
    assert "image-alt" in found and "color-contrast" in found


def test_pages_ask_for_nothing_but_files_of_the_pack(pack: MadePack, page: Any) -> None:
    for path in pack.pages:
        page.goto(path.as_uri())
    assert page.asked and all(url.startswith(pack.folder.as_uri()) for url in page.asked)


def test_no_page_is_wider_than_a_narrow_screen(pack: MadePack, page: Any) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    for path in pack.pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path.name


def test_the_keyboard_reaches_all_in_order_and_focus_is_seen(pack: MadePack, page: Any) -> None:
    page.goto((pack.folder / "gap.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    page.goto((pack.folder / "gap.html").as_uri())
    wanted = page.evaluate("[...document.querySelectorAll('a[href],summary,[tabindex=\"0\"]')].length")
    tops: list[float] = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(e => ({outline: getComputedStyle(e).outlineStyle, inMain: !!e.closest('main'),"
            " top: e.getBoundingClientRect().top + scrollY, tag: e.tagName}))(document.activeElement)"
        )
        assert seen["tag"] in ("A", "SUMMARY", "DIV") and seen["outline"] != "none", seen
        if seen["inMain"]:
            tops.append(seen["top"])
    assert len(tops) > 20 and all(later >= earlier - 60 for earlier, later in pairwise(tops))


def test_print_shows_the_words_of_charts_and_no_menu(pack: MadePack, page: Any) -> None:
    page.goto((pack.folder / "demand.html").as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('.csv')).display") == "none"
    words = page.evaluate(
        "[...document.querySelectorAll('figure details li')].map(e => e.getBoundingClientRect().height)"
    )
    assert words and all(height > 0 for height in words)
