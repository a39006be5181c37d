"""The pipeline as figures and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.machine import versions_of
from benchmarks.pipeline.goal import GOAL_WIDTH, GOALS, Goal
from benchmarks.pipeline.measure import Request, Stages, Threads
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import ratio

PACKAGES = ("onnxruntime", "opencv-python-headless", "simplejpeg", "numpy", "fastapi", "pybase64")


def report(requests: Sequence[Request], stages: Sequence[Stages], threads: Threads, goal: Goal) -> Report:
    """The single figures are those of registering and searching, over all pictures: the worst one."""
    with_embedding = [request for request in requests if request.operation != "detect"]
    return Report(
        figures={
            "ratio_to_bare": max(_to("bare", request) for request in with_embedding),
            "ratio_to_bare_detect": max(_to("bare", one) for one in requests if one.operation == "detect"),
            "ratio_to_bare_processor_time": max(_to_bare_by_processor(request) for request in requests),
            "ratio_to_bare_unrecorded": max(_to("bare", request, "unrecorded") for request in with_embedding),
            "ratio_to_bare_and_pixels": max(_to("pixels", request) for request in requests),
            "ratio_to_full_decode": max(_to("full", request) for request in with_embedding),
            "speedup_opencv": min(_faster(request) for request in requests),
            "speedup_opencv_same_looks": min(_faster(request, "looks") for request in requests),
            "speedup_opencv_same_looks_at_most": max(_most_faster(request) for request in requests),
            "speedup_opencv_networks": min(_faster_networks(request) for request in requests),
            "speedup_two_threads": threads.speedup,
            **{f"processor_time_to_opencv_pair_{operation}": goal.to_pair(operation) for operation in GOALS},
            "requests": [_figures(request) for request in requests],
            "stages": [
                {"picture": one.picture.described, **{name: each.as_json() for name, each in one.timings.items()}}
                for one in stages
            ],
            "threads": {"one_per_s": list(threads.one), "two_per_s": list(threads.two)},
        },
        tables=[
            _table(requests),
            _table_of_opencv(requests),
            _table_of_stages(stages),
            _table_of_threads(threads),
            _table_of_goal(goal),
        ],
        versions=versions_of(PACKAGES),
    )


def _to(floor: str, request: Request, candidate: str = "request") -> float:
    return ratio(request.timings[candidate], request.timings[floor])


def _to_bare_by_processor(request: Request) -> float:
    return ratio(request.processor["request"], request.processor["bare"])


def _faster(request: Request, opencv: str = "opencv") -> float:
    return ratio(request.timings[opencv], request.timings["sface"])


def _most_faster(request: Request) -> float:
    """What there would be to gain on the same looks if a request were nothing but decoder and networks."""
    return ratio(request.timings["looks"], request.timings["sface_bare"])


def _faster_networks(request: Request) -> float:
    return ratio(request.timings["opencv_same"], request.timings["same"])


def _figures(request: Request) -> dict[str, Figure]:
    timings: dict[str, Figure] = {name: timing.as_json() for name, timing in request.timings.items()}
    ratios = {f"ratio_to_{name}": _to(name, request) for name in ("bare", "pixels", "networks", "full")}
    ratios["ratio_to_bare_processor_time"] = _to_bare_by_processor(request)
    ratios["ratio_to_bare_unrecorded"] = _to("bare", request, "unrecorded")
    return {
        "operation": request.operation,
        "picture": request.picture.described,
        **timings,
        "processor": {name: timing.as_json() for name, timing in request.processor.items()},
        **ratios,
        "speedup_opencv": _faster(request),
        "speedup_opencv_same_looks": _faster(request, "looks"),
        "speedup_opencv_same_looks_at_most": _most_faster(request),
        "speedup_opencv_networks": _faster_networks(request),
    }


def _table(requests: Sequence[Request]) -> Table:
    columns: dict[str, Callable[[Request], str]] = {
        "request": lambda one: f"{one.operation}: {one.picture.described}",
        "ms": lambda one: f"{one.timings['request'].median * 1e3:.1f}",
        "networks ms": lambda one: f"{one.timings['networks'].median * 1e3:.1f}",
        "decode + networks ms": lambda one: f"{one.timings['bare'].median * 1e3:.1f}",
        "x": lambda one: f"{_to('bare', one):.2f}",
        "processor time": lambda one: f"x {_to_bare_by_processor(one):.2f}",
        "uses not recorded": lambda one: f"x {_to('bare', one, 'unrecorded'):.2f}",
        "and pixel work": lambda one: f"x {_to('pixels', one):.2f}",
        "full decode + networks": lambda one: f"x {_to('full', one):.2f}",
    }
    rows = [[cell(one) for cell in columns.values()] for one in requests]
    return Table("Requests against their floors, medians, one at a time", list(columns), rows)


def _table_of_opencv(requests: Sequence[Request]) -> Table:
    """The same weights, YuNet and SFace, here and there."""
    columns: dict[str, Callable[[Request], str]] = {
        "request": lambda one: f"{one.operation}: {one.picture.described}",
        "YuNet + SFace ms": lambda one: f"{one.timings['same'].median * 1e3:.1f}",
        "by OpenCV ms": lambda one: f"{one.timings['opencv_same'].median * 1e3:.1f}",
        "networks": lambda one: f"x {_faster_networks(one):.2f}",
        "request ms": lambda one: f"{one.timings['sface'].median * 1e3:.1f}",
        "OpenCV, same looks ms": lambda one: f"{one.timings['looks'].median * 1e3:.1f}",
        "same looks": lambda one: f"x {_faster(one, 'looks'):.2f}",
        "at most": lambda one: f"x {_most_faster(one):.2f}",
        "OpenCV, one look ms": lambda one: f"{one.timings['opencv'].median * 1e3:.1f}",
        "one look": lambda one: f"x {_faster(one):.2f}",
    }
    rows = [[cell(one) for cell in columns.values()] for one in requests]
    return Table(
        "SFace alone as the model: the same looks and views by OpenCV's runners; requests, against decoding and "
        "those looks, and against one plain look at 640 px",
        list(columns),
        rows,
    )


def _table_of_stages(stages: Sequence[Stages]) -> Table:
    names = list(stages[0].timings)
    rows = [
        [one.picture.described, *(f"{one.timings[name].median * 1e3:.1f}" for name in names)] for one in stages
    ]
    return Table("Register one face: milliseconds of each stage, and of the request", ["picture", *names], rows)


def _table_of_threads(threads: Threads) -> Table:
    rates = (f"{median(rates):.1f}" for rates in (threads.one, threads.two))
    rows = [[f"search: {threads.picture.described}", *rates, f"x {threads.speedup:.2f}"]]
    return Table("Requests a second, pictures computed at once", ["request", "one", "two", "gain"], rows)


def _table_of_goal(goal: Goal) -> Table:
    pair = f"{median(goal.seconds['pair']) * 1e3:.1f}"
    rows = [
        [
            operation,
            f"{median(goal.seconds[operation]) * 1e3:.1f}",
            pair,
            f"x {goal.to_pair(operation):.2f}",
            f"x {most}",
        ]
        for operation, most in GOALS.items()
    ]
    return Table(
        f"Processor time of the server and its worker, selfie {GOAL_WIDTH} px wide, against OpenCV's YuNet "
        "(640 px) and SFace",
        ["request", "ms", "OpenCV's pair ms", "of the pair", "goal"],
        rows,
    )
