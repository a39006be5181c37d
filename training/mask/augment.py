"""Random views of aligned crops, a batch at a time: what cameras, compression and an unsure detector do."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from faces import CROP, MARGIN
from torch.nn import functional

SIDE = 64
CENTRE = (MARGIN + 56.0, MARGIN + 60.0)
HALF = 52.0


def augment(crops: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """uint8 (n, 144, 144, 3) to float32 (n, 3, 64, 64), 0-255, in the proportions that the product cuts."""
    pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float()
    x = _resampled(_framed(pixels, rng), rng)
    x = _blurred(x, rng)
    x = _relit(x, rng)
    x = _noisy(x, rng)
    return _compressed(_erased(x, rng), rng)


def _framed(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Every fifth face as if the picture ended at it: black beyond a tilted frame, which may cut chin and brow."""
    across, down = torch.meshgrid(*[torch.arange(CROP) - CROP / 2] * 2, indexing="xy")
    for index in np.flatnonzero(rng.random(len(pixels)) < 0.2):
        tilt = rng.normal(0, 0.15)
        u, v = across * np.cos(tilt) + down * np.sin(tilt), down * np.cos(tilt) - across * np.sin(tilt)
        left, right, low = rng.uniform(24, 66), rng.uniform(24, 66), rng.uniform(36, 66)
        pixels[index] *= (u > -left) & (u < right) & (v > -rng.uniform(20, 66)) & (v < low)
    return pixels


def _resampled(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Shift, turn, scale and mirror; a tenth of the faces badly, as the detector does on hidden mouths."""
    n = len(pixels)
    wild = np.where(rng.random(n) < 0.1, 2.2, 1.0)
    angle = rng.normal(0, 0.07, n) * wild
    scale = np.exp(rng.normal(0, 0.06, (n, 1)) * wild[:, None] + rng.normal(0, 0.03, (n, 2)))
    shift = rng.normal(0, 2.0, (n, 2)) * wild[:, None]
    mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    cos, sin = np.cos(angle) * HALF, np.sin(angle) * HALF
    theta = np.empty((n, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1] = cos * scale[:, 0] * mirror, -sin * scale[:, 1]
    theta[:, 1, 0], theta[:, 1, 1] = sin * scale[:, 0] * mirror, cos * scale[:, 1]
    theta[:, :, 2] = np.array(CENTRE) + shift - 0.5 - (CROP - 1) / 2
    grid = functional.affine_grid(torch.from_numpy(theta / (CROP / 2)), [n, 3, SIDE, SIDE], align_corners=False)
    return functional.grid_sample(pixels, grid, align_corners=False)


def _blurred(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """A third of the faces out of focus or moving, or small in their picture and enlarged."""
    n = len(x)
    picked = np.flatnonzero(rng.random(n) < 0.2)
    if len(picked):
        sigma = rng.uniform(0.3, 1.8, (len(picked), 1)) * np.where(rng.random((len(picked), 2)) < 0.2, 0.1, 1)
        offsets = np.arange(-4, 5)
        kernels = np.exp(-0.5 * (offsets / sigma[:, :, None]) ** 2)
        kernels /= kernels.sum(axis=2, keepdims=True)
        both = torch.from_numpy((kernels[:, 0, :, None] * kernels[:, 1, None, :]).astype(np.float32))
        kernel = both.repeat_interleave(3, dim=0)[:, None]
        flat = functional.pad(x[picked], (4, 4, 4, 4), mode="replicate").reshape(1, -1, SIDE + 8, SIDE + 8)
        x[picked] = functional.conv2d(flat, kernel, groups=len(kernel)).reshape(-1, 3, SIDE, SIDE)
    for _ in range(3):
        picked = np.flatnonzero(rng.random(n) < 0.05)
        if len(picked):
            side = int(rng.integers(16, 48))
            small = functional.interpolate(x[picked], size=(side, side), mode="area")
            x[picked] = functional.interpolate(
                small, size=(SIDE, SIDE), mode=str(rng.choice(["bilinear", "nearest"]))
            )
    return x


def _relit(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Gamma, contrast, brightness, colour cast, saturation down to grey, and light that falls off to one side."""
    n = len(x)

    def column(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.astype(np.float32)).reshape(n, -1, 1, 1)

    grey = (x * torch.tensor([0.114, 0.587, 0.299]).reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    saturation = np.where(rng.random(n) < 0.15, 0.0, rng.uniform(0.5, 1.4, n))
    x = grey + (x - grey) * column(saturation)
    cast = np.where(rng.random((n, 1)) < 0.15, rng.uniform(0.5, 1.3, (n, 3)), rng.normal(1, 0.06, (n, 3)))
    x = x * column(np.where(saturation[:, None] == 0, cast[:, :1], cast))
    ramp = torch.linspace(-1, 1, SIDE)
    slope = rng.normal(0, 0.18, (n, 2)) * (rng.random((n, 1)) < 0.4)
    x = x * (
        1 + column(slope[:, 0]) * ramp.reshape(1, 1, 1, SIDE) + column(slope[:, 1]) * ramp.reshape(1, 1, SIDE, 1)
    )
    x = 255 * (x.clamp(0, 255) / 255) ** column(np.exp(rng.normal(0, 0.3, n)))
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * column(np.exp(rng.normal(0, 0.2, n))) + mean * column(np.exp(rng.normal(0, 0.2, n)))
    return x.clamp(0, 255)


def _noisy(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    deviation = rng.exponential(8, len(x)) * (rng.random(len(x)) < 0.3)
    noise = torch.from_numpy(rng.standard_normal(x.shape, dtype=np.float32))
    return x + noise * torch.from_numpy(deviation.astype(np.float32)).reshape(-1, 1, 1, 1)


def _erased(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """A bar or box of one colour over part of every sixth face, too small to decide the label."""
    for index in np.flatnonzero(rng.random(len(x)) < 0.17):
        width, height = rng.integers(5, 30), rng.integers(5, 22)
        left, top = rng.integers(-4, SIDE - 4), rng.integers(-4, SIDE - 4)
        shade = torch.from_numpy(rng.uniform(0, 255, (3, 1, 1)).astype(np.float32))
        x[index, :, max(top, 0) : top + height, max(left, 0) : left + width] = shade
    return x


def _compressed(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    x = x.clamp(0, 255)
    for index in np.flatnonzero(rng.random(len(x)) < 0.15):
        image = np.ascontiguousarray(x[index].permute(1, 2, 0).numpy().astype(np.uint8))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 80))])
        x[index] = torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_COLOR)).permute(2, 0, 1).float()
    return x
