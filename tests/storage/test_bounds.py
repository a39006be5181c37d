"""The proof in numbers: no row's cosine lies outside its interval, however odd the row or the probe."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.faces import unit_rows
from visavis.index.blocks import Part
from visavis.index.kernels import best_kernel, faster_one, four_at_once, is_right, numpy_dots, one_by_one
from visavis.index.scan import Bounds, Float32Bounds, Int8Bounds
from visavis.types import Embedding


def _exact_dot(row: Embedding, probe: Embedding) -> Fraction:
    return sum((Fraction(float(x)) * Fraction(float(y)) for x, y in zip(row, probe, strict=True)), Fraction(0))


@st.composite
def odd_rows(draw: st.DrawFn, width: int) -> Embedding:
    """One row that int8 or float32 finds hard."""
    kind = draw(st.sampled_from(["any", "one-hot", "constant", "spike", "fine", "faint", "denormal", "zero"]))
    row = unit_rows(1, width, draw(st.integers(0, 1000)))[0]
    at = draw(st.integers(0, width - 1))
    if kind == "one-hot":
        row = np.eye(width, dtype=np.float32)[at]
    elif kind == "constant":
        row = np.full(width, 1 / np.sqrt(width), np.float32)
    elif kind == "spike":  # leaves little of the int8 range to the rest
        row[at] = draw(st.sampled_from([1.0, 20.0, 200.0]))
        row /= np.linalg.norm(row)
    elif kind == "fine":  # right between two codes, or hardly off one
        steps = np.random.default_rng(at).integers(-127, 127, width) + draw(st.sampled_from([0.5, 0.4999, 1e-6]))
        row = (steps / (np.linalg.norm(steps) + 1e-3)).astype(np.float32)
    elif kind == "faint":
        row *= np.float32(draw(st.sampled_from([1e-6, 1e-15, 1e-25, 1e-31])))
    elif kind == "denormal":
        row = np.full(width, 1e-42, np.float32)
    elif kind == "zero":
        row = np.zeros(width, np.float32)
    scaled: Embedding = row * np.float32(draw(st.sampled_from([1, -1, 0.999, 1.01, 7])))
    return scaled


@st.composite
def rows_and_probe(draw: st.DrawFn) -> tuple[Embedding, Embedding]:
    width = draw(st.sampled_from([1, 2, 5, 64, 150]))
    rows = draw(st.lists(odd_rows(width), min_size=1, max_size=6))
    return np.stack(rows), draw(odd_rows(width) | st.sampled_from(rows))


@given(rows_and_probe())
def test_cosines_lie_in_their_intervals(case: tuple[Embedding, Embedding]) -> None:
    rows, probe = case
    part = Part.empty(len(rows), rows.shape[1], coded=True).with_rows(np.arange(len(rows)), rows)
    every = np.arange(len(rows))
    exact = [_exact_dot(row, probe) for row in rows]
    kernels = four_at_once, one_by_one, numpy_dots
    kinds: list[Bounds] = [*(Int8Bounds(probe, kernel) for kernel in kernels), Float32Bounds(probe)]
    for bounds in kinds:
        middles, widths, widest = bounds.middles(part), bounds.widths(part, every), bounds.widest(part)
        lowers, uppers = middles - widths, middles + widths
        for number, dot in enumerate(exact):
            assert Fraction(float(lowers[number])) <= dot <= Fraction(float(uppers[number]))
            below, above = np.nextafter(float(dot), [-np.inf, np.inf]).tolist()
            assert (middles >= below - widest)[number]
            assert (middles <= above + widest)[number]


def test_intervals_of_ordinary_faces_are_narrow() -> None:
    rows = unit_rows(1000, 512)
    part = Part.empty(1000, 512, coded=True).with_rows(np.arange(1000), rows)
    bounds = Int8Bounds(rows[0], numpy_dots)
    assert np.max(bounds.widths(part, np.arange(1000))) <= bounds.widest(part) < 0.03


def test_the_kernel_of_this_machine_is_right() -> None:
    assert is_right(four_at_once)
    assert is_right(one_by_one)
    assert best_kernel() in (faster_one, None)


@pytest.mark.parametrize("width", [1, 4, 33, 640, 1100])
def test_products_of_the_largest_codes_do_not_overflow(width: int) -> None:
    rows = np.full((4, width), -127, np.int8)
    for kernel in (four_at_once, one_by_one):
        assert kernel(rows[0])(rows).tolist() == [127 * 127 * width] * 4


def test_a_kernel_that_is_wrong_is_found_out() -> None:
    assert not is_right(lambda probe: lambda rows: numpy_dots(probe)(rows) // 2)
