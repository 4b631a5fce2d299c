"""Labels to codes: what is one name, what is two, and what an error says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmi.errors import UnknownCode
from lmi.lookups import normalise, slug
from lmi.registry import Rule
from tests.lookups.tables import CODE_ROWS, codebook

BOOK = codebook()


@pytest.mark.parametrize(
    ("printed", "compared"),
    [
        (" Lancashire ", "lancashire"),
        ("St. Helens", "st helens"),
        ("King's Lynn & West Norfolk", "kings lynn and west norfolk"),
        ("King’s Lynn and West Norfolk", "kings lynn and west norfolk"),
        ("Ynys Môn", "ynys mon"),
        ("RQF3 A level &amp; equivalent", "rqf3 a level and equivalent"),
        ("Not Applicable/ Not Known", "not applicable not known"),
        ("Stoke-on-Trent", "stoke on trent"),
    ],
)
def test_spellings_of_one_name_compare_equal(printed: str, compared: str) -> None:
    assert normalise(printed) == compared


@given(st.text())
def test_a_name_once_compared_and_an_id_once_made_do_not_change_again(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert slug(slug(text)) == slug(text)


def test_a_route_becomes_the_id_that_marts_use() -> None:
    assert slug("Legal, finance and accounting") == "legal_finance_and_accounting"


def test_one_name_in_three_schemes_is_three_codes() -> None:
    found = [BOOK.resolve("Lancashire", Rule(scheme=s)) for s in ("lsip", "cauth", "utla")]
    assert found == ["E69000019", "E47000018", "E10000017"]


def test_any_place_goes_by_scheme_area_with_the_scheme_as_its_level() -> None:
    assert BOOK.resolve("Lancashire", Rule(scheme="area", level="lsip")) == "E69000019"
    assert BOOK.resolve("E10000017", Rule(by="code", scheme="area")) == "E10000017"
    assert BOOK.resolve("Lancashire", Rule(scheme="area")) is None  # three places: none is guessed


def test_schemes_with_a_bar_between_are_tried_in_order() -> None:
    assert BOOK.resolve("Lancashire", Rule(scheme="utla|lad")) == "E10000017"
    assert BOOK.resolve("Wyre", Rule(scheme="utla|lad")) == "E07000128"


def test_a_name_that_begins_another_is_not_that_other() -> None:
    assert BOOK.resolve("Wyre", Rule(scheme="lad")) == "E07000128"
    assert BOOK.resolve("Wyre", Rule(scheme="lad", by="name_prefix")) == "E07000128"


def test_a_name_cut_short_is_found_when_only_one_name_begins_so() -> None:
    assert BOOK.resolve("Greater Manch", Rule(scheme="lsip", by="name_prefix")) == "E69000014"
    assert BOOK.resolve("Greater Manch", Rule(scheme="lsip")) is None
    assert BOOK.resolve("Wyr", Rule(scheme="lad", by="name_prefix")) is None  # Wyre or Wyre Forest


def test_a_name_goes_to_the_code_in_use_and_a_name_without_one_to_its_old_code() -> None:
    assert BOOK.resolve("Northumberland", Rule(scheme="lad")) == "E06000057"
    assert BOOK.resolve("Northumberland", Rule(scheme="lad", level="former_lad")) == "E06000048"
    assert BOOK.resolve("Craven", Rule(scheme="lad")) == "E07000163"


def test_a_name_on_two_levels_needs_the_level() -> None:
    assert BOOK.resolve("Education", Rule(scheme="sic2007")) is None
    assert BOOK.resolve("Education", Rule(scheme="sic2007", level="division")) == "85"


def test_a_prefix_is_for_codes_and_slugs_and_a_name_brings_its_own() -> None:
    assert BOOK.resolve("11", Rule(by="code", scheme="soc2010", prefix="SOC10-")) == "SOC10-11"
    assert BOOK.resolve("Corporate Managers And Directors", Rule(scheme="soc2010", prefix="SOC10-")) == "SOC10-11"
    assert BOOK.resolve("Health & Science", Rule(by="slug", scheme="route")) == "health_and_science"
    assert BOOK.resolve("Anything Else", Rule(by="slug", scheme="route")) is None
    assert BOOK.resolve("Anything Else", Rule(by="slug")) == "anything_else"
    assert BOOK.resolve("whatever", Rule(by="const", value="_T")) == "_T"


def test_a_declared_spelling_is_found_and_a_declared_nothing_says_why() -> None:
    assert BOOK.resolve("Wyre Forrest", Rule(scheme="lad")) == "E07000239"
    assert BOOK.resolve("Unknown", Rule(scheme="lad")) is None
    assert BOOK.ignored("Unknown", "lad") == "households of no known district"
    assert BOOK.ignored("Wyre", "lad") is None


def test_the_error_names_the_label_the_source_the_place_and_the_nearest_names() -> None:
    with pytest.raises(UnknownCode) as caught:
        BOOK.require("Wire Forest", Rule(scheme="lad"), source="dwp/households", place="record 7")
    told = str(caught.value)
    assert told.startswith("dwp/households, record 7: the label 'Wire Forest'")
    assert "Wyre Forest (E07000239)" in told
    with pytest.raises(UnknownCode, match=r"Wyre \(E07000128\)"):
        BOOK.require("E07000129", Rule(by="code", scheme="lad"), source="dwp/claimants")


def test_a_book_extended_keeps_what_it_had_and_its_digest_tells_them_apart() -> None:
    more = codebook(
        [("lad", "E07000128", "Another name", "lad", None), ("lad", "E07000117", "Burnley", "lad", None)], ()
    )
    grown = BOOK.extended({"codes": [more.table()]})
    assert grown.names("lad")["E07000128"] == "Wyre"
    assert grown.resolve("Burnley", Rule(scheme="lad")) == "E07000117"
    assert grown.digest != BOOK.digest
    assert grown.digest == BOOK.extended({"codes": [more.table()]}).digest
    assert grown.table().num_rows == len(CODE_ROWS) + 1
