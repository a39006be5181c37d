"""Requests with pictures: they come as a form, wait in the queue of their app, and are never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from visavis.console.limits import MAX_PICTURE_BYTES
from visavis.console.request_context import RequestContext
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, working_for
from visavis.types import ImageBytes, ImageSource, ImageUrl
from visavis.web.body import form_fields

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Upload:
    """The fields of a form with pictures."""

    fields: Mapping[str, Any]

    def picture(self, name: str = "picture") -> ImageSource:
        """The file of this name, or the URL under `NAME_url`. Raises INVALID_PARAMETER."""
        url = self.text(f"{name}_url")
        return ImageUrl(url, MAX_PICTURE_BYTES) if url and not self.fields.get(name) else self.file(name)

    def file(self, name: str = "picture") -> ImageBytes:
        """The file of this name. Raises INVALID_PARAMETER."""
        data = self.fields.get(name)
        if isinstance(data, bytes):
            return ImageBytes(data, MAX_PICTURE_BYTES)
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "There is no picture in the request.", subject=name)

    def text(self, name: str, default: str = "") -> str:
        value = self.fields.get(name, default)
        return value.strip() if isinstance(value, str) else default

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number from `least` to `most`. Raises INVALID_PARAMETER."""
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, f"{name} is a number from {least:g} to {most:g}.")
        return value


async def with_pictures(context: RequestContext, work: Callable[[Upload], Result]) -> Result:
    """Call `work` with the form once the request has a slot, and return its result.

    Raises OVERLOADED before the body is read, INVALID_PARAMETER, HTTP 413, and the errors of `work`.
    """
    workers = context.services.workers
    with workers.images.admit(context.app.id) as permit:
        upload = Upload(await form_fields(context.request))
        await workers.images.acquire(permit, context.disconnected)
        return await workers.run(lambda: _worked(context.app, work, upload))


def _worked(app: App, work: Callable[[Upload], Result], upload: Upload) -> Result:
    working_for.set(app.name)
    return work(upload)
