"""The asynchronous client does what the other one does."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from harness.servers import Keys, Server
from tests.conftest import OpenPeoplePicture
from visavis_client import AsyncClient, Client, GroupNotFound

METHODS = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_both_clients_take_the_same_arguments(name: str) -> None:
    assert inspect.signature(getattr(Client, name)).parameters == (
        inspect.signature(getattr(AsyncClient, name)).parameters
    )
    assert getattr(Client, name).__doc__ == getattr(AsyncClient, name).__doc__


def test_a_person_is_registered_and_found(
    server: Server, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    async def story() -> None:
        async with AsyncClient(server.url, keys.appKey, keys.secretKey) as client:
            await client.create_group("staff")
            people = ("P003", "P004")
            await asyncio.gather(
                *(
                    client.register("staff", openpeople_picture(name, "studio_portrait"), external_image_id=name)
                    for name in people
                )
            )
            assert {face.external_image_id async for face in client.faces("staff")} == set(people)
            result = await client.search("staff", openpeople_picture("P003", "amateur_selfie"))
            assert result.matches[0].face.external_image_id == "P003"
            assert [group async for group in client.groups()] == ["staff"]
            with pytest.raises(GroupNotFound):
                await client.group("nobody")

    asyncio.run(story())
