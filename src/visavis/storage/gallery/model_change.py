"""Converts the templates of a group from one recognition model to another, within a transaction of the caller.

The group's key stays, since fingerprints of imported pictures depend on it. Templates are bound to the model, so
an old template does not open after the change (docs/decisions/0042).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import sleep
from typing import NoReturn, TypeAlias

from sqlalchemy import Connection

from visavis.errors import GroupMoved
from visavis.storage.gallery import deletion_rows, face_rows, group_rows
from visavis.storage.gallery.group_rows import GroupState
from visavis.storage.keys.cipher import GroupCipher, binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import SEAL_BYTES, Total, no_total, sum_of
from visavis.storage.proof.records import Proofs
from visavis.types import Embedding, Group

Conversion: TypeAlias = Callable[[Embedding], Embedding]
"""Converts embeddings of one recognition model, shape (n, d), to embeddings of another."""

Conversions: TypeAlias = Callable[[str, str], Conversion]
"""Finds the conversion from one model to another, by their names. Raises ServiceError if there is none."""

_AT_ONCE = 250
_PAUSE_S = 1e-5
"""Decrypting and encrypting hold the interpreter's lock. Other threads run after each 250 faces, some ms."""


def no_conversions(_old: str, _new: str) -> NoReturn:
    """Conversions for a storage without models. Raises GroupMoved, so the caller embeds the face again."""
    raise GroupMoved


def move_group(
    connection: Connection,
    keys: KeyRing,
    group: Group,
    state: GroupState,
    model: str,
    convert: Conversion,
    progress: Callable[[int], None],
) -> Group:
    """Give a locked group another model and convert its templates. Indexes of the group have to start over.

    `progress` is called with the number of faces converted since its last call.
    """
    old_binding, new_binding = binding_of(group, state.model), binding_of(group, model)
    wrapped_key = keys.rebound(state.wrapped_key, old_binding, model)
    old, new = keys.group_cipher(state.wrapped_key, old_binding), keys.group_cipher(wrapped_key, new_binding)
    before, after = _convert_templates(connection, keys.proofs, group.id, old, new, convert, progress)
    if (before != state.faces).any():
        raise altered(f"The set of faces of the group {group.name!r}")
    version = state.version + 1
    moved = replace(state, version=version, floor=version, faces=after)
    group_rows.set_group_state(connection, keys.proofs, group.id, moved)
    deletion_rows.clear(connection, group.id)
    return group_rows.set_model(connection, keys.proofs, group.id, model, wrapped_key)


def _convert_templates(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    old: GroupCipher,
    new: GroupCipher,
    convert: Conversion,
    progress: Callable[[int], None],
) -> tuple[Total, Total]:
    """Replace the templates; what the faces were worth in the set of the group, and are now."""
    done, before, after = 0, no_total(), no_total()
    while batch := face_rows.some_templates_after(connection, group_key, done, _AT_ONCE):
        sequences, face_ids, templates, tags = zip(*batch, strict=True)
        embeddings = old.open_all(list(zip(face_ids, templates, strict=True)))
        converted = convert(embeddings)
        sealed = [new.seal(face_id, row) for face_id, row in zip(face_ids, converted, strict=True)]
        embeddings.fill(0)
        converted.fill(0)
        face_rows.replace_templates(connection, group_key, sequences, sealed)
        before, after = (
            total
            + sum_of(
                face_rows.elements_of(proofs, group_key, sequences, tags, [each[-SEAL_BYTES:] for each in these])
            )
            for total, these in ((before, templates), (after, sealed))
        )
        done = sequences[-1]
        progress(len(batch))
        sleep(_PAUSE_S)
    return before, after
