"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.report import Figure

CAPABILITIES = (
    "sse4_2",
    "avx2",
    "fma",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_fp16",
    "amx_int8",
    "asimd",
    "asimddp",
    "i8mm",
    "sve",
)
"""The instruction sets that matter for dot products, by the names that Linux gives them."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`cores` are those this process may use; `memory_gib` is 0 where the system does not tell."""

    cpu: str
    cores: int
    capabilities: tuple[str, ...]
    memory_gib: float
    system: str
    python: str

    def as_json(self) -> dict[str, Figure]:
        return asdict(self)

    def sentence(self) -> str:
        able = ", ".join(self.capabilities) or "capabilities unknown"
        memory = f"{self.memory_gib:g} GiB"
        return f"{self.cpu}, {self.cores} cores ({able}), {memory}, {self.system}, Python {self.python}"


def this_machine() -> Machine:
    facts = _cpu_facts()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return Machine(
        cpu=facts.get("model name") or platform.processor() or platform.machine(),
        cores=usable_cores(),
        capabilities=tuple(name for name in CAPABILITIES if name in flags),
        memory_gib=round(_memory_bytes() / 2**30, 1),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
    )


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions; packages that are not installed are left out."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _cpu_facts() -> dict[str, str]:
    """The first processor's lines of /proc/cpuinfo, where there is one."""
    path = Path("/proc/cpuinfo")
    first = path.read_text(encoding="utf-8", errors="replace").split("\n\n")[0] if path.exists() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory_bytes() -> int:
    names = {"SC_PHYS_PAGES", "SC_PAGE_SIZE"}
    if not names <= os.sysconf_names.keys():
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
