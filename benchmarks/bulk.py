"""How many pictures a second an import registers, against nothing but their decodes and network runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import cv2
import numpy as np

from benchmarks.machine import versions_of
from benchmarks.pictures import Picture, original, resized
from benchmarks.pipeline.bare import recorded
from benchmarks.report import Report, Table
from benchmarks.timing import Timing, interleaved, ratio
from visavis.core.bulk import BulkRegistration, Entry
from visavis.core.faces import find_candidates
from visavis.identities import App
from visavis.storage.store import Storage, open_storage
from visavis.types import Group, RequestedAttributes
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import DEFAULT_RECOGNITION
from visavis.vision.store import ModelStore, default_directory

PACKAGES = ("onnxruntime", "simplejpeg", "numpy", "cryptography")
QUOTA = 1_000_000


def run(*, quick: bool) -> Report:
    """Import many files of one look into an empty group, and replay what that asks of decoder and networks."""
    count, rounds = (40, 2) if quick else (60, 5)
    pictures = [resized("P001", "amateur_selfie", 640, "small selfie")]
    if not quick:
        pictures.append(original("P001", "studio_portrait", "portrait"))
    threads = os.cpu_count() or 1
    analyzer = Analyzer.load(
        ModelStore(Path(os.environ.get("VISAVIS_MODELS_DIR") or default_directory())), threads
    )
    with TemporaryDirectory() as folder:
        storage = open_storage(Path(folder) / "data")
        app = storage.apps.create_app("bench", {})
        measured = {
            picture: _measure(picture, Path(folder), storage, app, analyzer, count, rounds) for picture in pictures
        }
        storage.close()
    return _report(measured, count, threads)


def _measure(
    picture: Picture, folder: Path, storage: Storage, app: App, analyzer: Analyzer, count: int, rounds: int
) -> dict[str, Timing]:
    threads = os.cpu_count() or 1
    entries = _files(picture, folder / picture.name.replace(" ", "-"), count)
    group = _group(storage, app)
    data = entries[0].path.read_bytes()
    find_candidates(
        analyzer, group, data, 1, None, RequestedAttributes()
    )  # models are loaded when they are needed first
    recording = recorded(lambda: find_candidates(analyzer, group, data, 1, None, RequestedAttributes()))

    def imported(_: int) -> None:
        into = _group(storage, app)
        bulk = BulkRegistration(analyzer, storage.gallery, into, 1, QUOTA, threads)
        added = sum(result.added for results in bulk.run(entries) for result in results)
        assert added == count, added

    def again(_: int) -> None:
        bulk = BulkRegistration(analyzer, storage.gallery, filled, 1, QUOTA, threads)
        assert not any(result.added for results in bulk.run(entries) for result in results)

    def bare(_: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: recording.replay(), range(count)))

    filled = _group(storage, app)
    for _ in BulkRegistration(analyzer, storage.gallery, filled, 1, QUOTA, threads).run(entries):
        pass
    candidates: dict[str, Callable[[int], object]] = {"import": imported, "bare": bare, "again": again}
    return interleaved(candidates, rounds, warm_up=1)


def _group(storage: Storage, app: App) -> Group:
    return storage.gallery.create_group(app, f"bench-{uuid4().hex}", DEFAULT_RECOGNITION.name, QUOTA)


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
