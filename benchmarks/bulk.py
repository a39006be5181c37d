"""How many pictures a second an import registers, against nothing but their decodes and network runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from uuid import uuid4

import cv2
import numpy as np

from benchmarks.machine import versions_of
from benchmarks.pictures import Picture, original, resized
from benchmarks.pipeline.bare import recorded
from benchmarks.report import Report, Table
from benchmarks.timing import Timing, interleaved, ratio
from visavis.app.recognition import open_services
from visavis.app.records import make_records
from visavis.core.bulk import BulkRegistration, Entry
from visavis.core.faces import find_candidates
from visavis.settings import Settings
from visavis.types import Group, RequestedAttributes
from visavis.vision.analyzer import Analyzer
from visavis.vision.store import ModelStore
from visavis.web.services import Services

PACKAGES = ("onnxruntime", "simplejpeg", "numpy", "cryptography")


def run(*, quick: bool) -> Report:
    """Import many files of one look into an empty group, and replay what that asks of decoder and networks."""
    count, rounds = (40, 2) if quick else (60, 5)
    pictures = [resized("P001", "amateur_selfie", 640, "small selfie")]
    if not quick:
        pictures.append(original("P001", "studio_portrait", "portrait"))
    threads = os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data")
        here = Analyzer.load(ModelStore(settings.models_dir), threads)
        make_records(settings).close()
        with open_services(settings) as services:
            services.apps.create("bench")
            measured = {
                picture: _measure(picture, Path(folder), services, here, count, rounds) for picture in pictures
            }
    return _report(measured, count, threads)


def _measure(
    picture: Picture, folder: Path, services: Services, here: Analyzer, count: int, rounds: int
) -> dict[str, Timing]:
    """How long imports take, by worker processes as in the command; and the floor, by `here` in this process."""
    threads = os.cpu_count() or 1
    entries = _files(picture, folder / picture.name.replace(" ", "-"), count)
    app = services.apps.require("bench")
    filled = services.groups.create(app, f"filled-{picture.name.replace(' ', '-')}")
    data = entries[0].path.read_bytes()

    def examined() -> object:
        return find_candidates(here, filled, data, 1, None, RequestedAttributes())

    examined()  # networks are loaded when they are needed first
    recording = recorded(examined)

    def added(into: Group) -> int:
        bulk = BulkRegistration.of(services.faces, into, 1, threads, Event())
        return sum(result.added for results in bulk.run(entries) for result in results)

    def imported(round_number: int) -> None:
        there = added(services.groups.create(app, f"into-{uuid4().hex}"))
        assert there == count, (round_number, there)

    def again(_: int) -> None:
        assert not added(filled)

    def bare(_: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: recording.replay(), range(count)))

    added(filled)
    candidates: dict[str, Callable[[int], object]] = {"import": imported, "bare": bare, "again": again}
    return interleaved(candidates, rounds, warm_up=1)


def _files(picture: Picture, folder: Path, count: int) -> list[Entry]:
    """Files that look the same and are not: a corner differs, so that none is left out as a duplicate."""
    folder.mkdir()
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    entries = []
    for number in range(count):
        pixels[:8, :8] = number
        path = folder / f"{number:04}.jpg"
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
        entries.append(Entry(path, path.stem))
    return entries


def _report(measured: dict[Picture, dict[str, Timing]], count: int, threads: int) -> Report:
    rows = [
        (
            picture.described,
            f"{count / timings['import'].median:.1f}",
            f"{count / timings['bare'].median:.1f}",
            f"{ratio(timings['import'], timings['bare']):.2f}",
            f"{count / timings['again'].median:,.0f}",
        )
        for picture, timings in measured.items()
    ]
    columns = ("picture", "imported a second", "bare a second", "import x bare", "skipped a second")
    return Report(
        figures={
            "ratio_to_bare": max(ratio(each["import"], each["bare"]) for each in measured.values()),
            "pictures": [
                {"picture": picture.described, **{name: each.as_json() for name, each in timings.items()}}
                for picture, timings in measured.items()
            ],
        },
        tables=[Table(f"Import of {count} pictures into an empty group, {threads} threads", columns, rows)],
        versions=versions_of(PACKAGES),
    )
