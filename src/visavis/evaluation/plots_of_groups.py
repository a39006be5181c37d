"""The plots of groups of people: errors at one threshold, and false matches between groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from visavis.core.calibration import pairs_per_false_match
from visavis.evaluation.pages import Plot
from visavis.evaluation.plots import GENUINE, IMPOSTOR, as_it_is, plot_of

AT = "90"
"""The similarity of all plots: one threshold for everybody."""


def group_plots(groups: Mapping[str, Any]) -> list[Plot]:
    """The plots of a summary of groups; none if no impostor pair was compared."""
    rates = _matrix(groups)
    return [_side_by_side(groups), _heat_map(list(groups["within"]), rates)] if not np.isnan(rates).all() else []


def _side_by_side(groups: Mapping[str, Any]) -> Plot:
    """A row for each group: false matches on the left, on a logarithmic axis, and refusals on the right."""
    within = groups["within"]
    figure = Figure(figsize=(9, 1.6 + 0.34 * len(within)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, kind, colour in ((left, "fmr_at_similarity", IMPOSTOR), (right, "fnmr_at_similarity", GENUINE)):
        worst = groups["worst_to_best"][kind][AT]
        for row, (name, each) in enumerate(within.items()):
            marker = "D" if worst is not None and worst["worst"] == name else "o"
            _mark(axes, row, each[kind][AT], each["intervals"][kind][AT], colour, marker)
        axes.grid(visible=True, linewidth=0.3)
    left.axvline(1 / pairs_per_false_match(float(AT)), color="grey", linewidth=0.8)
    left.set_xscale("log")
    for row, each in enumerate(within.values()):
        if each["fmr_at_similarity"][AT] == 0:
            words = f" none in {each['impostor']:,} pairs"
            left.annotate(words, (0, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    left.set_yticks(range(len(within)), [as_it_is(name) for name in within])
    left.set_ylim(len(within) - 0.5, -0.5)
    left.set_xlabel(f"FMR at {AT} (logarithmic)")
    right.set_xlabel(f"FNMR at {AT}")
    right.set_xlim(left=0)
    if all(each["fnmr_at_similarity"][AT] is None for each in within.values()):
        right.annotate("nobody has two pictures", (0.5, 0.5), xycoords="axes fraction", ha="center")
    return plot_of(
        figure,
        f"False matches and refusals within each group at a similarity of {AT}, with 95 % intervals. The line is "
        "the FMR that the scale claims; a diamond marks the worst group",
    )


def _mark(
    axes: Axes, row: int, rate: float | None, interval: tuple[float, float] | None, colour: str, marker: str
) -> None:
    if rate is None:
        return
    if interval is not None:
        axes.plot(interval, (row, row), color=colour, linewidth=1.2)
    axes.plot(rate, row, marker=marker, color=colour, linestyle="none")


def _heat_map(names: list[str], rates: NDArray[np.float64]) -> Plot:
    """Each group against each: within groups on the diagonal, the highest rate framed."""
    side = 2.2 + 0.62 * len(names)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axes = figure.add_subplot()
    positive = rates[rates > 0]
    if len(positive):
        lowest, highest = positive.min(), positive.max()
        norm = LogNorm(lowest, max(highest, 1.001 * lowest))
        colours = axes.imshow(np.where(rates > 0, rates, np.nan), cmap="YlOrRd", norm=norm)
        figure.colorbar(colours, label="FMR (logarithmic)", shrink=0.8)
        row, column = np.unravel_index(np.nanargmax(rates), rates.shape)
        for down, across in {(row, column), (column, row)}:
            axes.add_patch(
                Rectangle((across - 0.5, down - 0.5), 1, 1, fill=False, edgecolor="black", linewidth=2.2)
            )
    for (down, across), rate in np.ndenumerate(rates):
        if not np.isnan(rate):
            dark = rate > 0 and norm(rate) > 0.65
            words = f"{rate:.1e}" if rate else "0"
            axes.text(
                across, down, words, ha="center", va="center", fontsize=7, color="white" if dark else "black"
            )
    axes.set_xticks(range(len(names)), [as_it_is(name) for name in names], rotation=45, ha="right")
    axes.set_yticks(range(len(names)), [as_it_is(name) for name in names])
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    return plot_of(
        figure, f"FMR within and between groups at a similarity of {AT}; the highest is framed, empty: no pairs"
    )


def _matrix(groups: Mapping[str, Any]) -> NDArray[np.float64]:
    """The FMR of each two groups, shape (groups, groups); NaN where nothing was compared."""
    indices = {name: index for index, name in enumerate(groups["within"])}
    rates = np.full((len(indices), len(indices)), np.nan)
    for name, each in groups["within"].items():
        rates[indices[name], indices[name]] = _or_nan(each["fmr_at_similarity"][AT])
    for pair in groups["between"]:
        one, other = (indices[name] for name in pair["groups"])
        rates[one, other] = rates[other, one] = _or_nan(pair["fmr_at_similarity"][AT])
    return rates


def _or_nan(rate: float | None) -> float:
    return np.nan if rate is None else rate
