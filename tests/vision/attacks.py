"""Pictures of pictures: what a camera sees of a print and of a screen that are held before it."""

from __future__ import annotations

import cv2
import numpy as np

from tests.vision.pictures import Array

SIDE = 600


def printed(rgb: Array) -> Array:
    """A pale, blurred print with a white margin, held askew before a wall."""
    paper: Array = cv2.resize(rgb, (230, 300), interpolation=cv2.INTER_AREA).astype(np.float32)
    paper = cv2.GaussianBlur(40 + 0.62 * paper, (0, 0), 1.2)
    paper = cv2.copyMakeBorder(paper, 10, 10, 10, 10, cv2.BORDER_CONSTANT, value=(235, 235, 235))
    height, width = paper.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    held = np.array([(190, 130), (420, 150), (410, 460), (180, 440)], np.float32)
    transform = cv2.getPerspectiveTransform(corners, held)
    covered = cv2.warpPerspective(np.ones((height, width), np.float32), transform, (SIDE, SIDE))[..., np.newaxis]
    wall = np.full((SIDE, SIDE, 3), 200.0) * np.linspace(0.85, 1.05, SIDE)[:, np.newaxis]
    return seen(wall * (1 - covered) + cv2.warpPerspective(paper, transform, (SIDE, SIDE)) * covered)


def on_screen(rgb: Array) -> Array:
    """A screen with a dark bezel and a moire of its pixels and the camera's."""
    shown: Array = cv2.resize(rgb, (300, 400), interpolation=cv2.INTER_AREA).astype(np.float32)
    y, x = np.mgrid[0:400, 0:300]
    moire = (1 + 0.18 * np.sin(2.1 * x + 0.2 * y)) * (1 + 0.12 * np.sin(1.9 * y))
    shown = 255 * ((shown * moire[..., np.newaxis]).clip(0, 255) / 255) ** 1.3 + 15
    device = cv2.copyMakeBorder(shown, 40, 40, 18, 18, cv2.BORDER_CONSTANT, value=(10, 10, 10))
    room = np.full((SIDE, SIDE, 3), 60.0)
    room[60 : 60 + device.shape[0], 130 : 130 + device.shape[1]] = device
    return seen(room)


def seen(scene: Array) -> Array:
    """By a camera: blurred a little, with some noise."""
    noise = np.random.default_rng(0).normal(0, 3, (SIDE, SIDE, 3))
    return (cv2.GaussianBlur(scene, (0, 0), 0.8) + noise).clip(0, 255).astype(np.uint8)
