"""Listings in pages: what was asked first goes into the token, and the token alone decides what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from visavis.api.nhn.requests import GroupListQuery
from visavis.api.tokens import PageTokens
from visavis.errors import ErrorCode, FaceError
from visavis.types import Group

Query = TypeVar("Query", bound=GroupListQuery)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Query]):
    """A listing somewhere on its way: its query, the cursor it has reached, the group it started in."""

    query: Query
    after: str | None = None
    """The last group id of the page before."""
    before: int | None = None
    """The sequence of the last face of the page before."""
    group: int | None = None

    @classmethod
    def read(cls, schema: type[Query], parameters: Mapping[str, str], tokens: PageTokens, scope: str) -> Self:
        """From the token if there is one, else from the query (contract.md 7).

        Raises INVALID_TOKEN, INVALID_PARAMETER.
        """
        token = parameters.get("next-token")
        if not token:
            return cls(schema.from_text(parameters))
        state = tokens.read(scope, token)
        return cls(schema.model_validate(state.pop("query")), **state)

    def require_same_group(self, group: Group) -> None:
        """A token of a deleted group is worth nothing in a later one of the same name. Raises INVALID_TOKEN."""
        if self.group not in {None, group.id}:
            raise FaceError(ErrorCode.INVALID_TOKEN, "The next-token belongs to a group that was deleted.")

    def next_token(
        self, cursor: str | int | None, tokens: PageTokens, scope: str, group: Group | None = None
    ) -> str:
        """The token of the page that starts at the cursor; empty when there is none."""
        if cursor is None:
            return ""
        state = {
            "query": self.query.model_dump(by_alias=True, exclude_none=True),
            "before" if isinstance(cursor, int) else "after": cursor,
            "group": group.id if group else None,
        }
        return tokens.issue(scope, state)
