"""The way out to receivers of webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.receiver import running_receiver
from tests.fakes.webhooks import FakeSender
from visavis.core.ports import WebhookSender
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedWebhookSender, networks
from visavis.webhooks import Reply


@dataclass(frozen=True)
class Way:
    """A sender, a receiver that it may reach, a URL that nobody is at, and one that it must not reach."""

    sender: WebhookSender
    receiver: str
    answer: Callable[[int], None]
    """Sets the status that the receiver answers from now on."""
    nobody: str
    forbidden: str = "http://10.0.0.1/"


@pytest.fixture(params=["fake", "real"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    if request.param == "real":
        with running_receiver() as there:

            def set_status(status: int) -> None:
                there.status = status

            yield Way(GuardedWebhookSender(networks("127.0.0.0/8")), there.url, set_status, "http://127.0.0.1:1/")
        return
    statuses: list[int] = []

    def reply(url: str) -> Reply:
        if url == "https://gate.example/":
            return Reply(statuses[-1], f"HTTP status {statuses[-1]}.")
        return Reply(None, "The host of the webhook's URL cannot be reached.")

    yield Way(FakeSender(reply), "https://gate.example/", statuses.append, "https://nobody.example/")


@pytest.mark.parametrize(("status", "is_success"), [(204, True), (302, False), (410, False), (500, False)])
def test_what_a_receiver_answers_is_told_and_no_error_is_raised(
    way: Way, status: int, *, is_success: bool
) -> None:
    way.answer(status)
    reply = way.sender.post(way.receiver, b"{}", {"webhook-id": "1"})
    assert (reply.status, reply.is_success) == (status, is_success)
    assert reply.detail.startswith(f"HTTP status {status}")


@pytest.mark.parametrize("url", ["nobody", "forbidden"])
def test_where_nothing_comes_back_there_is_no_status_but_a_sentence(way: Way, url: str) -> None:
    reply = way.sender.post(getattr(way, url), b"{}", {})
    assert (reply.status, reply.is_success) == (None, False)
    assert reply.detail.endswith(".")


def test_a_url_is_refused_where_nothing_may_be_sent(way: Way) -> None:
    way.sender.require_allowed(way.receiver)
    with pytest.raises(ServiceError) as caught:
        way.sender.require_allowed(way.forbidden)
    assert (caught.value.code, caught.value.subject) == (ErrorCode.INVALID_PARAMETER, "url")
