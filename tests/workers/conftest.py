"""Workers as a server has them, without the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, TypeAlias

import pytest

from visavis.vision.catalogue import Catalogue
from visavis.vision.models import SFACE_2
from visavis.vision.pool.analyzer import PooledAnalyzer
from visavis.vision.pool.fork_server import ForkServer, WorkerPlan
from visavis.vision.pool.workers import PoolLimits, WorkerPool
from visavis.vision.store import ModelStore

OpenPool: TypeAlias = Callable[..., AbstractContextManager[PooledAnalyzer]]


@pytest.fixture(scope="session")
def open_pool(model_store: ModelStore) -> OpenPool:
    """Opens workers with the model SFACE_2; arguments are those of PoolLimits and of WorkerPlan."""

    @contextmanager
    def opened(
        workers: int = 1, seconds: float = 60.0, pictures: int = 1000, **plan: Any
    ) -> Iterator[PooledAnalyzer]:
        server = ForkServer(WorkerPlan(model_store.directory, SFACE_2.name, **plan))
        pool = WorkerPool(server, PoolLimits(workers, seconds, pictures))
        with closing(PooledAnalyzer(pool, Catalogue.read(model_store.directory).cards)) as analyzer:
            yield analyzer

    return opened


@pytest.fixture(scope="session")
def pooled(open_pool: OpenPool) -> Iterator[PooledAnalyzer]:
    """Two workers that tests share; none of them may be hurt."""
    with open_pool(workers=2) as analyzer:
        yield analyzer
