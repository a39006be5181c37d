"""Listings in pages. A page token holds the parameters of the first request, and alone decides the next page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from visavis.api.nhn.requests import FaceListQuery, ListQuery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import FaceFilter, FaceRecord, Group
from visavis.web.page_tokens import PageTokens


@dataclass(frozen=True, slots=True)
class Listing:
    """The parameters and the position of a listing: the content of a token."""

    limit: int
    face_id: str | None = None
    image_id: str | None = None
    external_image_id: str | None = None
    after: str | None = None
    """The last group id of the previous page."""
    before: int | None = None
    """The `sequence` of the last face of the previous page."""
    group: int | None = None
    """The server's own id of the group whose faces are listed."""

    @property
    def where(self) -> FaceFilter:
        return FaceFilter(self.face_id, self.image_id, self.external_image_id)

    def require_same_group(self, group: Group) -> None:
        """Check that the token is not of a deleted group with the same name. Raises INVALID_TOKEN."""
        if self.group not in {None, group.id}:
            raise ServiceError(ErrorCode.INVALID_TOKEN, "The next-token belongs to a group that was deleted.")


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some groups; the token is empty on the last page."""

    groups: Sequence[Group]
    next_token: str


@dataclass(frozen=True, slots=True)
class FacePage:
    """Some faces of a group with this recognition model."""

    model: str
    faces: Sequence[FaceRecord]
    next_token: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Reads and issues the tokens of one listing; `scope` names operation, app and group."""

    tokens: PageTokens
    scope: str

    def listing(self, query: ListQuery) -> Listing:
        """The listing of the token if there is one, else of the query. Raises INVALID_TOKEN."""
        if query.next_token:
            return Listing(**self.tokens.read(self.scope, query.next_token))
        assert query.limit is not None  # noqa: S101 - the query's validator has seen to it
        if isinstance(query, FaceListQuery):
            return Listing(query.limit, query.face_id, query.image_id, query.external_image_id)
        return Listing(query.limit)

    def token(
        self, listing: Listing, *, after: str | None = None, before: int | None = None, group: Group | None = None
    ) -> str:
        """The token of the page after the cursor `after` or `before`; empty if both are None."""
        if after is None and before is None:
            return ""
        following = replace(listing, after=after, before=before, group=group.id if group else None)
        named = ((each.name, getattr(following, each.name)) for each in fields(following))
        return self.tokens.issue(self.scope, {name: value for name, value in named if value is not None})
