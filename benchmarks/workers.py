"""What it costs and brings to see pictures in processes of their own, beside another commit where one is given.

`python -m benchmarks.workers [--beside CHECKOUT] [--quick]` measures the latency of one request, in turns with the
other commit's server; one core and two; the main process alone, with workers that answer at once; memory; and a
neighbour with hostile pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import httpx
import psutil
import typer
from rich.console import Console

from benchmarks.pictures import original, resized
from harness.hostile import many_scans
from harness.servers import PREFIX, create_app, environment, free_port, wait_until_alive
from visavis.types import Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore, default_directory

out = Console(highlight=False, soft_wrap=True)
_FIELDS = {"orientation": "true", "mask": "true"}


class Running:
    """A server, and a client of an app of its."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = psutil.Process(process.pid)
        self._url = url
        self._folder = folder
        self.client = self.new_client("first")

    def new_client(self, name: str) -> httpx.Client:
        keys = create_app(self._folder / "data", name)
        return httpx.Client(
            base_url=f"{self._url}{PREFIX}/{keys.appKey}",
            headers={"Authorization": keys.secretKey},
            timeout=120,
            trust_env=False,
        )

    def own_seconds(self) -> float:
        """Processor time of the main process alone."""
        times = self.process.cpu_times()
        return float(times.user) + float(times.system)

    def megabytes(self) -> float:
        """Of all its processes; what they share is counted once."""
        processes = [self.process, *self.process.children(recursive=True)]
        return float(sum(each.memory_full_info().pss for each in processes)) / 1e6


@contextmanager
def running(*program: str, source: Path | None = None, **settings: str) -> Iterator[Running]:
    """`python -m PROGRAM serve`, of another checkout where `source` is given."""
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        path = source / "src" if source else Path(__file__).parents[1]
        variables = environment(settings) | {"PYTHONPATH": str(path)}
        command = [sys.executable, "-m", *(program or ("visavis",)), "serve", "--port", str(port)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own
                [*command, "--data-dir", str(folder / "data")], stdout=log, stderr=log, env=variables
            )
            try:
                url = f"http://127.0.0.1:{port}"
                with httpx.Client(base_url=url, trust_env=False) as client:
                    wait_until_alive(client, process, folder / "log")
                yield Running(url, process, folder)
            finally:
                process.terminate()
                process.wait(60)


def detect(client: httpx.Client, data: bytes) -> float:
    """Seconds of a detection."""
    start = time.perf_counter()
    client.post("/faces/detect", files={"imageFile": data}, data=_FIELDS).raise_for_status()
    return time.perf_counter() - start


def rate(client: httpx.Client, data: bytes, requests: int, at_once: int) -> float:
    """Requests a second."""
    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(lambda _: detect(client, data), range(requests)))
    return requests / (time.perf_counter() - start)


def latency(beside: Path, rounds: int) -> None:
    """One request after the other, by turns at both servers."""
    for picture in (
        resized("P001", "amateur_selfie", 640, "small selfie"),
        original("P001", "amateur_selfie", "selfie"),
    ):
        with ExitStack() as stack:
            other = stack.enter_context(running(source=beside, WORK__CPU_PLACES="1"))
            ours = stack.enter_context(running(WORK__CPU_PLACES="1"))
            pairs = [
                (detect(other.client, picture.data), detect(ours.client, picture.data)) for _ in range(rounds)
            ]
            pairs = pairs[3:]
            first, second = (median(each) * 1e3 for each in zip(*pairs, strict=True))
            least = [min(each) * 1e3 for each in zip(*pairs, strict=True)]
            more = median(ours - other for other, ours in pairs) * 1e3
            out.print(
                f"{picture.name}: other commit {first:.1f} ms (least {least[0]:.1f}), this one {second:.1f} ms"
                f" (least {least[1]:.1f}); median difference of a pair {more:+.1f} ms"
            )


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Keep this thread, and the processes and threads that it starts, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cores(rounds: int) -> None:
    """One core and two, by turns: the server with its workers, and its clients beside them."""
    data = original("P001", "amateur_selfie", "selfie").data
    [first, second, *_] = sorted(os.sched_getaffinity(0))
    places = ({first}, {first, second})
    with ExitStack() as stack:
        servers = []
        for place in places:
            with on(place):
                servers.append(stack.enter_context(running(WORK__CPU_PLACES=str(len(place)))))
        rates: list[list[float]] = [[], []]
        for _ in range(rounds):
            for place, server, reached in zip(places, servers, rates, strict=True):
                with on(place):
                    reached.append(rate(server.client, data, 16, 4))
        ratios = [two / one for one, two in zip(*rates, strict=True)]
        out.print(
            f"two cores over one: x {median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}); "
            f"{median(rates[1]):.1f} requests a second"
        )


def looking(core: int, rounds: int) -> float:
    """Seconds for so many detections in this process, on one core: no server, no request."""
    os.sched_setaffinity(0, {core})
    store = ModelStore(default_directory())
    analyzer = Analyzer.load(store, 1, Recognizers(store, Catalogue.read(store.directory)))
    data = original("P001", "amateur_selfie", "selfie").data
    start = 0.0
    for number in range(rounds + 3):
        if number == 3:
            start = time.perf_counter()
        with analyzer.decode(data) as picture:
            analyzer.describe(picture, analyzer.find(picture), Traits(pose=True, mask=True))
    return time.perf_counter() - start


def floor_of_cores(rounds: int) -> None:
    """What two cores of this machine are worth to processes that have nothing in common."""
    first, second, *_ = sorted(os.sched_getaffinity(0))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        alone = [processes.submit(looking, core, rounds).result() for core in (first, second)]
        together = [
            each.result() for each in [processes.submit(looking, core, rounds) for core in (first, second)]
        ]
    worth = sum(one / two for one, two in zip(alone, together, strict=True))
    out.print(f"two processes that only look at pictures, a core each: x {worth:.2f}")


def main_process(rounds: int) -> None:
    """With workers that answer at once."""
    data = resized("P001", "amateur_selfie", 640, "small selfie").data
    with running("benchmarks.answering", WORK__CPU_PLACES="4") as server:
        rate(server.client, data, 50, 4)
        best, least = 0.0, 1.0
        for _ in range(rounds):
            before = server.own_seconds()
            reached = rate(server.client, data, 300, 8)
            best, least = max(best, reached), min(least, (server.own_seconds() - before) / 300)
        out.print(
            f"main process alone, a picture of {len(data) // 1000} kB: {least * 1e3:.2f} ms of its own time each,"
            f" so {1 / least:.0f} a second of one core; reached beside its client: {best:.0f} a second"
        )


def memory() -> None:
    """Of a server with two workers."""
    selfie, sheet = original("P001", "amateur_selfie", "").data, original("P001", "emotions_sheet", "").data
    with running(WORK__CPU_PLACES="2") as server:
        reached = [server.megabytes()]
        for data in (selfie, sheet):
            rate(server.client, data, 12, 4)
            reached.append(server.megabytes())
    start, selfies, sheets = reached
    out.print(
        f"memory of two workers: {start:.0f} MB at the start, {selfies:.0f} after selfies,"
        f" {sheets:.0f} after pictures of 16 faces"
    )


def neighbours() -> None:
    """The longest wait of an app beside three hostile pictures of another's."""
    data = original("P001", "amateur_selfie", "selfie").data
    hidden = many_scans(1_000, b"\xff\x01")
    with running(WORK__CPU_PLACES="2") as server, server.new_client("victim") as victim:
        detect(victim, data)
        with ThreadPoolExecutor(3) as threads:
            attacks = [threads.submit(rate, server.client, hidden, 5, 1) for _ in range(3)]
            waits = [detect(victim, data) for _ in range(10)]
            for attack in attacks:
                attack.result()
        out.print(
            f"beside three pictures with hidden scans, refused: longest wait of another app {max(waits):.2f} s"
        )


def main(
    *,
    beside: Annotated[Path | None, typer.Option(help="A checkout of another commit to compare with.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few rounds of each.")] = False,
) -> None:
    """Measure, and print a line for each."""
    out.print(f"{psutil.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if beside is not None:
        latency(beside, 10 if quick else 60)
    cores(3 if quick else 8)
    floor_of_cores(40 if quick else 150)
    main_process(3 if quick else 8)
    memory()
    neighbours()


if __name__ == "__main__":
    typer.run(main)
