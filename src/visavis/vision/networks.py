"""Loads networks from files of a model store, and edits them if that was not done before."""

from __future__ import annotations

from visavis.errors import SetupError
from visavis.vision.models import ModelCard
from visavis.vision.prepared import Edits, PreparedNetwork, keep_prepared, read_prepared
from visavis.vision.store import ModelStore


def network(store: ModelStore, card: ModelCard, edits: Edits) -> PreparedNetwork:
    """The network that the card's file becomes by these edits; the file is verified as `store.load` does.

    Raises SetupError as that does, and if the file is no network.
    """
    file = store.load(card)
    path = edits.path(store.directory, card.sha256)
    kept = read_prepared(path)
    if kept is not None:
        return kept
    edited = applied(edits, file)
    if store.keeps_prepared:
        try:
            keep_prepared(path, edited)
        except OSError as error:
            raise SetupError(f"{path} cannot be written ({error.strerror})") from error
    return edited


def applied(edits: Edits, file: bytes) -> PreparedNetwork:
    """The network that a file becomes. Raises SetupError if it is no such file."""
    from visavis.vision.editing import edited  # noqa: PLC0415 - ONNX takes its time and is rarely needed
    from visavis.vision.minifas import minifas_network  # noqa: PLC0415
    from visavis.vision.yunet import joined_heads  # noqa: PLC0415

    rewrites = {"minifas": minifas_network, "yunet": joined_heads}
    rewritten = rewrites[edits.family](file) if edits.family else file
    return PreparedNetwork(edited(rewritten, edits.dynamic_axes, takes_pixels=edits.takes_pixels))
