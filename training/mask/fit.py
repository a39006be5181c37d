"""One training run: samples to a network."""

from __future__ import annotations

import copy
from collections import Counter

import numpy as np
import torch
from augment import augment
from dataset import Sample
from faces import served
from network import MaskNet
from torch.nn import functional

BATCH = 128
SHARES = {"masked": 0.27, "unmasked": 0.17, "people": 0.18, "drawn mask": 0.19, "drawn obstacle": 0.19}
"""How often a batch shows pictures of each kind, whatever their number."""


def category(sample: Sample) -> str:
    if sample.kind == "photo":
        return sample.source
    return "drawn mask" if sample.masked else "drawn obstacle"


def fit(samples: list[Sample], steps: int, seed: int) -> MaskNet:
    """Train with AdamW under a one-cycle schedule; the result is the moving average of the weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    categories = [category(sample) for sample in samples]
    counts = Counter(categories)
    chances = np.array([SHARES[name] / counts[name] for name in categories])
    chances /= chances.sum()
    labels = np.array([[sample.masked] for sample in samples], np.float32) * 0.97 + 0.015
    net = MaskNet().to(memory_format=torch.channels_last)
    average = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.03)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.1)
    recent = 0.7
    for step in range(steps):
        chosen = rng.choice(len(samples), BATCH, p=chances)
        crops = np.stack([samples[i].crops[rng.integers(len(samples[i].crops))] for i in chosen])
        pixels = augment(crops, rng).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(pixels)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), torch.from_numpy(labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        _follow(average, net, min(0.997, (step + 1) / (step + 10)))
        recent += 0.01 * (loss.item() - recent)
        if (step + 1) % 250 == 0:
            print(f"  step {step + 1:5d} of {steps}, loss {recent:.4f}", flush=True)
    return average.eval()


@torch.no_grad()
def _follow(average: MaskNet, net: MaskNet, decay: float) -> None:
    for mean, value in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


@torch.no_grad()
def scores(net: MaskNet, samples: list[Sample]) -> np.ndarray:
    """The logit of each sample in its surest alignment, cut and mirrored as the product does it, shape (n,)."""
    parts = []
    for start in range(0, len(samples), 256):
        pixels = torch.from_numpy(served(np.stack([sample.crops[0] for sample in samples[start : start + 256]])))
        parts.append((net(pixels) + net(pixels.flip(3)))[:, 0].numpy() / 2)
    return np.concatenate(parts)
