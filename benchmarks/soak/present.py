"""Figures, a table and plots of a soak."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from benchmarks.machine import versions_of
from benchmarks.report import Figure, Plot, Report, Series, Table
from benchmarks.soak.load import Request
from benchmarks.soak.measure import WITH_PICTURES, Soak
from benchmarks.soak.watch import Sample
from benchmarks.timing import Timing


def report(soak: Soak, clients: int, rate: float) -> Report:
    minutes = [_minute(soak, number) for number in range(math.ceil(soak.minutes))]
    whole = [minute for minute in minutes if minute["requests"]]
    return Report(
        figures={
            "minutes": round(soak.minutes, 1),
            "clients": clients,
            "offered_per_second": rate,
            "requests": len(soak.requests),
            "unexpected_answers": dict(soak.unexpected),
            "growth_mb_second_to_last_third": round(soak.growth_mb, 1),
            "growth_of_descriptors_second_to_last_third": soak.growth_of_descriptors,
            "data_directory_mb": round(soak.data_mb, 1),
            "by_minute": whole,
        },
        tables=[_table(soak)],
        plots=_plots(soak, whole),
        versions=versions_of(("fastapi", "uvicorn", "onnxruntime", "sqlalchemy", "numpy")),
    )


def _minute(soak: Soak, number: int) -> dict[str, Figure]:
    first = soak.start + number * 60
    samples = [each for each in soak.samples if first <= each.at < first + 60]
    requests = [each for each in soak.requests if first <= each.at < first + 60]
    held = (
        {
            "rss_mb": round(statistics.median(each.rss_mb for each in samples), 1),
            "uss_mb": round(statistics.median(each.uss_mb for each in samples), 1),
            "descriptors": max(each.descriptors for each in samples),
            "threads": max(each.threads for each in samples),
        }
        if samples
        else {}
    )
    return {
        "minute": number + 1,
        "requests": len(requests) if samples else 0,
        **held,
        "pictures_ms": _latency([each for each in requests if each.kind in WITH_PICTURES]),
        "records_ms": _latency([each for each in requests if each.kind not in WITH_PICTURES]),
    }


def _latency(requests: Sequence[Request]) -> dict[str, Figure]:
    times = Timing([each.seconds for each in requests])
    if not requests:
        return {}
    return {f"p{percent}": round(times.percentile(percent) * 1e3, 1) for percent in (50, 95, 99)}


def _table(soak: Soak) -> Table:
    def row(name: str, value: Callable[[Sample], float]) -> list[str]:
        thirds = [[value(each) for each in soak.third(number)] for number in range(3)]
        return [name, *(f"{statistics.median(third):.0f} (at most {max(third):.0f})" for third in thirds)]

    return Table(
        f"What the server held in {soak.minutes:.0f} minutes of mixed load: median and most of each third",
        ["", "first third", "second third", "last third"],
        [
            row("resident memory, MB", lambda each: each.rss_mb),
            row("memory of its own, MB", lambda each: each.uss_mb),
            row("file descriptors", lambda each: each.descriptors),
            row("threads", lambda each: each.threads),
        ],
    )


def _plots(soak: Soak, minutes: Sequence[dict[str, Figure]]) -> list[Plot]:
    at = [(each.at - soak.start) / 60 for each in soak.samples]
    held = [
        Series("resident memory, MB", at, [each.rss_mb for each in soak.samples]),
        Series("file descriptors", at, [each.descriptors for each in soak.samples]),
        Series("threads", at, [each.threads for each in soak.samples]),
    ]
    numbers = [float(str(minute["minute"])) for minute in minutes]
    latency = [
        Series(f"{name}, p{percent}", numbers, [_of(minute, f"{name}_ms", percent) for minute in minutes])
        for name in ("pictures", "records")
        for percent in (50, 99)
    ]
    return [
        Plot("held", "What the server holds under mixed load", "Minutes", "", held, y_scale="log", markers=False),
        Plot(
            "latency", "Latency under mixed load", "Minutes", "Milliseconds", latency, y_scale="log", markers=False
        ),
    ]


def _of(minute: dict[str, Figure], name: str, percent: int) -> float:
    times = minute[name]
    assert isinstance(times, dict)
    return float(times.get(f"p{percent}", math.nan))
