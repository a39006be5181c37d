"""What is sealed opens in its own place, unaltered, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.storage.faces import unit_rows
from visavis.errors import ErrorCode, ServiceError
from visavis.storage.keys.cipher import GroupBinding, GroupCipher, MasterKey
from visavis.storage.keys.providers import GivenKeys
from visavis.storage.keys.ring import KeyRing

MASTER = MasterKey(bytes(range(32)))
PLACE = GroupBinding(app_id=1, group_key=23, name="group", model="sface")
WRAPPED = MASTER.new_wrapped_key(PLACE.app_id, PLACE.name, PLACE.model)
RING = KeyRing(
    GivenKeys((bytes(range(32)),)),
    {MASTER.id: MASTER},
    MASTER.id,
    {"derivation": bytes(range(1, 33)), "credentials": bytes(range(2, 34))},
)
CIPHER = RING.group_cipher(WRAPPED, PLACE)
EMBEDDING = unit_rows(1)[0]
SEALED = CIPHER.seal("face", EMBEDDING)

numbers = st.integers(1, 1000)
words = st.text(max_size=20)


def _does_not_open(cipher: GroupCipher, face_id: str, template: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        cipher.open(face_id, template)
    assert caught.value.code is ErrorCode.INTERNAL


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 128, 512]), words)
def test_a_template_opens_to_the_very_same_floats(seed: int, width: int, face_id: str) -> None:
    embedding = unit_rows(1, width, seed)[0]
    opened = CIPHER.open(face_id, CIPHER.seal(face_id, embedding))
    assert opened.dtype == np.float32
    assert opened.tobytes() == embedding.tobytes()


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_a_template_with_any_bit_flipped_does_not_open(bit: int) -> None:
    altered = bytearray(SEALED)
    altered[bit // 8] ^= 1 << bit % 8
    _does_not_open(CIPHER, "face", bytes(altered))


@given(st.integers(0, len(SEALED) - 1))
def test_a_template_cut_short_does_not_open(length: int) -> None:
    _does_not_open(CIPHER, "face", SEALED[:length])


@given(words)
def test_a_template_does_not_open_for_another_face(face_id: str) -> None:
    assume(face_id != "face")
    _does_not_open(CIPHER, face_id, SEALED)


other_places = st.one_of(
    numbers.map(lambda number: replace(PLACE, app_id=number)),
    numbers.map(lambda number: replace(PLACE, group_key=number)),
    words.map(lambda word: replace(PLACE, model=word)),
).filter(lambda place: place != PLACE)


@given(other_places)
def test_a_template_does_not_open_in_another_place_even_under_the_same_key(place: GroupBinding) -> None:
    sealed = GroupCipher(bytes(32), PLACE).seal("face", EMBEDDING)
    GroupCipher(bytes(32), PLACE).open("face", sealed)
    _does_not_open(GroupCipher(bytes(32), place), "face", sealed)


def test_neighbouring_parts_of_a_place_do_not_run_together() -> None:
    sealed = GroupCipher(bytes(32), replace(PLACE, group_key=2, model="3x")).seal("face", EMBEDDING)
    _does_not_open(GroupCipher(bytes(32), replace(PLACE, group_key=23, model="x")), "face", sealed)


@given(
    st.one_of(
        numbers.map(lambda number: replace(PLACE, app_id=number)),
        words.map(lambda word: replace(PLACE, name=word)),
        words.map(lambda word: replace(PLACE, model=word)),
    ).filter(lambda place: place != PLACE)
)
def test_a_group_key_unwraps_only_for_its_app_name_and_model(place: GroupBinding) -> None:
    with pytest.raises(ServiceError, match="key of a group"):
        RING.group_cipher(WRAPPED, place)


@given(st.integers(0, len(WRAPPED) * 8 - 1))
def test_a_wrapped_key_with_any_bit_flipped_does_not_unwrap(bit: int) -> None:
    altered = bytearray(WRAPPED)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ServiceError, match="key of a group"):
        RING.group_cipher(bytes(altered), PLACE)


def test_another_master_key_unwraps_nothing() -> None:
    assert MasterKey(bytes(32)).try_group_cipher(WRAPPED, PLACE) is None


def test_the_same_face_is_sealed_differently_every_time() -> None:
    assert len({CIPHER.seal("face", EMBEDDING) for _ in range(100)}) == 100


def test_groups_have_keys_of_their_own() -> None:
    other = RING.group_cipher(MASTER.new_wrapped_key(PLACE.app_id, PLACE.name, PLACE.model), PLACE)
    _does_not_open(other, "face", SEALED)


def test_sub_keys_differ_by_purpose() -> None:
    assert len({MASTER.derive(purpose) for purpose in ("a", "b", "page tokens", "credentials")}) == 4


@given(st.text())
def test_a_credential_is_kept_as_a_keyed_hash(credential: str) -> None:
    kept = RING.hash_credential(credential)
    assert kept == RING.hash_credential(credential)
    assert kept != hmac.digest(bytes(32), credential.encode(), "sha256")
    assert kept != hashlib.sha256(credential.encode()).digest()
