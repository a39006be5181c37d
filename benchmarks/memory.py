"""How much memory this process has, where the system tells."""

from __future__ import annotations

import os
from pathlib import Path


def resident_bytes() -> int | None:
    """Bytes of this process in physical memory; None where there is no /proc."""
    file = Path("/proc/self/statm")
    if not file.exists():
        return None
    return int(file.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
