"""Draws plots with Matplotlib, the same bytes for the same figures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Plot


def draw(plot: Plot, path: Path) -> None:
    """Write the plot as SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - only `make bench` needs it
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415

    with mpl.rc_context({"svg.hashsalt": plot.name, "svg.fonttype": "path", "font.size": 9}):
        canvas = Canvas(figsize=(7.2, 4.2), layout="constrained")
        axes = canvas.add_subplot()
        for series in plot.series:
            axes.plot(
                series.x,
                series.y,
                marker="o" if plot.markers else "",
                markersize=4,
                linestyle="-" if series.line else "",
                label=series.name,
            )
            for x, y, label in zip(series.x, series.y, series.labels, strict=False):
                axes.annotate(label, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8)
        axes.set(
            title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label, xscale=plot.x_scale, yscale=plot.y_scale
        )
        axes.grid(visible=True, alpha=0.3)
        if len(plot.series) > 1:
            axes.legend(frameon=False)
        canvas.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
