"""The image of deploy/Dockerfile is built and run, on a base that is made of Debian packages.

No registry is asked. The base has what Dockerfile expects of one: Python, venv, certificates.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.install.conftest import ROOT, elsewhere, serving
from tests.install.test_wheel import recognises
from visavis.vision.store import ModelStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, ("buildah", "debootstrap"))),
        reason="needs root, and buildah and debootstrap of Debian",
    ),
]
BASE = "localhost/visavis-base"
IMAGE = "localhost/visavis"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
USER = 10001


class Buildah:
    """Buildah with a store of its own, and no more isolation than a change of root."""

    def __init__(self, folder: Path) -> None:
        self.words = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]
        self.environment = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

    def __call__(self, *arguments: str | Path) -> str:
        command: Sequence[str | Path] = [*self.words, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout.strip()


def release_and_mirror() -> list[str]:
    """The release of Debian on this machine, and where apt has its packages from."""
    targets = [
        "apt-get",
        "indextargets",
        "--format",
        "$(CODENAME) $(REPO_URI)",
        "Origin: Debian",
        "Component: main",
    ]
    listed = subprocess.run(targets, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    return next(line.split() for line in listed.splitlines() if "-" not in line.split()[0])


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """With the image in its store."""
    folder = tmp_path_factory.mktemp("image")
    buildah = Buildah(folder)
    make = ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
    release, mirror = release_and_mirror()
    subprocess.run([*make, release, str(folder / "base"), mirror], check=True, capture_output=True)  # noqa: S603 - ours
    (folder / "base" / "usr" / "bin" / "python").symlink_to("python3")
    shutil.copy(CERTIFICATES, folder / "base" / CERTIFICATES[1:])  # as this machine trusts them
    base = buildah("from", "scratch")
    buildah("add", "-q", base, folder / "base", "/")
    for name in ("PIP_CERT", "NODE_EXTRA_CA_CERTS"):
        buildah("config", "--env", f"{name}={CERTIFICATES}", base)
    buildah("commit", "-q", "--rm", base, BASE)
    file = ROOT / "deploy" / "Dockerfile"
    buildah("bud", "-q", "--format", "docker", "-f", file, "--build-arg", f"BASE={BASE}", "-t", IMAGE, ROOT)
    yield buildah
    for container in buildah("containers", "-q").split():
        buildah("rm", container)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def configuration(buildah: Buildah) -> dict[str, object]:
    described = json.loads(buildah("inspect", "--type", "image", IMAGE))
    return dict(described["Docker"]["config"])


def test_the_image_says_how_it_is_run(configuration: dict[str, object]) -> None:
    assert configuration["User"] == f"{USER}:{USER}"
    assert configuration["Entrypoint"] == ["visavis"]
    assert configuration["Cmd"] == ["serve"]
    assert configuration["Volumes"] == {"/data": {}}
    assert configuration["ExposedPorts"] == {"8000/tcp": {}}
    assert "Healthcheck" in configuration


def test_the_image_recognises_people_as_a_user_without_rights(
    buildah: Buildah, configuration: dict[str, object], tmp_path: Path, model_store: ModelStore
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    container = buildah("from", IMAGE)
    inside = [*buildah.words, "run", container, "--", "visavis"]
    # Without a network of its own the server listens on this machine, so it is told not to on all addresses.
    environment = elsewhere(tmp_path, model_store) | buildah.environment | {"BUILDAH_ISOLATION": "chroot"}
    buildah("config", "--env", "VISAVIS_HOST=127.0.0.1", container)
    with serving(inside, folder, environment) as server:
        recognises(server)
        check = configuration["Healthcheck"]
        assert isinstance(check, dict)
        assert check["Test"][0] == "CMD"
        buildah("run", "--env", f"VISAVIS_PORT={server.client.base_url.port}", container, "--", *check["Test"][1:])
    kept = [line.split() for line in buildah("run", container, "--", "ls", "-ln", "/data").splitlines()[1:]]
    assert {line[-1] for line in kept} >= {"visavis.db", "master.key"}
    assert {line[2] for line in kept} == {str(USER)}
