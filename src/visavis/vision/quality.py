"""The quality of a picture of a face for recognition, after the measures of ISO/IEC 29794-5.

Every measure becomes a component, 0-1, by a ramp between what is useless and what is good enough. The score is
their product, each to a power: what is too poor in one way is not made good by being fine in all others. Its
powers are few and round; docs/quality.md describes how they were found, and what the score does for recognition.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import DetectedFace, Landmarks, Pose, Quality, QualityDefect
from visavis.vision.decode import Pixels

_INSIDE = np.s_[24:104, 20:92]
"""The part of an aligned crop, side 112, that is face whatever the hair; its halves are compared for evenness."""
_MIDDLE = (92 - 20) // 2
_BLACK, _WHITE = 16, 250
_WITHOUT_DETAIL = (0.005, 0.07)
_GRAIN = (0.03, 0.25)
_SECOND_DIFFERENCES = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_NOTABLE = 0.9
"""A component that lowers the score by less than a tenth is not a defect."""
_UNCERTAIN = 0.5
_DETECTION_POWER, _POWER = 8.0, 0.5
_MASKED = 0.5
"""What is left of the score of a face with a mask."""


def assess(crop: Pixels, face: DetectedFace, pose: Pose, *, masked: bool) -> Quality:
    """The quality of one face from its aligned crop, (112, 112, 3) BGR, its landmarks and its traits."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    sharpness, blur_or_grain = _least(_clearness(grey))
    lighting, bad_light = _least(_lighting(grey[_INSIDE]))
    size, turn = _size(face.landmarks), _facing(pose)
    detection = _ramp(face.detection_score, 0.6, 0.94)
    causes = {
        blur_or_grain: sharpness**_POWER,
        bad_light: lighting**_POWER,
        QualityDefect.TOO_SMALL: size**_POWER,
        QualityDefect.TURNED_AWAY: turn**_POWER,
        QualityDefect.COVERED: _MASKED if masked else 1.0,
    }
    certainty = detection**_DETECTION_POWER
    return Quality(
        score=100 * certainty * float(np.prod(list(causes.values()))),
        sharpness=100 * sharpness,
        lighting=100 * lighting,
        size=100 * size,
        pose=100 * turn,
        uncovered=0.0 if masked else 100.0,
        detection=100 * detection,
        defect=_flaw(causes, certainty),
    )


def _flaw(causes: dict[QualityDefect, float], certainty: float) -> QualityDefect | None:
    """What costs most. That a face is hard to make out is only said where none of its causes is known."""
    cost, defect = min((cost, defect) for defect, cost in causes.items())
    if cost < _NOTABLE:
        return defect
    return QualityDefect.HARD_TO_MAKE_OUT if certainty < _UNCERTAIN else None


def _clearness(grey: NDArray[np.float32]) -> dict[QualityDefect, float]:
    """Sharpness, and its counterpart, grain.

    Detail is what a blur of one pixel takes away (mean absolute difference), grain the standard deviation of noise
    by second differences (Immerkaer, "Fast Noise Variance Estimation", CVIU 1996); both in parts of the face's
    contrast. The crop has the scale that recognition works at, so that a large face need not be sharp to its last
    pixel, and a small one that had to be enlarged is not sharp.
    """
    contrast = float(grey[_INSIDE].std()) + 1.0
    detail = float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.0))[_INSIDE].mean())
    differences = np.abs(cv2.filter2D(grey, cv2.CV_32F, _SECOND_DIFFERENCES))[_INSIDE].mean()
    grain = float(differences) * np.sqrt(np.pi / 2) / 6
    return {
        QualityDefect.BLURRED: _ramp(detail / contrast, *_WITHOUT_DETAIL),
        QualityDefect.GRAINY: 1 - _ramp(grain / contrast, *_GRAIN),
    }


def _lighting(inside: NDArray[np.float32]) -> dict[QualityDefect, float]:
    """Under- and over-exposure (luminance mean, and the part that is black or white), contrast, uniformity."""
    mean, left, right = inside.mean(), inside[:, :_MIDDLE].mean(), inside[:, _MIDDLE:].mean()
    unevenness = abs(left - right) / (left + right + 1)
    return {
        QualityDefect.TOO_DARK: _ramp(mean, 10, 75) * (1 - _ramp((inside < _BLACK).mean(), 0.1, 0.8)),
        QualityDefect.TOO_BRIGHT: _ramp(255 - mean, 15, 85) * (1 - _ramp((inside > _WHITE).mean(), 0.05, 0.6)),
        QualityDefect.LOW_CONTRAST: _ramp(inside.std(), 4, 16),
        QualityDefect.UNEVENLY_LIT: 1 - _ramp(unevenness, 0.3, 0.9),
    }


def _size(landmarks: Landmarks) -> float:
    """Inter-eye distance in pixels of the picture; the crop that is recognised has 35."""
    return _ramp(float(np.hypot(*np.subtract(landmarks.left_eye, landmarks.right_eye))), 5, 45)


def _facing(pose: Pose) -> float:
    """Pose angle frontal alignment: yaw, pitch and roll, in degrees."""
    yaw, pitch, roll = (abs(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    return (1 - _ramp(yaw, 20, 75)) * (1 - _ramp(pitch, 15, 75)) * (1 - _ramp(roll, 5, 90))


def _least(components: dict[QualityDefect, float]) -> tuple[float, QualityDefect]:
    return min((component, defect) for defect, component in components.items())


def _ramp(value: float, useless: float, good: float) -> float:
    """0 up to `useless`, 1 from `good` on, a straight line in between."""
    return float(np.clip((value - useless) / (good - useless), 0, 1))
