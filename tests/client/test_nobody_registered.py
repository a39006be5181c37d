"""A registration that registered nobody is an error, unless the caller says otherwise."""

from __future__ import annotations

import pytest

from tests.contract import pictures
from visavis_client import Client, NoFaceAdded, VisavisError


def test_a_picture_without_a_face_raises(client: Client) -> None:
    client.create_group("staff")
    with pytest.raises(NoFaceAdded, match="no face was found in the picture") as caught:
        client.register("staff", pictures.blank())
    assert isinstance(caught.value, VisavisError)
    assert caught.value.registration.added == ()
    assert client.group("staff").face_count == 0


def test_a_caller_may_ask_for_the_empty_answer_instead(client: Client) -> None:
    client.create_group("staff")
    registration = client.register("staff", pictures.blank(), require_face=False)
    assert (registration.added, registration.not_added) == ((), ())


def test_one_face_that_was_added_is_enough(client: Client) -> None:
    client.create_group("staff")
    assert len(client.register("staff", pictures.pair(1, 2), limit=1).added) == 1
