"""The asynchronous client carries out several calls at once. All else it is tested for beside the other client."""

from __future__ import annotations

import asyncio

from harness.servers import Keys, Server
from tests.conftest import OpenPeoplePicture
from visavis_client import AsyncClient


def test_people_are_registered_side_by_side(
    server: Server, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    people = {name: openpeople_picture(name, "studio_portrait") for name in ("P003", "P004")}

    async def registered() -> set[str | None]:
        async with AsyncClient(server.url, keys.appKey, keys.secretKey) as client:
            await client.create_group("staff")
            await asyncio.gather(
                *(client.register("staff", people[name], external_image_id=name) for name in people)
            )
            return {face.external_image_id async for face in client.faces("staff")}

    assert asyncio.run(registered()) == set(people)
