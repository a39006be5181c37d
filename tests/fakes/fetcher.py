"""A web of a few files."""

from __future__ import annotations

from dataclasses import dataclass, field

from visavis.errors import ErrorCode, ServiceError


@dataclass
class FakeFetcher:
    """Hosts answer with `files`, by URL, or never if `silent`; nobody is at any other URL."""

    files: dict[str, bytes] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Raises INVALID_IMAGE_URL, IMAGE_TIMEOUT, IMAGE_TOO_LARGE."""
        if url in self.silent:
            raise ServiceError(ErrorCode.IMAGE_TIMEOUT, "fetching the image URL took too long")
        if url not in self.files:
            raise ServiceError(ErrorCode.INVALID_IMAGE_URL, "the host of the image URL cannot be reached")
        data = self.files[url]
        if len(data) > max_bytes:
            detail = f"the image at the URL is larger than {max_bytes:,} bytes"
            raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, detail)
        return data
