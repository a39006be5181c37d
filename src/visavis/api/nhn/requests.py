"""What the NHN operations take (seeds 000, 001 and 003, Request Body and URL Parameter of each operation).

Names without a version are what the dialects share; where they differ, the class says whose it is.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator

from visavis.api.parameters import IN_QUERY, Parameters
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl, Sensitivity, Want

SearchLimit = Annotated[int, Field(ge=1, le=100)]
LongSearchLimit = Annotated[int, Field(ge=1, le=4096)]
Threshold = Annotated[int, Field(ge=1, le=100)]
RegisterLimit = Annotated[int, Field(ge=1, le=20)]
ExternalImageId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.\-:]{1,255}$")]
SpoofingCondition = Literal["weak", "balanced", "strict"]


class ImageReference(Parameters):
    """A picture inside JSON: exactly one of the two."""

    url: str | None = None
    base64: str | None = Field(None, alias="bytes")

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

    def source(self, max_bytes: int) -> ImageSource:
        return self.image.source(max_bytes)


class CompareImage(Parameters):
    """The `compareImage` of a JSON body."""

    compare_image: ImageReference

    def source(self, max_bytes: int) -> ImageSource:
        return self.compare_image.source(max_bytes)


class ImageFile(Parameters):
    """The `imageFile` of a form."""

    image_file: bytes

    def source(self, max_bytes: int) -> ImageSource:
        return ImageBytes(self.image_file, max_bytes)


class TwoImages(Parameters):
    """The pictures of a comparison in a JSON body."""

    source_image: ImageReference
    target_image: ImageReference

    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]:
        return self.source_image.source(max_bytes), self.target_image.source(max_bytes)


class TwoImageFiles(Parameters):
    """The pictures of a comparison in a form, named as in the document's table, or as in its curl example."""

    source_image_file: bytes = Field(validation_alias=AliasChoices("sourceImageFile", "sourceImage"))
    target_image_file: bytes = Field(validation_alias=AliasChoices("targetImageFile", "targetImage"))

    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]:
        return ImageBytes(self.source_image_file, max_bytes), ImageBytes(self.target_image_file, max_bytes)


class Traits(Parameters):
    """What image operations may be asked to report, or to leave undone."""

    orientation: bool = True
    mask: bool = True

    def want(self) -> Want:
        return Want(pose=self.orientation, mask=self.mask)


class SpoofTraits(Traits):
    """The same with the verdict of the Plus service."""

    spoofing: bool = False
    spoofing_condition: SpoofingCondition = "balanced"

    def want(self) -> Want:
        sensitivity = Sensitivity(self.spoofing_condition) if self.spoofing else None
        return Want(pose=self.orientation, mask=self.mask, spoof=sensitivity)


class SpoofCheck(Parameters):
    """The spoofing operation's own parameters."""

    aligned: bool = False
    spoofing_condition: SpoofingCondition = "balanced"

    @property
    def sensitivity(self) -> Sensitivity:
        return Sensitivity(self.spoofing_condition)


class CreateGroup(Parameters):
    group_id: str


class Registration(Parameters):
    limit: RegisterLimit
    external_image_id: ExternalImageId | None = None


class SearchQuery(Parameters):
    limit: Annotated[SearchLimit, IN_QUERY]
    threshold: Annotated[Threshold, IN_QUERY]


class LongSearchQuery(Parameters):
    """v1 and Plus."""

    limit: Annotated[LongSearchLimit, IN_QUERY]
    threshold: Annotated[Threshold, IN_QUERY]


class SearchBody(Parameters):
    limit: SearchLimit
    threshold: Threshold


class CompareQuery(Parameters):
    """v1 and Plus."""

    threshold: Annotated[Threshold, IN_QUERY]


class CompareBody(Parameters):
    threshold: Threshold = 90
    """The tables require it, the document's own example omits it (contract.md 5)."""


class ListQuery(Parameters):
    """The limit is required on the first page; with a token, all else is ignored (contract.md 7)."""

    limit: Annotated[int | None, Field(ge=1, le=200), IN_QUERY] = None
    next_token: Annotated[str | None, IN_QUERY] = Field(None, alias="next-token")

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
    """v2. The filters are those of the vendor's later public guide (contract.md, Operations)."""

    face_id: Annotated[str | None, IN_QUERY] = Field(None, alias="face-id")
    image_id: Annotated[str | None, IN_QUERY] = Field(None, alias="image-id")
    external_image_id: Annotated[str | None, IN_QUERY] = Field(None, alias="external-image-id")


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


class VerifyJson(CompareImage, SpoofTraits):
    pass


class VerifyForm(ImageFile, SpoofTraits):
    pass


class SpoofJson(Image, SpoofCheck):
    pass


class SpoofForm(ImageFile, SpoofCheck):
    pass
