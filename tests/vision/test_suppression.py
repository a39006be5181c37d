"""Of boxes that overlap the best one stays, and a box that cannot be ends nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.vision.detect import _suppressed


def boxes(*rows: tuple[float, float, float, float, float]) -> NDArray[np.float32]:
    """Faces of a score and a box each, with landmarks at the corner."""
    return np.array([[*row, *[0.0] * 10] for row in rows], np.float32)


def test_of_boxes_that_overlap_the_best_stays() -> None:
    found = _suppressed(boxes((0.7, 0, 0, 10, 10), (0.9, 1, 0, 11, 10), (0.8, 50, 50, 60, 60)))
    assert found[:, 0].tolist() == pytest.approx([0.9, 0.8])


@pytest.mark.parametrize("box", [(5, 5, 5, 5), (10, 10, 0, 0), (10, 0, 0, 10), (0, 10, 10, 0)])
def test_a_box_of_no_area_or_of_negative_size_is_left_out(box: tuple[float, float, float, float]) -> None:
    assert _suppressed(boxes((0.9, *box), (0.8, 0, 0, 10, 10)))[:, 0].tolist() == pytest.approx([0.8])
    assert len(_suppressed(boxes((0.9, *box)))) == 0
