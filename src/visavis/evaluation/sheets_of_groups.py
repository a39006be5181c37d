"""Turns the summary of groups of people into tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visavis.evaluation.pages import Sheet
from visavis.evaluation.sheets import percent, scientific
from visavis.evaluation.verification import SIMILARITIES

_COUNTS = ("people", "faces", "missed", "unreadable", "refused", "genuine", "impostor")
_MOST_BETWEEN = 10


def group_sheets(groups: Mapping[str, Any]) -> list[Sheet]:
    """The tables of groups: who was compared, errors at each similarity, the worst group against the best."""
    within = groups["within"]
    counts = [(name, *(f"{each[count]:,}" for count in _COUNTS)) for name, each in within.items()]
    if groups["without_group"]:
        counts.append(("without a group", f"{len(groups['without_group']):,}", *[""] * (len(_COUNTS) - 1)))
    return [
        Sheet("Groups", ("", *_COUNTS), counts),
        *(_errors(groups, similarity) for similarity in SIMILARITIES),
        *_between(groups["between"]),
        _ratios(groups["worst_to_best"]),
    ]


def _errors(groups: Mapping[str, Any], similarity: str) -> Sheet:
    ends = {
        kind: groups["worst_to_best"][kind][similarity] for kind in ("fmr_at_similarity", "fnmr_at_similarity")
    }
    rows = [
        (
            name,
            scientific(*_with_interval(each, "fmr_at_similarity", similarity)),
            percent(*_with_interval(each, "fnmr_at_similarity", similarity)),
            "; ".join(
                f"most {errors}"
                for kind, errors in (("fmr_at_similarity", "false matches"), ("fnmr_at_similarity", "refusals"))
                if ends[kind] is not None and ends[kind]["worst"] == name
            ),
        )
        for name, each in groups["within"].items()
    ]
    across = scientific(*_with_interval(groups["across"], "fmr_at_similarity", similarity))
    return Sheet(
        f"Within groups at a similarity of {similarity}",
        ("group", "FMR", "FNMR", ""),
        [*rows, ("people of different groups", across, "", "")],
    )


def _between(pairs: list[Mapping[str, Any]]) -> list[Sheet]:
    """The table of the pairs of groups in which strangers match most often."""
    known = [pair for pair in pairs if pair["fmr_at_similarity"]["90"] is not None]
    if not known:
        return []
    highest = sorted(known, key=lambda pair: -pair["fmr_at_similarity"]["90"])[:_MOST_BETWEEN]
    rows = [
        (
            " and ".join(pair["groups"]),
            *(scientific(*_with_interval(pair, "fmr_at_similarity", similarity)) for similarity in SIMILARITIES),
        )
        for pair in highest
    ]
    title = "FMR between two groups" + (f", the highest {_MOST_BETWEEN}" if len(known) > _MOST_BETWEEN else "")
    return [Sheet(title, ("groups", *(f"at {similarity}" for similarity in SIMILARITIES)), rows)]


def _ratios(worst_to_best: Mapping[str, Any]) -> Sheet:
    rows = [
        (similarity, kind, *_ratio(worst_to_best[f"{kind.lower()}_at_similarity"][similarity]))
        for similarity in SIMILARITIES
        for kind in ("FMR", "FNMR")
    ]
    return Sheet("The worst group against the best", ("similarity", "", "times", "worst", "best"), rows)


def _ratio(ends: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if ends is None:
        return "-", "", ""
    if ends["ratio"] is None:
        return "the best has none", ends["worst"], ends["best"]
    span = ends["interval"]
    times = f"{ends['ratio']:.1f}" + ("" if span is None else f" ({span[0]:.1f}-{span[1]:.1f})")
    return times, ends["worst"], ends["best"]


def _with_interval(
    each: Mapping[str, Any], kind: str, similarity: str
) -> tuple[float | None, tuple[float, float] | None]:
    return each[kind][similarity], each["intervals"][kind][similarity]
