"""The plots of reports. Imported only for a report, since matplotlib is slow to import."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from visavis.core.calibration import Calibration
from visavis.core.policy import LIVENESS_REQUIRED
from visavis.evaluation.comparisons import BINS, Comparisons
from visavis.evaluation.identification import FPIRS, Split
from visavis.evaluation.pages import Plot
from visavis.evaluation.poses import ANGLES, PoseErrors
from visavis.evaluation.spoofing import Presentations
from visavis.evaluation.verification import SIMILARITIES

GENUINE, IMPOSTOR, THIRD = "#0072b2", "#d55e00", "#009e73"
"""Colours that colour-blind people can distinguish (M. Okabe, K. Ito 2008)."""


def verification_plots(
    compared: Comparisons, scale: Calibration, discard: Sequence[Mapping[str, object]]
) -> list[Plot]:
    plots = [_scores(compared, scale)] if compared.genuine or compared.impostor_count else []
    if compared.genuine and compared.impostor_count:
        plots += [_detection_error_tradeoff(compared), _error_versus_discard(discard)]
    return plots


def _scores(compared: Comparisons, scale: Calibration) -> Plot:
    figure, axes = _axes("cosine", "share of pairs (logarithmic)")
    coarse = compared.histogram.reshape(-1, BINS // 200).sum(axis=1)
    edges = np.linspace(-1, 1, 201)
    genuine, _ = np.histogram(compared.genuine.cosines, edges)
    for counts, label, colour in ((genuine, "genuine", GENUINE), (coarse, "impostor", IMPOSTOR)):
        if counts.sum():
            axes.stairs(counts / counts.sum(), edges, label=label, color=colour, fill=True, alpha=0.5)
    for name, similarity in SIMILARITIES.items():
        axes.axvline(scale.cosine(similarity), color="grey", linewidth=0.8)
        axes.annotate(f" {name}", (scale.cosine(similarity), 1), xycoords=("data", "axes fraction"), va="top")
    axes.set_yscale("log")
    axes.legend()
    return plot_of(
        figure, f"Cosines of genuine and impostor pairs; the lines are similarities of {', '.join(SIMILARITIES)}"
    )


def _detection_error_tradeoff(compared: Comparisons) -> Plot:
    return _tradeoff(
        {"": compared}, "Detection error tradeoff: genuine pairs refused against impostor pairs accepted"
    )


def model_plots(compared: Mapping[str, Comparisons]) -> list[Plot]:
    """The curves of several recognition models, by name, of the same faces."""
    first = next(iter(compared.values()))
    if not first.genuine or not first.impostor_count:
        return []
    return [_tradeoff(compared, "Genuine pairs refused against impostor pairs accepted, by recognition model")]


def _tradeoff(curves: Mapping[str, Comparisons], caption: str) -> Plot:
    figure, axes = _axes("FMR", "FNMR")
    colours = (GENUINE, IMPOSTOR, THIRD)
    refused_any = False
    for number, (name, compared) in enumerate(curves.items()):
        exact = compared.impostors.cosines
        ranks = np.unique(np.geomspace(1, len(exact), 400).astype(int)) - 1
        fmr = (ranks + 1) / compared.impostor_count
        accepted = [compared.genuine.reaching(float(exact[rank])) for rank in ranks]
        refused = 1 - np.array(accepted) / len(compared.genuine)
        refused_any |= bool(refused.any())
        style = "-" if number < len(colours) else "--"
        axes.plot(fmr, refused, style, color=colours[number % len(colours)], label=name)
    axes.set_xscale("log")
    if refused_any:
        axes.set_yscale("log", nonpositive="mask")
    if len(curves) > 1:
        axes.legend()
    return plot_of(figure, caption)


def _error_versus_discard(curve: Sequence[Mapping[str, Any]]) -> Plot:
    figure, axes = _axes("share of faces discarded, lowest quality first", "FNMR")
    for name in ("1e-3", "1e-4", "1e-5"):
        rates = [np.nan if each["fnmr_at_fmr"][name] is None else each["fnmr_at_fmr"][name] for each in curve]
        axes.plot([each["discarded"] for each in curve], rates, marker="o", label=f"threshold of FMR {name}")
    axes.set_ylim(bottom=0)
    axes.legend()
    return plot_of(figure, "Error versus discard: what a minimum quality would gain")


def identification_plots(splits: Sequence[Split]) -> list[Plot]:
    shown = [split for split in splits if len(split.mated) and len(split.unknown) > 1]  # else there is no curve
    if not shown:
        return []
    figure, axes = _axes("FPIR", "FNIR")
    for number, split in enumerate(shown):
        accepted = len(split.mated) - np.searchsorted(split.mated[::-1], split.unknown, "right")
        fpir = np.arange(len(split.unknown)) / len(split.unknown)
        label = "one gallery each" if number == 0 else None
        axes.plot(
            fpir,
            1 - accepted / len(split.mated),
            color=GENUINE,
            linewidth=0.7,
            drawstyle="steps-post",
            label=label,
        )
    axes.set_xscale("log", nonpositive="mask")
    if any((split.mated < split.unknown[0]).any() for split in shown):
        axes.set_yscale("log", nonpositive="mask")
    for asked in FPIRS.values():
        axes.axvline(asked, color="grey", linewidth=0.6)
    axes.legend()
    return [plot_of(figure, "Mated probes not found against unknown probes that found somebody")]


def spoofing_plots(live: Presentations, species: Mapping[str, Presentations]) -> list[Plot]:
    scores, axes = _axes("liveness", "share of faces")
    edges = np.linspace(0, 100, 41)
    kinds = {"living": live.liveness} | {f"attacks: {name}": each.liveness for name, each in species.items()}
    for name, liveness in kinds.items():
        if len(liveness):
            axes.stairs(np.histogram(liveness, edges)[0] / len(liveness), edges, label=as_it_is(name))
    for sensitivity, threshold in LIVENESS_REQUIRED.items():
        axes.axvline(threshold, color="grey", linewidth=0.8)
        axes.annotate(f" {sensitivity}", (threshold, 1), xycoords=("data", "axes fraction"), va="top", fontsize=8)
    axes.legend()
    errors, axes = _axes("liveness threshold", "share")
    thresholds = np.linspace(0, 100, 201)
    for name, each in species.items():
        if len(each.liveness):
            axes.plot(thresholds, _share_reaching(each.liveness, thresholds), label=as_it_is(f"APCER, {name}"))
    axes.plot(thresholds, 1 - _share_reaching(live.liveness, thresholds), color="black", label="BPCER")
    axes.legend()
    return [
        plot_of(scores, "Liveness of living faces and of attacks"),
        plot_of(errors, "Attacks that pass and living faces that are refused, by threshold"),
    ]


def as_it_is(name: str) -> str:
    """The name of a folder, with dollar signs escaped, which would begin a formula."""
    return name.replace("$", r"\$")


def _share_reaching(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values >= thresholds[:, np.newaxis]).mean(axis=1))


def mask_plots(rates: Mapping[str, Mapping[str, Any]]) -> list[Plot]:
    figure, axes = _axes("", "share classified correctly")
    for number, (name, each) in enumerate(rates.items()):
        if each["interval"] is not None:
            low, high = each["interval"]
            errors = [[each["right"] - low], [high - each["right"]]]
            axes.bar(number, each["right"], yerr=errors, capsize=6, color=(GENUINE, IMPOSTOR)[number], label=name)
    axes.set_xticks(range(len(rates)), list(rates))
    return [plot_of(figure, "Faces classified correctly, with 95 % intervals")]


def pose_plots(errors: PoseErrors) -> list[Plot]:
    with rc_context({"font.size": 9}):
        figure = Figure(figsize=(10.5, 3.6), layout="constrained")
        for column, (angle, colour) in enumerate(zip(ANGLES, (GENUINE, IMPOSTOR, THIRD), strict=True)):
            axes = figure.add_subplot(1, 3, column + 1)
            true = errors.true[:, column]
            axes.scatter(
                true, true + errors.differences[:, column], s=6, color=colour, rasterized=len(true) > 2000
            )
            axes.plot([true.min(), true.max()], [true.min(), true.max()], color="grey", linewidth=0.8)
            axes.set_xlabel(f"true {angle}, degrees")
            axes.set_ylabel("estimated")
    return [plot_of(figure, "Estimated against true angles")]


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, linewidth=0.3)
    return figure, axes


def plot_of(figure: Figure, caption: str) -> Plot:
    """A figure as SVG, without date and tool, so that equal data gives an equal file.

    Text stays text: names of folders may be in letters that matplotlib's own font lacks, and the reader's have.
    """
    file = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "visavis"}), catch_warnings():
        filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(file, format="svg", metadata=nothing)
    svg = file.getvalue()
    return Plot(caption, svg[svg.index(b"<svg") :])  # without the address of a document type
