"""The operations of the NHN dialects: each passes a validated call to core and returns the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from visavis.api.nhn.paging import FacePage, GroupPage, Pager
from visavis.api.nhn.requests import CreateGroup, ListQuery
from visavis.api.operation import About, Call
from visavis.core import policy
from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.core.faces import Registered
from visavis.core.search import Found, Verified
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group, ImageSource, Match, RequestedAttributes, Sensitivity
from visavis.web.parameters import NoParameters


class HasImage(Protocol):
    """Parameters with one picture, in JSON or in a form."""

    def source(self, max_bytes: int) -> ImageSource: ...
    def requested(self) -> RequestedAttributes: ...


class Registers(HasImage, Protocol):
    @property
    def limit(self) -> int: ...
    @property
    def external_image_id(self) -> str | None: ...


class Searches(Protocol):
    @property
    def limit(self) -> int: ...
    @property
    def threshold(self) -> int: ...


class SearchesByImage(HasImage, Searches, Protocol):
    pass


class Compares(Protocol):
    @property
    def threshold(self) -> int: ...
    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]: ...
    def requested(self) -> RequestedAttributes: ...


class ChecksSpoof(Protocol):
    @property
    def aligned(self) -> bool: ...
    @property
    def sensitivity(self) -> Sensitivity: ...
    def source(self, max_bytes: int) -> ImageSource: ...


@dataclass(frozen=True, slots=True)
class AlignedVerdict:
    """The spoof verdict on a picture that is an aligned face."""

    spoof: bool


def about_new_group(call: Call[CreateGroup]) -> About:
    return About(call.parameters.group_id)


def create_group(call: Call[CreateGroup]) -> None:
    name = call.parameters.group_id
    if not policy.is_plain_group_id(name):
        raise ServiceError(ErrorCode.INVALID_GROUP_ID, "A group id has 1 to 255 characters from a-z, 0-9 and '-'.")
    call.services.groups.create(call.caller, name)


def list_groups(call: Call[ListQuery]) -> GroupPage:
    pager = Pager(call.services.tokens, f"groups/{call.caller.id}")
    listing = pager.listing(call.parameters)
    page = call.services.groups.page(call.caller, listing.after, listing.limit)
    return GroupPage(page.items, pager.token(listing, after=page.next))


def group_details(call: Call[NoParameters]) -> Group:
    return call.services.groups.require(call.caller, call.group_id)


def delete_group(call: Call[NoParameters]) -> None:
    call.services.groups.delete(call.caller, call.group_id)


def detect(call: Call[HasImage]) -> Detected:
    return call.services.faces.detect(call.parameters.source(call.max_image_bytes), call.parameters.requested())


def check_spoof(call: Call[ChecksSpoof]) -> Detected | AlignedVerdict:
    source, sensitivity = call.parameters.source(call.max_image_bytes), call.parameters.sensitivity
    if call.parameters.aligned:
        return AlignedVerdict(call.services.faces.check_aligned(source, sensitivity))
    return call.services.faces.detect(source, RequestedAttributes(spoof=sensitivity))


def register(call: Call[Registers]) -> Registered:
    parameters = call.parameters
    return call.services.faces.register(
        call.caller,
        call.group_id,
        parameters.source(call.max_image_bytes),
        parameters.limit,
        parameters.external_image_id,
        parameters.requested(),
    )


def delete_face(call: Call[NoParameters]) -> None:
    call.services.faces.delete(call.caller, call.group_id, call.face_id)


def list_faces(call: Call[ListQuery]) -> FacePage:
    pager = Pager(call.services.tokens, f"faces/{call.caller.id}/{call.group_id}")
    listing = pager.listing(call.parameters)
    group = call.services.groups.require(call.caller, call.group_id)
    listing.require_same_group(group)
    page = call.services.faces.page(group, listing.where, listing.before, listing.limit)
    return FacePage(group.model, page.items, pager.token(listing, before=page.next, group=group))


def search_by_face_id(call: Call[Searches]) -> list[Match]:
    limit, threshold = call.parameters.limit, call.parameters.threshold
    return call.services.search.by_face_id(call.caller, call.group_id, call.face_id, limit, threshold)


def search_by_image(call: Call[SearchesByImage]) -> Found:
    parameters = call.parameters
    return call.services.search.by_image(
        call.caller,
        call.group_id,
        parameters.source(call.max_image_bytes),
        parameters.limit,
        parameters.threshold,
        parameters.requested(),
        call.asked,
    )


def compare(call: Call[Compares]) -> Compared:
    source, target = call.parameters.sources(call.max_image_bytes)
    return call.services.search.compare(source, target, call.parameters.threshold, call.parameters.requested())


def verify(call: Call[HasImage]) -> Verified:
    source = call.parameters.source(call.max_image_bytes)
    return call.services.search.verify(
        call.caller, call.group_id, call.face_id, source, call.parameters.requested(), call.asked
    )
