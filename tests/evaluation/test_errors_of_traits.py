"""Errors of liveness, mask and pose are counted by their definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import SetupError
from visavis.evaluation import masks, poses, spoofing
from visavis.evaluation.corpus import Sample
from visavis.evaluation.poses import Annotated
from visavis.evaluation.spoofing import Presentations
from visavis.types import Box, DetectedFace, Landmarks, Pose

CORNERS = Landmarks((0, 0), (1, 0), (0, 1), (0, 2), (1, 2))


def sample(pose: Pose | None = None, *, mask: bool | None = None, liveness: float | None = None) -> Sample:
    return Sample(Path("a.jpg"), DetectedFace(Box(0, 0, 90, 90), CORNERS, 0.9, pose, mask, liveness))


MISSED, UNREADABLE = Sample(Path("a.jpg")), Sample(Path("a.jpg"), unreadable="No image.")

livenesses = st.lists(st.floats(0, 100), min_size=1, max_size=30)


@given(livenesses, st.dictionaries(st.sampled_from(["print", "screen", "mask"]), livenesses, min_size=1))
def test_the_worst_species_counts(live: list[float], attacks: dict[str, list[float]]) -> None:
    species = {
        name: Presentations.of([sample(liveness=each) for each in found]) for name, found in attacks.items()
    }
    found = spoofing.summary(Presentations.of([sample(liveness=each) for each in live]), species)
    assert [at["liveness"] for at in found["at_sensitivity"].values()] == [30, 50, 70]
    for at in (*found["at_sensitivity"].values(), *found["at_liveness"].values()):
        passed = {name: np.mean(np.array(each) >= at["liveness"]) for name, each in attacks.items()}
        assert at["apcer"]["rate"] == max(passed.values()) == passed[at["worst_species"]]
        assert {name: rate["rate"] for name, rate in at["apcer_by_species"].items()} == passed
        assert at["bpcer"]["rate"] == pytest.approx(np.mean(np.array(live) < at["liveness"]))


def test_a_picture_without_a_face_is_a_non_response_and_no_error() -> None:
    live = Presentations.of([sample(liveness=90.0), sample(liveness=10.0), MISSED, MISSED, UNREADABLE])
    found = spoofing.summary(live, {"print": Presentations.of([sample(liveness=1.0), MISSED])})
    assert found["live"] == {"faces": 2, "missed": 2, "unreadable": 1}
    assert found["bpnrr"]["rate"] == 0.5
    assert found["apnrr"]["print"]["rate"] == 0.5
    assert found["at_sensitivity"]["balanced"]["bpcer"]["rate"] == 0.5
    assert found["at_sensitivity"]["balanced"]["apcer"]["rate"] == 0


def test_faces_of_one_kind_alone_are_refused() -> None:
    seen, unseen = Presentations.of([sample(liveness=50.0)]), Presentations.of([MISSED])
    for live, attacks in ((seen, unseen), (unseen, seen)):
        with pytest.raises(SetupError, match="No face"):
            spoofing.summary(live, {"print": attacks})


def test_masks_are_judged_by_their_folder() -> None:
    found = masks.summary(
        {
            "masked": [sample(mask=True), sample(mask=True), sample(mask=False), MISSED],
            "unmasked": [sample(mask=False), UNREADABLE],
        }
    )
    assert found["masked"]["right"] == pytest.approx(2 / 3)
    assert found["unmasked"]["right"] == 1
    assert (found["masked"]["missed"], found["unmasked"]["unreadable"]) == (1, 1)
    low, high = found["unmasked"]["interval"]
    assert low < 0.3
    assert high == 1


def test_angles_are_compared_the_shorter_way_round() -> None:
    annotated = [Annotated(Path("a.jpg"), Pose(170, 0, 5)), Annotated(Path("b.jpg"), Pose(0, -10, 0))]
    samples = [sample(Pose(-170, 3, 5)), sample(Pose(4, -10, 0))]
    found = poses.summary(poses.pose_errors(annotated, samples), samples, resamples=100, seed=1)
    errors = {angle: each["degrees"] for angle, each in found["mean_absolute_error"].items()}
    assert errors == pytest.approx({"yaw": 12, "pitch": 1.5, "roll": 0})
    assert found["mean_absolute_error"]["yaw"]["bias"] == pytest.approx(12)
    assert found["by_true_yaw"]["60-180"]["yaw"] == pytest.approx(20)


def test_poses_of_pictures_without_faces_are_refused() -> None:
    with pytest.raises(SetupError, match="No face"):
        poses.pose_errors([Annotated(Path("a.jpg"), Pose(0, 0, 0))], [MISSED])
