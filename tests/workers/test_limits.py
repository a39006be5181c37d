"""A picture that takes too long, too much or its worker along costs one request; all others go on."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest

from harness.hostile import one_colour_jpeg
from tests.hostile.corpus import png_header, png_of
from tests.vision.pictures import png_chunk
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.pool.analyzer import PooledAnalyzer, RemotePicture
from visavis.vision.pool.workers import Replaced

from .conftest import OpenPool


def faces_of(analyzer: PooledAnalyzer, data: bytes) -> int:
    with analyzer.decode(data) as picture:
        return len(analyzer.find(picture))


def refusal_of(analyzer: PooledAnalyzer, data: bytes) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        faces_of(analyzer, data)
    return caught.value


def send(number: signal.Signals, picture: RemotePicture) -> None:
    """A signal to the worker that holds the picture."""
    assert picture.lease._worker is not None
    os.kill(picture.lease._worker.process, number)


def wait_for_death(process: int) -> None:
    """Of a process whose parent may not have noticed yet."""
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def test_a_picture_that_takes_too_long_is_refused_and_its_worker_ended(
    open_pool: OpenPool, stranger: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with open_pool(seconds=0.02) as analyzer:
        [worker] = analyzer.pool._idle
        refusal = refusal_of(analyzer, one_colour_jpeg(7_000, 7_000, progressive=True))
        assert refusal.code is ErrorCode.BROKEN_IMAGE
        assert refusal.detail == "The image takes longer than 0.02 seconds to process."
        with pytest.raises(ProcessLookupError):
            os.kill(worker.process, 0)
        assert analyzer.pool.replaced == {Replaced.TIME: 1}
        assert "A worker was replaced (time)." in caplog.messages
        analyzer.pool.limits = type(analyzer.pool.limits)(workers=1, seconds=60, pictures=1000)
        assert faces_of(analyzer, stranger) == 1


def test_the_others_go_on_meanwhile(open_pool: OpenPool, stranger: bytes) -> None:
    """One worker is stopped in the midst of its picture, as if it would never end."""
    with open_pool(workers=2, seconds=2.0) as analyzer:
        looking, refused = threading.Event(), threading.Event()

        def slow() -> None:
            with analyzer.decode(stranger) as picture:
                send(signal.SIGSTOP, picture)
                looking.set()
                with pytest.raises(ServiceError):
                    analyzer.find(picture)
            refused.set()

        with ThreadPoolExecutor(1) as threads:
            future = threads.submit(slow)
            assert looking.wait(60)
            for _ in range(3):
                assert faces_of(analyzer, stranger) == 1
            future.result()
        assert refused.is_set()
        assert analyzer.pool.replaced[Replaced.TIME] == 1


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_worker_that_dies_costs_one_request(
    open_pool: OpenPool, stranger: bytes, number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    with open_pool() as analyzer:
        with analyzer.decode(stranger) as picture:
            send(number, picture)
            with pytest.raises(ServiceError) as caught:
                analyzer.find(picture)
        assert (caught.value.code, caught.value.detail) == (
            ErrorCode.BROKEN_IMAGE,
            "The image crashed its decoder.",
        )
        assert f"A worker was replaced (crash): {signal.strsignal(number)}." in caplog.messages
        assert faces_of(analyzer, stranger) == 1
        assert analyzer.pool.replaced == {Replaced.CRASH: 1}


def test_a_worker_that_dies_idly_costs_no_request(open_pool: OpenPool, stranger: bytes) -> None:
    with open_pool(workers=2) as analyzer:
        for worker in analyzer.pool._idle:
            os.kill(worker.process, signal.SIGKILL)
            wait_for_death(worker.process)
        assert [faces_of(analyzer, stranger) for _ in range(3)] == [1, 1, 1]
        assert analyzer.pool.replaced.keys() == {Replaced.IDLE}


def test_the_process_that_forks_can_die_and_is_started_again(open_pool: OpenPool, stranger: bytes) -> None:
    with open_pool() as analyzer:
        [worker] = analyzer.pool._idle
        os.kill(psutil.Process(worker.process).ppid(), signal.SIGKILL)
        wait_for_death(worker.process)
        assert faces_of(analyzer, stranger) == 1


@pytest.mark.parametrize("megabytes", [1, 30])
def test_a_picture_that_takes_too_much_memory_is_refused(
    open_pool: OpenPool, stranger: bytes, megabytes: int
) -> None:
    with open_pool(memory_bytes=megabytes * 1_000_000) as analyzer:
        pixels = zlib.compress(bytes(1 + 3 * 6_000) * 6_000, 9)
        refusal = refusal_of(analyzer, png_of(png_header(6_000, 6_000), png_chunk(b"IDAT", pixels)))
        assert refusal.code is ErrorCode.BROKEN_IMAGE
        if megabytes > 1:
            assert faces_of(analyzer, stranger) == 1


def test_after_so_many_pictures_a_worker_is_fresh(
    open_pool: OpenPool, stranger: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with open_pool(pictures=3) as analyzer:
        assert [faces_of(analyzer, stranger) for _ in range(7)] == [1] * 7
        assert analyzer.pool.replaced == {Replaced.AGE: 2}


def test_broken_pictures_cost_no_worker(open_pool: OpenPool, stranger: bytes) -> None:
    with open_pool() as analyzer:
        cut = png_of(png_header(500, 500), png_chunk(b"IDAT", b"no zlib"))
        for data in (cut, stranger[:5000], b"\xff\xd8\xff", b""):
            refusal_of(analyzer, data)
        assert not analyzer.pool.replaced


def test_slots_come_back_whatever_happens(open_pool: OpenPool, stranger: bytes) -> None:
    with open_pool(workers=2) as analyzer:
        for _ in range(5):
            with pytest.raises(RuntimeError), analyzer.decode(stranger):
                raise RuntimeError
        assert (analyzer.pool.slots.busy, analyzer.pool.slots.waiting) == (0, 0)
        assert len(analyzer.pool._idle) == 2


def test_closing_ends_all_processes(open_pool: OpenPool) -> None:
    with open_pool(workers=2) as analyzer:
        processes = [worker.process for worker in analyzer.pool._idle]
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
