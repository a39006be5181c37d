"""A next-token works where it was issued, and nowhere else (contract.md 7)."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import ErrorCode, ServiceError
from visavis.web.page_tokens import PageTokens

TOKENS = PageTokens(b"k" * 32, max_age_seconds=3600)
STATE = {"query": {"limit": 2}, "after": "group-b", "group": None}

states = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=40), max_size=4)


def refused(tokens: PageTokens, scope: str, token: str) -> bool:
    try:
        tokens.read(scope, token)
    except ServiceError as error:
        return error.code is ErrorCode.INVALID_TOKEN
    return False


@given(state=states, scope=st.text(max_size=30))
def test_a_token_gives_back_the_state_it_was_issued_with(state: dict[str, object], scope: str) -> None:
    assert TOKENS.read(scope, TOKENS.issue(scope, state)) == state


@given(state=states, scope=st.text(max_size=30), other=st.text(max_size=30))
def test_a_token_of_one_scope_is_refused_in_another(state: dict[str, object], scope: str, other: str) -> None:
    if scope != other:
        assert refused(TOKENS, other, TOKENS.issue(scope, state))


def test_a_token_with_any_one_character_changed_is_refused() -> None:
    token = TOKENS.issue("groups/1", STATE)
    alphabet = string.ascii_letters + string.digits + "-_.=+/ "
    changed = (
        token[:position] + character + token[position + 1 :]
        for position in range(len(token))
        for character in alphabet
        if character != token[position]
    )
    assert all(refused(TOKENS, "groups/1", wrong) for wrong in changed)


def test_a_token_with_a_character_put_in_or_taken_out_is_refused() -> None:
    token = TOKENS.issue("groups/1", STATE)
    for position in range(len(token) + 1):
        assert refused(TOKENS, "groups/1", token[:position] + token[position + 1 :] + "!")
        for character in "A=.! \n":
            assert refused(TOKENS, "groups/1", token[:position] + character + token[position:])


@given(st.text())
def test_text_that_is_no_token_is_refused(text: str) -> None:
    assert refused(TOKENS, "groups/1", text)


def test_a_token_signed_with_another_key_is_refused() -> None:
    assert refused(TOKENS, "groups/1", PageTokens(b"x" * 32, 3600).issue("groups/1", STATE))


def test_a_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = TOKENS.issue("groups/1", STATE)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3602)
    assert refused(TOKENS, "groups/1", token)
