"""A request's floor is made of what the request calls, and cannot be nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks.pictures import Picture, resized
from benchmarks.pipeline.bare import recorded
from benchmarks.pipeline.opencv import takes_looks, takes_views
from benchmarks.pipeline.processor import processor_seconds
from benchmarks.pipeline.product import OPERATIONS, Product, open_product
from visavis.vision.pool.channel import Bytes
from visavis.vision.pool.messages import Do
from visavis.vision.pool.workers import Lease
from visavis.vision.store import ModelStore
from visavis.vision.worker.serving import Answer

EMBEDS = {"detect": False, "register": True, "search": True}


@pytest.fixture(scope="module")
def product(model_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A server whose group has the picture."""
    with open_product(str(tmp_path_factory.mktemp("pipeline")), cpu_places=1) as opened:
        opened.request("register", small())()
        yield opened


def small() -> Picture:
    return resized("P001", "amateur_selfie", 320, "small selfie")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_floor_has_the_decodes_the_detection_and_the_embeddings_of_its_request(
    product: Product, operation: str
) -> None:
    recording = recorded(product.request_here(operation, small()))
    assert recording.decodes
    assert recording.pixels
    assert any(takes_looks(batch) for batch in recording.inputs)
    assert any(takes_views(batch) for batch in recording.inputs) is EMBEDS[operation]
    assert len(recording.networks) == len(recording.inputs)


def test_a_request_whose_work_is_done_elsewhere_has_no_floor(product: Product) -> None:
    with pytest.raises(RuntimeError, match="no decode, no run of a network, no pixel work"):
        recorded(product.request("search", small()))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_recorded_is_what_a_worker_is_asked_for(product: Product, operation: str) -> None:
    there, here = asked_of_worker(product, operation), asked_here(product, operation)
    assert [each["do"] for each in there[:2]] == [Do.DECODE, Do.FIND]
    assert here == there


@pytest.mark.parametrize("operation", ["detect", "search"])
def test_this_process_answers_as_a_worker_does(product: Product, operation: str) -> None:
    there, here = (ask(operation, small())() for ask in (product.request, product.request_here))
    assert rounded(here) == rounded(there)


def test_a_recording_keeps_the_pixels_that_a_worker_would_overwrite(product: Product) -> None:
    recording = recorded(product.request_here("detect", small()))
    assert all(np.asarray(call()).astype(bool).any() for call in recording.pixels)


def test_processor_time_of_other_processes_counts() -> None:
    """The child spends a tenth of a second of it while this process waits."""
    program = (
        "import time; input(); start = time.process_time()\n"
        "while time.process_time() < start + 0.1: pass\n"
        "print(flush=True); input()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own
        assert child.stdin
        assert child.stdout
        stdin, stdout = child.stdin, child.stdout

        def waits() -> None:
            stdin.write(b"\n")
            stdin.flush()
            stdout.readline()

        assert processor_seconds(waits) > 0.09


def asked_here(product: Product, operation: str) -> list[dict[str, object]]:
    """The contents of the messages that this process answers."""
    contents = []

    def answer(content: dict[str, Any], data: bytearray) -> Answer:
        contents.append(content)
        return product.desk.answer(content, data)

    product.request_here(operation, small(), answer)()
    return contents


def asked_of_worker(product: Product, operation: str) -> list[dict[str, object]]:
    """The contents of the messages that a worker answers, but for the last, which overwrites the picture."""
    contents, ask = [], Lease.ask

    def noted(
        lease: Lease, content: Mapping[str, object], data: Bytes = b""
    ) -> tuple[dict[str, object], bytearray]:
        contents.append(dict(content))
        return ask(lease, content, data)

    with patch.object(Lease, "ask", noted):
        product.request(operation, small())()
    assert contents[-1] == {"do": Do.CLEAR}
    return contents[:-1]


def rounded(answer: bytes) -> object:
    """An answer but for the last digits of its numbers, which differ where memory is aligned differently."""
    return json.loads(answer, parse_float=lambda digits: round(float(digits), 3))
