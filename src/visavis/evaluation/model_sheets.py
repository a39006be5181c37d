"""Comparisons of recognition models, and of ways to feed one, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from visavis.evaluation.intervals import Interval
from visavis.evaluation.pages import Row, Sheet
from visavis.evaluation.preprocessing import Way
from visavis.evaluation.sheets import percent, scientific

_COUNTS = ("faces", "missed", "unreadable", "people", "genuine", "impostor")


def comparison_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    models = summary["models"]
    fars = tuple(models[0]["tar_at_far"])
    first = models[0]["model"]
    return [
        Sheet("What was compared", ("", ""), [(name, f"{summary[name]:,}") for name in _COUNTS]),
        Sheet(
            "TAR, each model at its own threshold",
            ("model", *(f"FMR {far}" for far in fars), "ms a face", "MB"),
            [_rates(each) for each in models],
        ),
        Sheet(
            f"TAR beside {first}, in points",
            ("model", *(f"FMR {far}" for far in fars)),
            [_difference(each, summary["beyond_the_pairs"]) for each in summary["differences"]],
        ),
        Sheet(
            "What similarities mean here",
            ("model", "FMR at 90", "FMR at 99", "scale"),
            [_strangers(each) for each in models],
        ),
    ]


def way_sheets(ways: Sequence[Way]) -> list[Sheet]:
    rows = [
        (
            way.name if number else f"{way.name} (as the card says)",
            f"{way.separation:.2f}",
            _signed(way.difference, way.interval) if number else "",
            "better" if way.clearly_better else "",
        )
        for number, way in enumerate(ways)
    ]
    columns = ("fed with", "separation", "difference", "")
    return [Sheet("Ways to feed the network", columns, rows)]


def _rates(model: Mapping[str, Any]) -> Row:
    spans = model["intervals"]["tar_at_far"]
    return (
        model["model"],
        *(percent(tar, spans[far]) for far, tar in model["tar_at_far"].items()),
        f"{model['ms_per_face']:.1f}",
        f"{model['file_bytes'] / 1e6:.1f}",
    )


def _strangers(model: Mapping[str, Any]) -> Row:
    spans = model["intervals"]["fmr_at_similarity"]
    rates = (scientific(fmr, spans[name]) for name, fmr in model["fmr_at_similarity"].items())
    return (model["model"], *rates, model["scale"])


def _difference(difference: Mapping[str, Any], beyond: Sequence[str]) -> Row:
    cells = []
    for far, value in difference["tar_at_far"].items():
        points = "-" if value is None else _signed(100 * value, _points(difference["interval"][far]))
        cells.append("too few pairs" if far in beyond else f"{points}: {difference['verdict'][far]}")
    return (difference["model"], *cells)


def _points(interval: Interval | None) -> Interval | None:
    return None if interval is None else (100 * interval[0], 100 * interval[1])


def _signed(value: float, interval: Interval | None) -> str:
    span = "" if interval is None else f" ({interval[0]:+.2f} to {interval[1]:+.2f})"
    return f"{value:+.2f}{span}"
