"""Loads the networks once, and forks workers that share their memory."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket

from visavis.errors import SetupError
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.pool.channel import Channel, ClosedError
from visavis.vision.pool.fork_server import CONTROL_DESCRIPTOR, WorkerPlan
from visavis.vision.pool.messages import MAX_ANSWER_BYTES, MAX_CONTENT, MAX_FILE_BYTES
from visavis.vision.pool.scrubbing import give_back_freed_memory
from visavis.vision.recognition import Recognizers
from visavis.vision.session import choose_provider
from visavis.vision.store import ModelStore
from visavis.vision.worker.serving import Networks, serve
from visavis.vision.worker.warming import warm_up


def main() -> None:
    """Do as the main process says, until it closes the channel."""
    end = socket.socket(fileno=int(os.environ[CONTROL_DESCRIPTOR]))
    end.set_inheritable(False)
    channel = Channel(end, most_content=MAX_CONTENT, most_bytes=MAX_ANSWER_BYTES)
    try:
        plan = WorkerPlan.read(channel.receive()[0])
        warnings = _Warnings()
        logging.getLogger().addHandler(warnings)
        try:
            server = _Server(channel, plan)
        except SetupError as error:
            channel.send({"refused": str(error)})
            return
        channel.send({"warnings": warnings.texts})
        server.run()
    except ClosedError:
        pass


def _loaded(plan: WorkerPlan, models: set[str]) -> Networks:
    store = ModelStore(plan.models_dir)
    recognizers = Recognizers(store, Catalogue.read(store.directory))
    for model in models:
        recognizers.load(model)
    analyzer = Analyzer.load(store, 1, recognizers)
    warm_up(analyzer, plan.model)
    gc.collect()
    give_back_freed_memory()
    return Networks(analyzer, recognizers, models)


class _Server:
    """The loop of the process that forks."""

    def __init__(self, channel: Channel, plan: WorkerPlan) -> None:
        """Raises SetupError if the provider or a network is missing."""
        choose_provider(plan.provider)
        self._channel = channel
        self._plan = plan
        self._models = {plan.model}
        # What holds a device does not survive a fork: then each worker loads its own.
        self._networks = _loaded(plan, self._models) if plan.provider == "cpu" else None
        self._workers: set[int] = set()

    def run(self) -> None:
        try:
            while True:
                content, _ = self._channel.receive()
                self._channel.send(self._answer(content))
        finally:
            for process in tuple(self._workers):
                self._end(process)

    def _answer(self, content: dict[str, object]) -> dict[str, object]:
        match content:
            case {"do": "fork"}:
                return {"process": self._fork()}
            case {"do": "end", "process": int(process)} if process in self._workers:
                return {"status": self._end(process)}
            case {"do": "load", "model": str(model)}:
                return self._load(model)
        return {"status": None}

    def _load(self, model: str) -> dict[str, object]:
        try:
            if self._networks is not None:
                self._networks.recognizers.load(model)
        except SetupError as error:
            return {"refused": str(error)}
        self._models.add(model)
        return {"loaded": model}

    def _fork(self) -> int:
        _, [descriptor], _, _ = socket.recv_fds(self._channel.socket, 1, 1)
        with socket.socket(fileno=descriptor) as end:
            gc.collect()
            gc.freeze()  # so that the collector of a worker writes to none of the pages that all share
            process = os.fork()
            if process == 0:
                self._become_a_worker(end)
            self._workers.add(process)
            return process

    def _become_a_worker(self, end: socket.socket) -> None:
        status = 1
        try:
            self._channel.close()
            channel = Channel(end, most_content=MAX_CONTENT, most_bytes=MAX_FILE_BYTES)
            try:
                networks = self._networks or _loaded(self._plan, self._models)
            except SetupError as error:
                channel.send({"refused": str(error)})
            else:
                serve(channel, networks, self._plan)
                status = 0
        finally:
            os._exit(status)  # what the other process would do at its end is not this one's to do

    def _end(self, process: int) -> int:
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        self._workers.remove(process)
        return status


class _Warnings(logging.Handler):
    """Collects log records, which the main process logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
