"""Several real servers on one PostgreSQL behind the nginx that deploy/ shows."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from harness.postgres import Postgres
from harness.servers import Keys, Server, create_app, free_port, running_server

DEPLOY = Path(__file__).parents[2] / "deploy"
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
NODES = ("node-a", "node-b", "node-c")


@dataclass
class Cluster:
    """Nodes that can be killed and started again; `app` keeps being one and the same."""

    folder: Path
    settings: dict[str, str]
    nodes: dict[str, Server] = field(default_factory=dict)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)

    def start(self, name: str, settings: dict[str, str] | None = None) -> Server:
        """Start a node, on the port that it had if it ran before."""
        stack = ExitStack()
        port = self.nodes[name].port if name in self.nodes else None
        server = stack.enter_context(
            running_server(self.folder / name, self.settings | (settings or {}), port=port)
        )
        self.nodes[name], self._stacks[name] = server, stack
        return server

    def kill(self, name: str) -> None:
        """No time to say goodbye."""
        self.nodes[name].process.kill()
        self._stacks.pop(name).close()

    def stop(self) -> None:
        for stack in self._stacks.values():
            stack.close()

    def create_app(self, name: str) -> Keys:
        """By the command that an operator would type on any machine that reaches the database."""
        return create_app(self.folder / "operator", name, self.settings)


@contextmanager
def running_cluster(folder: Path, postgres: Postgres, names: tuple[str, ...] = NODES) -> Iterator[Cluster]:
    """One node for each name, on a new database and with one master key."""
    settings = {
        "DATABASE_URL": postgres.new_database(),
        "MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    cluster = Cluster(folder, settings)
    for name in names:
        (folder / name).mkdir()
    try:
        for name in names:
            cluster.start(name)
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def running_nginx(folder: Path, cluster: Cluster) -> Iterator[str]:
    """deploy/nginx.conf with this machine's ports in it; yields its URL."""
    port, config = free_port(), (DEPLOY / "nginx.conf").read_text()
    first, second, *others = (f"127.0.0.1:{node.port}" for node in cluster.nodes.values())
    for printed, ours in {
        "node-a:8000": first,
        "node-b:8000": second,
        "listen 8000": f"listen 127.0.0.1:{port}",
        "/tmp/nginx.pid": str(folder / "nginx.pid"),  # noqa: S108 - as printed
        "/dev/stdout": str(folder / "nginx.log"),
        "keepalive 64;": "\n".join(
            [*(f"server {other} max_fails=2 fail_timeout=5s;" for other in others), "keepalive 64;"]
        ),
    }.items():
        assert printed in config
        config = config.replace(printed, ours)
    (folder / "nginx.conf").write_text(config)
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "these tests need nginx: apt install nginx-light"
    places = ["-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]
    with running_proxy([program, *places, "-g", "daemon off;"], port, folder / "error.log") as url:
        yield url


@contextmanager
def running_haproxy(folder: Path, cluster: Cluster) -> Iterator[str]:
    """deploy/haproxy.cfg with this machine's ports in it; yields its URL."""
    port, config = free_port(), (DEPLOY / "haproxy.cfg").read_text()
    replaced = {f"{name}:8000": f"127.0.0.1:{node.port}" for name, node in cluster.nodes.items()}
    for printed, ours in {"bind :8000": f"bind 127.0.0.1:{port}", **replaced}.items():
        assert printed in config
        config = config.replace(printed, ours)
    (folder / "haproxy.cfg").write_text(config)
    assert HAPROXY is not None
    with running_proxy([HAPROXY, "-db", "-f", str(folder / "haproxy.cfg")], port, folder / "haproxy.log") as url:
        yield url


@contextmanager
def running_proxy(command: list[str], port: int, log: Path) -> Iterator[str]:
    """A proxy that listens on this port of this machine, once it answers; what it says goes into the log."""
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - a proxy that was found
    try:
        while process.poll() is None:
            try:
                httpx.get(f"{url}/livez", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        assert process.poll() is None, log.read_text()
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)
