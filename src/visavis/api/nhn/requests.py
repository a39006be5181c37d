"""What the NHN v2.0 operations take (seed 000, Request Body and URL Parameter of each operation)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field, model_validator

from visavis.api.parameters import Parameters
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl, Traits

MAX_IMAGE_BYTES = 3_000_000
"""Counted on the decoded file (seed 000, Input Image Guide)."""

SearchLimit = Annotated[int, Field(ge=1, le=100)]
Threshold = Annotated[int, Field(ge=1, le=100)]
RegisterLimit = Annotated[int, Field(ge=1, le=20)]
ListLimit = Annotated[int, Field(ge=1, le=200)]
ExternalImageId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.\-:]{1,255}$")]


class ImageReference(Parameters):
    """A picture inside JSON: exactly one of the two."""

    url: str | None = None
    base64: str | None = Field(None, alias="bytes")

    @model_validator(mode="after")
    def _exactly_one(self) -> ImageReference:
        if (self.url is None) == (self.base64 is None):
            raise ValueError("exactly one of url and bytes must be given")
        return self

    def source(self) -> ImageSource:
        if self.url is not None:
            return ImageUrl(self.url, MAX_IMAGE_BYTES)
        assert self.base64 is not None  # noqa: S101 - the validator has seen to it
        return ImageBase64(self.base64, MAX_IMAGE_BYTES)


class Image(Parameters):
    """The `image` of a JSON body."""

    image: ImageReference

    def source(self) -> ImageSource:
        return self.image.source()


class ImageFile(Parameters):
    """The `imageFile` of a form."""

    image_file: bytes

    def source(self) -> ImageSource:
        return ImageBytes(self.image_file, MAX_IMAGE_BYTES)


class Options(Parameters):
    """What every image operation may be asked to report, or to leave undone."""

    orientation: bool = True
    mask: bool = True

    def want(self) -> Traits:
        return Traits(pose=self.orientation, mask=self.mask)


class RegisterOptions(Options):
    limit: RegisterLimit
    external_image_id: ExternalImageId | None = None


class SearchOptions(Options):
    limit: SearchLimit
    threshold: Threshold


class CompareOptions(Options):
    threshold: Threshold = 90
    """The tables require it, the document's own example omits it (contract.md 5)."""


class CreateGroup(Parameters):
    group_id: str


class DetectJson(Image, Options):
    pass


class DetectForm(ImageFile, Options):
    pass


class RegisterJson(Image, RegisterOptions):
    pass


class RegisterForm(ImageFile, RegisterOptions):
    pass


class SearchJson(Image, SearchOptions):
    pass


class SearchForm(ImageFile, SearchOptions):
    pass


class VerifyJson(Options):
    compare_image: ImageReference

    def source(self) -> ImageSource:
        return self.compare_image.source()


class VerifyForm(ImageFile, Options):
    pass


class CompareJson(CompareOptions):
    source_image: ImageReference
    target_image: ImageReference

    def sources(self) -> tuple[ImageSource, ImageSource]:
        return self.source_image.source(), self.target_image.source()


class CompareForm(CompareOptions):
    """Named as in the document's table, or as in its curl example."""

    source_image_file: bytes = Field(validation_alias=AliasChoices("sourceImageFile", "sourceImage"))
    target_image_file: bytes = Field(validation_alias=AliasChoices("targetImageFile", "targetImage"))

    def sources(self) -> tuple[ImageSource, ImageSource]:
        return (
            ImageBytes(self.source_image_file, MAX_IMAGE_BYTES),
            ImageBytes(self.target_image_file, MAX_IMAGE_BYTES),
        )


class SearchQuery(Parameters):
    limit: SearchLimit
    threshold: Threshold


class GroupListQuery(Parameters):
    limit: ListLimit


class FaceListQuery(GroupListQuery):
    """The filters are those of the vendor's later public guide (contract.md, Operations)."""

    face_id: str | None = Field(None, alias="face-id")
    image_id: str | None = Field(None, alias="image-id")
    external_image_id: str | None = Field(None, alias="external-image-id")
