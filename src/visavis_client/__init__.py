"""A client of the Face Recognition v2.0 and v2.1 APIs: Visavis's own, or the vendor's cloud.

from visavis_client import Client

with Client("http://127.0.0.1:8000", app_key="...", secret_key="...") as visavis:
    visavis.create_group("staff")
    visavis.register("staff", "anna.jpg", external_image_id="anna")
    for match in visavis.search("staff", "door.jpg").matches:
        print(match.face.external_image_id, match.similarity)

v2.1 wants a user access key instead of a secret key: `access_key=AccessKey("id", "secret")`.
"""

from __future__ import annotations

from visavis_client.answers import (
    Box,
    ComparedFace,
    Comparison,
    Face,
    Group,
    Landmark,
    Match,
    Orientation,
    Registration,
    SearchResult,
    StoredFace,
    Verification,
)
from visavis_client.async_client import AsyncClient
from visavis_client.client import Client
from visavis_client.errors import (
    ApiError,
    ConnectionFailed,
    DuplicateGroup,
    FaceNotFound,
    GroupNotFound,
    ImageError,
    ImageTimeout,
    ImageTooLarge,
    InvalidGroupId,
    InvalidImageBytes,
    InvalidImageFile,
    InvalidImageFormat,
    InvalidImageSize,
    InvalidImageUrl,
    InvalidParameter,
    InvalidToken,
    NoFaceAdded,
    Overloaded,
    QuotaExceeded,
    ServerError,
    Unauthorized,
    VisavisError,
)
from visavis_client.images import Image
from visavis_client.options import Spoofing
from visavis_client.tokens import AccessKey

__all__ = [
    "AccessKey",
    "ApiError",
    "AsyncClient",
    "Box",
    "Client",
    "ComparedFace",
    "Comparison",
    "ConnectionFailed",
    "DuplicateGroup",
    "Face",
    "FaceNotFound",
    "Group",
    "GroupNotFound",
    "Image",
    "ImageError",
    "ImageTimeout",
    "ImageTooLarge",
    "InvalidGroupId",
    "InvalidImageBytes",
    "InvalidImageFile",
    "InvalidImageFormat",
    "InvalidImageSize",
    "InvalidImageUrl",
    "InvalidParameter",
    "InvalidToken",
    "Landmark",
    "Match",
    "NoFaceAdded",
    "Orientation",
    "Overloaded",
    "QuotaExceeded",
    "Registration",
    "SearchResult",
    "ServerError",
    "Spoofing",
    "StoredFace",
    "Unauthorized",
    "Verification",
    "VisavisError",
    "__version__",
]

__version__ = "0.1.0"
