"""Parameters of the NHN operations (seeds 000, 001 and 003, Request Body and URL Parameter of each operation).

A class without a version in its name or docstring is shared by all NHN dialects.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field, WithJsonSchema, model_validator

from visavis.core import policy
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl, RequestedAttributes, Sensitivity
from visavis.web.parameters import IN_QUERY, Parameters

SearchLimit = Annotated[int, Field(ge=1, le=100)]
LongSearchLimit = Annotated[int, Field(ge=1, le=4096)]
Threshold = Annotated[int, Field(ge=1, le=100)]
RegisterLimit = Annotated[int, Field(ge=1, le=20)]
ExternalImageId = Annotated[str, Field(pattern=f"^{policy.EXTERNAL_IMAGE_ID}$")]
SpoofingCondition = Literal["weak", "balanced", "strict"]


class ImageReference(Parameters):
    """A picture inside JSON: either `url` or `bytes`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["bytes"]}]})

    url: str | None = None
    """Where the picture is: `http` or `https`, a public address."""
    base64: str | None = Field(None, alias="bytes")
    """The picture's file in Base64: standard alphabet, with padding."""

    @model_validator(mode="after")
    def _exactly_one(self) -> ImageReference:
        if (self.url is None) == (self.base64 is None):
            raise ValueError("exactly one of url and bytes must be given")
        return self

    def source(self, max_bytes: int) -> ImageSource:
        if self.url is not None:
            return ImageUrl(self.url, max_bytes)
        assert self.base64 is not None  # noqa: S101 - the validator has seen to it
        return ImageBase64(self.base64, max_bytes)


class Image(Parameters):
    """The `image` of a JSON body."""

    image: ImageReference
    """The picture."""

    def source(self, max_bytes: int) -> ImageSource:
        return self.image.source(max_bytes)


class CompareImage(Parameters):
    """The `compareImage` of a JSON body."""

    compare_image: ImageReference
    """The picture."""

    def source(self, max_bytes: int) -> ImageSource:
        return self.compare_image.source(max_bytes)


class ImageFile(Parameters):
    """The `imageFile` of a form."""

    image_file: bytes
    """The picture, PNG or JPEG."""

    def source(self, max_bytes: int) -> ImageSource:
        return ImageBytes(self.image_file, max_bytes)


class TwoImages(Parameters):
    """The pictures of a comparison in a JSON body."""

    source_image: ImageReference
    """The picture whose largest face is compared."""
    target_image: ImageReference
    """The picture whose faces it is compared with."""

    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]:
        return self.source_image.source(max_bytes), self.target_image.source(max_bytes)


class TwoImageFiles(Parameters):
    """The pictures of a comparison in a form, with the names of the document's table or of its curl example.

    Each is a file or, as in the vendor's later guide, a URL.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"oneOf": [{"required": [f"{picture}ImageFile"]}, {"required": [f"{picture}ImageUrl"]}]}
                for picture in ("source", "target")
            ]
        }
    )

    source_image_file: bytes | None = Field(None, validation_alias=AliasChoices("sourceImageFile", "sourceImage"))
    """The picture whose largest face is compared, PNG or JPEG; also as `sourceImage`."""
    source_image_url: str | None = None
    """Where that picture is, in place of the file: `http` or `https`, a public address."""
    target_image_file: bytes | None = Field(None, validation_alias=AliasChoices("targetImageFile", "targetImage"))
    """The picture whose faces it is compared with, PNG or JPEG; also as `targetImage`."""
    target_image_url: str | None = None
    """Where that picture is, in place of the file: `http` or `https`, a public address."""

    @model_validator(mode="after")
    def _exactly_one_of_each(self) -> TwoImageFiles:
        for picture, file, url in (
            ("source", self.source_image_file, self.source_image_url),
            ("target", self.target_image_file, self.target_image_url),
        ):
            if (file is None) == (url is None):
                raise ValueError(f"exactly one of {picture}ImageFile and {picture}ImageUrl must be given")
        return self

    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]:
        return (
            _file_or_url(self.source_image_file, self.source_image_url, max_bytes),
            _file_or_url(self.target_image_file, self.target_image_url, max_bytes),
        )


def _file_or_url(file: bytes | None, url: str | None, max_bytes: int) -> ImageSource:
    if url is not None:
        return ImageUrl(url, max_bytes)
    assert file is not None  # noqa: S101 - the validator has seen to it
    return ImageBytes(file, max_bytes)


class Traits(Parameters):
    """The traits that an image operation reports."""

    orientation: bool = True
    """Whether to report the head's angles."""
    mask: bool = True
    """Whether to report if a mask covers mouth and nose."""

    def requested(self) -> RequestedAttributes:
        return RequestedAttributes(pose=self.orientation, mask=self.mask)


class SpoofTraits(Traits):
    """The traits that an image operation reports, with the spoof verdict of the Plus service."""

    spoofing: bool = False
    """Whether to report if the face is a print or a screen."""
    spoofing_condition: SpoofingCondition = "balanced"
    """How easily a face is taken for a print or a screen."""

    def requested(self) -> RequestedAttributes:
        sensitivity = Sensitivity(self.spoofing_condition) if self.spoofing else None
        return RequestedAttributes(pose=self.orientation, mask=self.mask, spoof=sensitivity)


class SpoofCheck(Parameters):
    """The spoofing operation's own parameters."""

    aligned: bool = False
    """Whether the picture is nothing but a face, 224 x 224 px."""
    spoofing_condition: SpoofingCondition = "balanced"
    """How easily a face is taken for a print or a screen."""

    @property
    def sensitivity(self) -> Sensitivity:
        return Sensitivity(self.spoofing_condition)


class CreateGroup(Parameters):
    group_id: Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[a-z0-9-]{1,255}$"})]
    """The new group's id: 1 to 255 of `a-z`, `0-9`, `-`."""


class Registration(Parameters):
    limit: RegisterLimit
    """How many of the largest faces may be registered."""
    external_image_id: ExternalImageId | None = None
    """An id of your own for the faces of the picture."""


class SearchQuery(Parameters):
    limit: Annotated[SearchLimit, IN_QUERY]
    """How many matches at most."""
    threshold: Annotated[Threshold, IN_QUERY]
    """Minimum similarity of a match."""


class LongSearchQuery(Parameters):
    """The query of a search in v1 and Plus."""

    limit: Annotated[LongSearchLimit, IN_QUERY]
    """How many matches at most."""
    threshold: Annotated[Threshold, IN_QUERY]
    """Minimum similarity of a match."""


class SearchBody(Parameters):
    limit: SearchLimit
    """How many matches at most."""
    threshold: Threshold
    """Minimum similarity of a match."""


class CompareQuery(Parameters):
    """The query of a comparison in v1 and Plus."""

    threshold: Annotated[Threshold, IN_QUERY]
    """Minimum similarity of a match."""


class CompareBody(Parameters):
    threshold: Threshold = 90
    """Minimum similarity of a match; may be left out."""


class ListQuery(Parameters):
    """The query of a listing. The first page requires a limit; a token replaces all else (contract.md 7)."""

    limit: Annotated[int | None, Field(ge=1, le=200), IN_QUERY] = None
    """How many a page; required on the first one, ignored with a `next-token`."""
    next_token: Annotated[str | None, IN_QUERY] = Field(None, alias="next-token")
    """The `nextToken` of the page before."""

    @model_validator(mode="before")
    @classmethod
    def _the_token_alone(cls, data: Any) -> Any:
        return {"next-token": data["next-token"]} if data.get("next-token") else data

    @model_validator(mode="after")
    def _a_limit_or_a_token(self) -> ListQuery:
        if self.limit is None and not self.next_token:
            raise ValueError("limit is required")
        return self


class FaceListQuery(ListQuery):
    """The query of v2's face list, with the filters of the vendor's later guide (contract.md, Operations)."""

    face_id: Annotated[str | None, IN_QUERY] = Field(None, alias="face-id")
    """Only the face with this `faceId`."""
    image_id: Annotated[str | None, IN_QUERY] = Field(None, alias="image-id")
    """Only faces with this `imageId`."""
    external_image_id: Annotated[str | None, IN_QUERY] = Field(None, alias="external-image-id")
    """Only faces with this `externalImageId`."""


class DetectV1(Image, Traits):
    pass


class DetectJson(Image, SpoofTraits):
    pass


class DetectForm(ImageFile, SpoofTraits):
    pass


class RegisterV1(Image, Registration, Traits):
    pass


class RegisterJson(Image, Registration, SpoofTraits):
    pass


class RegisterForm(ImageFile, Registration, SpoofTraits):
    pass


class SearchV1(Image, LongSearchQuery, Traits):
    pass


class SearchPlus(Image, LongSearchQuery, SpoofTraits):
    pass


class SearchJson(Image, SearchBody, SpoofTraits):
    pass


class SearchForm(ImageFile, SearchBody, SpoofTraits):
    pass


class CompareV1(TwoImages, CompareQuery, Traits):
    pass


class ComparePlus(TwoImages, CompareQuery, SpoofTraits):
    pass


class CompareJson(TwoImages, CompareBody, SpoofTraits):
    pass


class CompareForm(TwoImageFiles, CompareBody, SpoofTraits):
    pass


class VerifyV1(CompareImage, Traits):
    pass


class VerifyJson(CompareImage, SpoofTraits):
    pass


class VerifyForm(ImageFile, SpoofTraits):
    pass


class SpoofJson(Image, SpoofCheck):
    pass


class SpoofForm(ImageFile, SpoofCheck):
    pass
