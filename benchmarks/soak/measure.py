"""Runs the soak, and tells whether what it saw is flat."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.console import progress
from benchmarks.soak.load import Request, load
from benchmarks.soak.watch import Sample, sample
from harness.servers import running_server

_SAMPLES_PER_MINUTE = 12
WITH_PICTURES = frozenset({"register", "search", "verify", "detect", "compare"})


@dataclass(frozen=True, slots=True)
class Soak:
    """What was seen from `start` to `end`, in seconds of a steady clock."""

    start: float
    end: float
    samples: list[Sample]
    requests: list[Request]
    data_mb: float
    """The data directory in the end."""

    @property
    def minutes(self) -> float:
        return (self.end - self.start) / 60

    @property
    def unexpected(self) -> Counter[str]:
        return Counter(f"{request.kind}: {request.unexpected}" for request in self.requests if request.unexpected)

    def third(self, number: int) -> list[Sample]:
        """The samples of a third of the time: 0, 1 or 2."""
        length = (self.end - self.start) / 3
        first = self.start + number * length
        return [each for each in self.samples if first <= each.at < first + length]

    @property
    def growth_mb(self) -> float:
        """By how much the median resident memory of the last third exceeds that of the second."""
        medians = [statistics.median(each.rss_mb for each in self.third(number)) for number in (1, 2)]
        return medians[1] - medians[0]

    @property
    def growth_of_descriptors(self) -> int:
        """By how much the most descriptors of the last third exceed the most of the second."""
        most = [max(each.descriptors for each in self.third(number)) for number in (1, 2)]
        return most[1] - most[0]


def soak(minutes: float, clients: int, rate: float) -> Soak:
    """Load a new server for so long; a sentence a minute says that it still runs."""
    with TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        process = psutil.Process(server.process.pid)
        samples: list[Sample] = []
        with load(server, clients, rate) as record:
            start = time.monotonic()
            end = start + minutes * 60
            while (now := time.monotonic()) < end:
                samples.append(sample(process))
                if len(samples) % _SAMPLES_PER_MINUTE == 0:
                    last = samples[-1]
                    progress.print(
                        f"{(now - start) / 60:.0f} min: {len(record.requests)} requests, {last.rss_mb:.0f} MB, "
                        f"{last.descriptors} descriptors, {last.threads} threads",
                        highlight=False,
                    )
                time.sleep(60 / _SAMPLES_PER_MINUTE)
        data = sum(path.stat().st_size for path in server.data_dir.iterdir())
        return Soak(start, time.monotonic(), samples, record.requests, data / 1e6)
