"""Turns summaries into tables, for the terminal and for reports."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from visavis.evaluation.pages import Sheet

_COUNTS = ("faces", "missed", "unreadable")
_KINDS = {"genuine_refused": "genuine, a face refused", "impostor_refused": "impostor, a face refused"}


def verification_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    spans = summary["intervals"]
    beyond = summary["beyond_the_pairs"]
    names = (*_COUNTS, "refused", "people", "genuine", "genuine_refused", "impostor", "impostor_refused")
    counts = [(_KINDS.get(name, name), f"{summary[name]:,}") for name in names]
    rates = [
        (
            far,
            percent(None if fnmr is None else 1 - fnmr, _turned(spans["fnmr_at_fmr"][far])),
            percent(fnmr, spans["fnmr_at_fmr"][far]),
            _threshold(summary["similarity_at_fmr"][far]),
            "too few pairs" if far in beyond else "",
        )
        for far, fnmr in summary["fnmr_at_fmr"].items()
    ]
    similarities = [
        (
            name,
            scientific(fmr, spans["fmr_at_similarity"][name]),
            percent(summary["tar_at_similarity"][name], spans["tar_at_similarity"][name]),
        )
        for name, fmr in summary["fmr_at_similarity"].items()
    ]
    missed = [(far, percent(tar)) for far, tar in summary["tar_at_far_with_missed"].items()]
    sheets = [
        Sheet("What was compared", ("", ""), counts),
        Sheet("Errors at thresholds", ("FMR (FAR)", "TAR", "FNMR", "similarity", ""), rates),
        Sheet("What similarities mean here", ("similarity", "FMR", "TAR"), similarities),
        Sheet("If pictures without a face count as refusals", ("FMR (FAR)", "TAR"), missed),
    ]
    return [*sheets, _discard_sheet(summary["error_versus_discard"])]


def _discard_sheet(curve: Sequence[Mapping[str, Any]]) -> Sheet:
    names = ("1e-3", "1e-4", "1e-5")
    rows = [
        (
            f"{100 * each['discarded']:g} %",
            f"{each['genuine']:,}",
            *(percent(each["fnmr_at_fmr"][n]) for n in names),
        )
        for each in curve
    ]
    columns = ("lowest quality discarded", "genuine pairs left", *(f"FNMR at FMR {name}" for name in names))
    return Sheet("Error versus discard", columns, rows)


def identification_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    spans = summary["intervals"]
    names = (*_COUNTS, "refused", "people", "gallery", "splits", "mated_probes", "unknown_probes")
    counts = [(name.replace("_", " "), f"{summary[name]:,}") for name in names]
    rates = [
        (
            fpir,
            percent(fnir, spans["fnir_at_fpir"][fpir]),
            _threshold(summary["similarity_at_fpir"][fpir]),
            _threshold(summary["estimated_similarity_at_fpir"][fpir]),
            "too few probes" if fpir in summary["beyond_the_probes"] else "",
        )
        for fpir, fnir in summary["fnir_at_fpir"].items()
    ]
    similarities = [
        (
            name,
            percent(fpir, spans["fpir_at_similarity"][name]),
            percent(summary["estimated_fpir_at_similarity"][name]),
            percent(summary["fnir_at_similarity"][name], spans["fnir_at_similarity"][name]),
        )
        for name, fpir in summary["fpir_at_similarity"].items()
    ]
    by_scale = "by the scale"
    rank_1 = percent(summary["rank_1_miss_rate"], spans["rank_1_miss_rate"])
    return [
        Sheet("What was searched", ("", ""), counts),
        Sheet("Errors with strangers", ("FPIR", "FNIR", "similarity", by_scale, ""), rates),
        Sheet("What similarities mean in this gallery", ("similarity", "FPIR", by_scale, "FNIR"), similarities),
        Sheet("Without a threshold", ("", ""), [("best match is somebody else", rank_1)]),
    ]


def strangers_in_words(summary: Mapping[str, Any]) -> list[str]:
    """One sentence for each threshold: how many strangers match in a gallery of this size."""
    gallery = f"these {summary['gallery']:,} people"
    sentences = []
    for name, fpir in summary["fpir_at_similarity"].items():
        if fpir is None:
            continue
        found = f"about {_of_strangers(fpir)} would find" if fpir else "none of those searched for found"
        estimate = _of_strangers(summary["estimated_fpir_at_similarity"][name])
        sentences.append(
            f"At a similarity of {name}, {found} somebody among {gallery}; by the scale, {estimate} would."
        )
    measured = _threshold(summary["similarity_at_fpir"]["1e-2"])
    estimate = summary["estimated_similarity_at_fpir"]["1e-2"]
    by_scale = "the scale does not reach so far" if estimate is None else f"by the scale, from {estimate:g} on"
    sentences.append(f"At most 1 stranger in 100 finds somebody from a similarity of {measured} on; {by_scale}.")
    return sentences


def _of_strangers(share: float) -> str:
    """A share as a number of strangers: 4 of 100, or 3 of 10,000."""
    of = 100
    while share * of < 0.95:
        of *= 10
    return f"{share * of:.0f} of {of:,} strangers"


def spoofing_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    kinds = {"live": summary["live"]} | {f"attacks: {name}": each for name, each in summary["species"].items()}
    silent = [summary["bpnrr"], *summary["apnrr"].values()]
    counts = [
        (name, *(f"{each[count]:,}" for count in _COUNTS), percent(rate["rate"], rate["interval"]))
        for (name, each), rate in zip(kinds.items(), silent, strict=True)
    ]
    errors = summary["at_sensitivity"] | summary["at_liveness"]
    rows = [
        (
            name if name in summary["at_sensitivity"] else "",
            f"{each['liveness']:g}",
            percent(each["apcer"]["rate"], each["apcer"]["interval"]),
            each["worst_species"],
            percent(each["bpcer"]["rate"], each["bpcer"]["interval"]),
        )
        for name, each in errors.items()
    ]
    by_species = [
        (
            species,
            *(
                percent(at["apcer_by_species"][species]["rate"], at["apcer_by_species"][species]["interval"])
                for at in summary["at_sensitivity"].values()
            ),
        )
        for species in next(iter(summary["at_sensitivity"].values()))["apcer_by_species"]
    ]
    return [
        Sheet("Pictures", ("", *_COUNTS, "no face found (BPNRR, APNRR)"), counts),
        Sheet("Errors", ("sensitivity", "liveness", "APCER, worst species", "which", "BPCER"), rows),
        Sheet("APCER by species", ("species", *summary["at_sensitivity"]), by_species),
    ]


def mask_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    rows = [
        (name, *(f"{each[count]:,}" for count in _COUNTS), percent(each["right"], each["interval"]))
        for name, each in summary.items()
    ]
    return [Sheet("Masks", ("", *_COUNTS, "judged right"), rows)]


def pose_sheets(summary: Mapping[str, Any]) -> list[Sheet]:
    angles = [
        (angle, degrees(each["degrees"], each["interval"]), f"{each['bias']:+.1f}")
        for angle, each in summary["mean_absolute_error"].items()
    ]
    bands = [
        (band, f"{each['faces']:,}", *(f"{each[angle]:.1f}" for angle in summary["mean_absolute_error"]))
        for band, each in summary["by_true_yaw"].items()
    ]
    return [
        Sheet("Pictures", ("", ""), [(name, f"{summary[name]:,}") for name in _COUNTS]),
        Sheet("Errors in degrees", ("angle", "mean absolute error", "mean error"), angles),
        Sheet(
            "Mean absolute errors by true yaw, either way",
            ("degrees", "faces", *summary["mean_absolute_error"]),
            bands,
        ),
    ]


def percent(rate: float | None, interval: tuple[float, float] | None = None) -> str:
    """A share in percent, with its interval."""
    if rate is None:
        return "-"
    span = "" if interval is None else f" ({100 * interval[0]:.2f}-{100 * interval[1]:.2f})"
    return f"{100 * rate:.2f} %{span}"


def scientific(rate: float | None, interval: tuple[float, float] | None = None) -> str:
    """A small share in scientific notation, with its interval."""
    if rate is None:
        return "-"
    return f"{rate:.1e}" + ("" if interval is None else f" ({interval[0]:.1e}-{interval[1]:.1e})")


def degrees(angle: float, interval: tuple[float, float] | None) -> str:
    """An angle, with its interval."""
    return f"{angle:.1f}" + ("" if interval is None else f" ({interval[0]:.1f}-{interval[1]:.1f})")


def _threshold(similarity: float | None) -> str:
    """A threshold, rounded up: a lower one would let more strangers match."""
    return "-" if similarity is None else f"{math.ceil(similarity * 10 - 1e-6) / 10:.1f}"


def _turned(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """The interval of 1 - rate."""
    return None if interval is None else (1 - interval[1], 1 - interval[0])
