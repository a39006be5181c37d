"""Core's sessions on real storage, with a clock of the test's own."""

from __future__ import annotations

from datetime import timedelta

from visavis.core.ports import Clock
from visavis.core.second_factor import SecondFactors
from visavis.core.sessions import Client, Sessions
from visavis.core.sign_in_tokens import SignInTokens
from visavis.storage.store import Storage

HERE = Client("192.0.2.1", "a browser")


def sessions_of(storage: Storage, clock: Clock, idle: timedelta = timedelta(hours=1)) -> Sessions:
    return Sessions(
        storage.accounts,
        clock,
        SecondFactors(storage.second_factors, clock),
        SignInTokens(storage.sign_in_key, clock),
        idle=idle,
        lifetime=timedelta(hours=2),
        proof_lasts=timedelta(minutes=10),
    )
