"""Texts of figures: numbers, symbols and what is neither."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lmi.figures import held_values, named, read_figures, statuses_of

SYMBOLS = {"c": "suppressed", "~": "rounded_to_zero", "": "not_available"}


@pytest.mark.parametrize(
    ("texts", "numbers", "codes"),
    [
        (["1", "2.5", "-3e2"], [1.0, 2.5, -300.0], [None, None, None]),
        (["1", "c", "~"], [1.0, None, None], [None, 2, 3]),
        (["1", None, ""], [1.0, None, None], [None, 4, 4]),
        ([" 1 ", " c", "x"], [1.0, None, None], [None, 2, None]),
        (["nan", "inf", "1"], [None, None, 1.0], [None, None, None]),
        (["1,000", "c"], [None, None], [None, 2]),
        ([], [], []),
    ],
)
def test_a_text_is_a_number_a_symbol_or_neither(
    texts: list[str | None], numbers: list[float | None], codes: list[int | None]
) -> None:
    read = read_figures(pa.array(texts, pa.string()), SYMBOLS)
    assert read.numbers.to_pylist() == numbers
    assert read.codes.to_pylist() == codes
    assert read.unknown.to_pylist() == [n is None and c is None for n, c in zip(numbers, codes, strict=True)]


def test_a_flag_is_no_number() -> None:
    read = read_figures(pa.array(["1", "c"]), SYMBOLS, are_numbers=False)
    assert (read.numbers.to_pylist(), read.codes.to_pylist()) == ([None, None], [None, 2])


def test_the_symbol_instead_of_a_figure_says_more_than_what_stands_beside_it() -> None:
    figure = read_figures(pa.array(["c", "5", "6", "7"]), SYMBOLS)
    flag = read_figures(pa.array(["u", "u", "", "~"]), {"u": "unreliable", "~": "rounded_to_zero"}, are_numbers=False)
    statuses = statuses_of(figure, [flag])
    assert named(statuses).to_pylist() == ["suppressed", "unreliable", "ok", "rounded_to_zero"]
    assert held_values(figure.numbers, statuses).to_pylist() == [None, 5.0, 6.0, None]
