"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def usable_cores(root: Path = _ROOT) -> int:
    """Cores that this process may use: fewer than the machine has where affinity or a container says so.

    `root`: where control groups are mounted.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(root)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(root: Path) -> float | None:
    """Cores' worth of time that the control group has, in either version; None where that is not limited."""
    try:
        numbers = (root / "cpu.max").read_text().split()
    except OSError:
        try:
            numbers = [(root / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")]
        except OSError:
            return None
    try:
        quota, period = (float(number) for number in numbers)
    except ValueError:  # "max"
        return None
    return quota / period if quota > 0 < period else None
