"""The client for programs on an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import TypeVar

import httpx
from tenacity import AsyncRetrying

from visavis_client import answers, calls
from visavis_client.calls import Call
from visavis_client.connection import Connection, arguments
from visavis_client.errors import ConnectionFailed, NoFaceAdded
from visavis_client.images import Image
from visavis_client.options import Spoofing, report
from visavis_client.retry import policy
from visavis_client.scaling import scaling
from visavis_client.tokens import AccessKey

T = TypeVar("T")

_PAGE = 200


class AsyncClient:
    """A client of one app. Use it on one event loop.

    Every operation raises a subclass of `VisavisError`: one class for each result code of the API.
    """

    def __init__(  # noqa: PLR0913 - an option each
        self,
        base_url: str,
        app_key: str,
        secret_key: str | None = None,
        *,
        access_key: AccessKey | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        attempts: int = 4,
        scale_down: bool = False,
    ) -> None:
        """A `secret_key` is for v2.0, an `access_key` for v2.1, whose tokens are got and renewed as needed.

        `api_key` is for the vendor's Plus service and optional elsewhere. `timeout` is in seconds.

        A call is tried up to `attempts` times, if it certainly has not begun or may safely be repeated.
        `scale_down`: pictures of more than 3,000,000 bytes or 50 megapixels are sent as smaller JPEG files, which
        needs Pillow. Raises ValueError for a URL or a key that cannot be right.
        """
        connection = Connection(base_url, app_key, secret_key, api_key, timeout, access_key)
        self._http = httpx.AsyncClient(**connection.http_options())
        self._attempts = attempts
        self._picture = scaling(on=scale_down)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create_group(self, group_id: str) -> None:
        """Create a group. `group_id` has 1-255 of `a-z`, `0-9`, `-`.

        Raises InvalidGroupId, DuplicateGroup, QuotaExceeded.
        """
        await self._carry_out(calls.create_group(group_id))

    async def groups(self) -> AsyncIterator[str]:
        """The ids of all groups, ascending. Pages are requested as you iterate."""
        token = ""
        while True:
            page = await self._carry_out(calls.list_groups(_PAGE, token))
            for item in page.items:
                yield item
            token = page.next_token
            if not token:
                return

    async def group(self, group_id: str) -> answers.Group:
        """Details of a group. Raises GroupNotFound."""
        return await self._carry_out(calls.group(group_id))

    async def delete_group(self, group_id: str) -> None:
        """Delete the group and all its faces. Raises GroupNotFound."""
        await self._carry_out(calls.delete_group(group_id))

    async def detect(
        self, image: Image, *, orientation: bool = True, mask: bool = True, spoofing: Spoofing | None = None
    ) -> tuple[answers.Face, ...]:
        """The faces in a picture, largest first, 20 at most. Raises ImageError."""
        wanted = report(orientation=orientation, mask=mask, spoofing=spoofing)
        return await self._carry_out(calls.detect(self._picture(image), wanted))

    async def check_spoofing(
        self, image: Image, *, sensitivity: Spoofing = Spoofing.BALANCED, aligned: bool = False
    ) -> tuple[answers.Face, ...]:
        """The faces in a picture, each with its verdict. `aligned`: the picture is a face alone, 224 x 224.

        v2.1 has no such operation. Raises ImageError, InvalidImageSize.
        """
        return await self._carry_out(calls.spoofing(self._picture(image), sensitivity, aligned=aligned))

    async def register(  # noqa: PLR0913 - an option each
        self,
        group_id: str,
        image: Image,
        *,
        limit: int = 1,
        external_image_id: str | None = None,
        orientation: bool = True,
        mask: bool = True,
        spoofing: Spoofing | None = None,
        require_face: bool = True,
    ) -> answers.Registration:
        """Register the largest `limit` faces of a picture, 1-20.

        A face that is turned away, or for which there is no room, is not added. That is no error as long as one
        was, or with `require_face=False`. Raises NoFaceAdded, GroupNotFound, QuotaExceeded, ImageError.
        """
        wanted = report(orientation=orientation, mask=mask, spoofing=spoofing)
        call = calls.register(group_id, self._picture(image), limit, external_image_id, wanted)
        registration = await self._carry_out(call)
        if require_face and not registration.added:
            raise NoFaceAdded(registration)
        return registration

    async def faces(
        self,
        group_id: str,
        *,
        face_id: str | None = None,
        image_id: str | None = None,
        external_image_id: str | None = None,
    ) -> AsyncIterator[answers.StoredFace]:
        """The faces of a group that match all given filters, newest first. Pages are requested as you iterate.

        Raises GroupNotFound.
        """
        filters = {"face-id": face_id, "image-id": image_id, "external-image-id": external_image_id}
        token = ""
        while True:
            page = await self._carry_out(calls.list_faces(group_id, _PAGE, token, filters))
            for item in page.items:
                yield item
            token = page.next_token
            if not token:
                return

    async def delete_face(self, group_id: str, face_id: str) -> None:
        """Delete a face. Raises GroupNotFound, FaceNotFound."""
        await self._carry_out(calls.delete_face(group_id, face_id))

    async def search_by_face_id(
        self, group_id: str, face_id: str, *, limit: int = 10, threshold: int = 90
    ) -> answers.SearchResult:
        """The group's faces with a similarity of at least `threshold` (1-100) to a registered face, best first.

        Raises GroupNotFound, FaceNotFound.
        """
        return await self._carry_out(calls.search_by_face_id(group_id, face_id, limit, threshold))

    async def search(
        self,
        group_id: str,
        image: Image,
        *,
        limit: int = 10,
        threshold: int = 90,
        orientation: bool = True,
        mask: bool = True,
        spoofing: Spoofing | None = None,
    ) -> answers.SearchResult:
        """The group's faces with a similarity of at least `threshold` (1-100) to the largest face of a picture.

        Raises GroupNotFound, ImageError, InvalidParameter (no face in the picture).
        """
        wanted = report(orientation=orientation, mask=mask, spoofing=spoofing)
        return await self._carry_out(calls.search(group_id, self._picture(image), limit, threshold, wanted))

    async def compare(
        self,
        source: Image,
        target: Image,
        *,
        threshold: int = 90,
        orientation: bool = True,
        mask: bool = True,
        spoofing: Spoofing | None = None,
    ) -> answers.Comparison:
        """Compare the largest face of `source` with every face of `target`.

        Raises ImageError, InvalidParameter (no face in the source).
        """
        wanted = report(orientation=orientation, mask=mask, spoofing=spoofing)
        images = self._picture(source), self._picture(target)
        return await self._carry_out(calls.compare(*images, threshold, wanted))

    async def verify(
        self,
        group_id: str,
        face_id: str,
        image: Image,
        *,
        orientation: bool = True,
        mask: bool = True,
        spoofing: Spoofing | None = None,
    ) -> answers.Verification:
        """Compare a registered face with the largest face of a picture.

        Raises GroupNotFound, FaceNotFound, ImageError, InvalidParameter (no face in the picture).
        """
        wanted = report(orientation=orientation, mask=mask, spoofing=spoofing)
        return await self._carry_out(calls.verify(group_id, face_id, self._picture(image), wanted))

    async def _carry_out(self, call: Call[T]) -> T:
        """Send a call, repeated as far as that is safe. Raises ApiError, ConnectionFailed."""
        retrying = AsyncRetrying(**policy(self._attempts, repeatable=call.repeatable))
        answer: T = await retrying(self._attempt, call)
        return answer

    async def _attempt(self, call: Call[T]) -> T:
        try:
            response = await self._http.request(**arguments(call))
        except httpx.TransportError as error:
            raise ConnectionFailed(f"no answer from the server: {error!r}") from error
        return calls.result(call, response)
