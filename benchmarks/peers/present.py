"""The table of peers, and sentences about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from benchmarks.peers.accuracy import SETS, Accuracy
from benchmarks.peers.measure import Measured, Plan, Searched
from benchmarks.peers.roster import VISAVIS, Peer
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import ratio

NOTHING = "-"
WITHOUT_DATA = (
    "TAR was not measured: `--data FOLDER` names the folder that has lfw-dev and ea-dev; the pictures are not "
    "ours to pass on."
)


def report(
    peers: Sequence[Peer],
    plan: Plan,
    measured: Mapping[str, Measured],
    accuracies: Mapping[str, Mapping[str, Accuracy]],
) -> Report:
    """One row a peer, whether or not it could be run."""
    speed = [_speed(peer, plan, measured) for peer in peers]
    rates = [_rates(peer, accuracies.get(peer.name, {})) for peer in peers]
    tables = [
        Table("One search by picture", _columns(plan), speed),
        Table("Genuine pairs accepted at a false match rate of 1e-4", ["", *SETS], rates),
    ]
    figures: dict[str, Figure] = {
        "sizes": list(plan.sizes),
        "peers": {
            peer.name: _figures(measured[peer.name], accuracies.get(peer.name, {}), measured[VISAVIS])
            for peer in peers
        },
    }
    notes = [*_notes(peers, measured), *([] if accuracies else [WITHOUT_DATA])]
    return Report(figures, tables, versions=_versions(measured), notes=notes)


def _columns(plan: Plan) -> list[str]:
    small, large = plan.sizes
    return [
        "",
        f"{small:,} faces: ms",
        "processor ms",
        f"{large:,} faces: ms",
        "processor ms ",
        "x Visavis",
        f"memory MB at {small:,}",
        f"at {large:,}",
        f"{small:,} pictures enrolled in s",
        "processor s",
    ]


def _speed(peer: Peer, plan: Plan, measured: Mapping[str, Measured]) -> list[str]:
    small, large = (measured[peer.name].searched.get(size) for size in plan.sizes)
    ours = measured[VISAVIS].searched.get(plan.sizes[-1])
    beside = f"{ratio(large.seconds, ours.seconds):.2f}" if large and ours else NOTHING
    mine = measured[peer.name]
    enrolled = [f"{mine.enrol_seconds:.1f}", f"{mine.enrol_cpu_seconds:.1f}"] if mine.enrolled else [NOTHING] * 2
    return [
        peer.title,
        *_search(small),
        *_search(large),
        beside,
        *(f"{each.memory_bytes / 1e6:,.0f}" if each else NOTHING for each in (small, large)),
        *enrolled,
    ]


def _search(searched: Searched | None) -> list[str]:
    if searched is None:
        return [NOTHING, NOTHING]
    return [f"{searched.seconds.median * 1e3:.1f}", f"{searched.cpu_seconds * 1e3:.1f}"]


def _rates(peer: Peer, accuracies: Mapping[str, Accuracy]) -> list[str]:
    return [peer.title, *(_accuracy(accuracies.get(name)) for name in SETS)]


def _accuracy(measured: Accuracy | None) -> str:
    if measured is None or measured.tar is None:
        return NOTHING
    span = f" ({measured.interval[0] * 100:.1f}-{measured.interval[1] * 100:.1f})" if measured.interval else ""
    return f"{measured.tar * 100:.1f} %{span}, {measured.missed} of {measured.pictures:,} missed"


def _figures(measured: Measured, accuracies: Mapping[str, Accuracy], ours: Measured) -> dict[str, Figure]:
    return {
        "enrol_s": measured.enrol_seconds,
        "enrol_cpu_s": measured.enrol_cpu_seconds,
        "enrolled": measured.enrolled,
        "versions": dict(measured.versions),
        "failed": measured.failed,
        "searched": {
            str(faces): {
                **each.seconds.as_json(),
                "p95_s": each.seconds.percentile(95),
                "cpu_s": each.cpu_seconds,
                "right": each.right,
                "memory_bytes": each.memory_bytes,
                "ratio_to_visavis": ratio(each.seconds, ours.searched[faces].seconds)
                if faces in ours.searched
                else None,
            }
            for faces, each in measured.searched.items()
        },
        "accuracy": {name: asdict(each) for name, each in accuracies.items()},
    }


def _notes(peers: Sequence[Peer], measured: Mapping[str, Measured]) -> Iterator[str]:
    for peer in peers:
        mine = measured[peer.name]
        failed = f" Not measured: {mine.failed}." if mine.failed else ""
        yield f"**{peer.title}.** {peer.started} Leaves out: {peer.leaves_out}.{failed}"


def _versions(measured: Mapping[str, Measured]) -> dict[str, str]:
    return {package: number for each in measured.values() for package, number in each.versions.items()}
