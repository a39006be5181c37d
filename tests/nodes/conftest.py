"""A cluster that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from harness.postgres import Postgres
from harness.servers import Keys
from tests.nodes.cluster import Cluster, running_cluster


@pytest.fixture(scope="module")
def cluster(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), postgres) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def keys(cluster: Cluster) -> Keys:
    return cluster.create_app("app")


@pytest.fixture
def clients(cluster: Cluster, keys: Keys) -> Iterator[list[httpx.Client]]:
    """One for each node, in the order of their names."""
    made = [node.v2(keys) for node in cluster.nodes.values()]
    yield made
    for client in made:
        client.close()
