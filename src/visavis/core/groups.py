"""Groups of faces."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from visavis.core import policy
from visavis.core.paging import Page, page_of
from visavis.core.ports import Gallery, Recipes
from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.types import Group, GroupSettings

Result = TypeVar("Result")

_SETTINGS = {field.name for field in fields(GroupSettings)}


@dataclass(frozen=True, slots=True)
class Groups:
    """Creates, lists, shows, changes and deletes the groups of an app."""

    gallery: Gallery
    model: str
    """The recognition model that new groups get (contract.md 18)."""
    quota: int
    """Groups an app may have."""
    recipes: Recipes
    scales: Container[str]
    """The names of the recognition models that have a similarity scale."""

    def create(self, app: App, name: str) -> Group:
        """Raises INVALID_GROUP_ID, DUPLICATE_GROUP, GROUP_QUOTA_EXCEEDED."""
        if not policy.is_group_id(name):
            raise ServiceError(
                ErrorCode.INVALID_GROUP_ID,
                "A group id has 1 to 255 characters out of a-z, 0-9 and '-'.",
            )
        return self.gallery.create_group(app, name, self.model, self.quota)

    def page(self, app: App, after: str | None, limit: int) -> Page[Group, str]:
        """A page of groups by ascending name."""
        return page_of(self.gallery.list_groups(app, after, limit + 1), limit, lambda group: group.name)

    def all(self, app: App) -> Iterator[Group]:
        """Every group of an app by ascending name."""
        after = None
        while True:
            page = self.page(app, after, limit=200)
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def require(self, app: App, name: str) -> Group:
        """Raises INVALID_PARAMETER for a name no group can have, GROUP_NOT_FOUND."""
        if not policy.is_group_id(name):
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                "The group id must have 1 to 255 characters out of a-z, 0-9 and '-'.",
                subject="group_id",
            )
        return self.gallery.require_group(app, name)

    def change_settings(self, app: App, name: str, changes: Mapping[str, Any]) -> Group:
        """The group with these of its settings changed, and no others: who else changes some is not undone.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND.
        """
        if unknown := changes.keys() - _SETTINGS:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, f"Groups have no setting {min(unknown)!r}.")
        if not replace(GroupSettings(), **changes).are_possible:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, "A setting is out of its range.")
        return self.gallery.change_settings(self.require(app, name), changes)

    def newer_model(self, group: Group) -> str | None:
        """The recognition model that `upgrade` brings the group to; None where it has the newest it can have."""
        return self.recipes.newer_of(group.model)

    def upgrade(
        self, app: App, name: str, model: str | None = None, progress: Callable[[int], None] = lambda _: None
    ) -> Group:
        """Bring a group with its faces to the newest recipe of its networks, or to the model of this name.

        Similarities are on the scale of that model from then on. A group that has it already stays as it is.
        `progress` is told how many faces more are done. Raises INVALID_PARAMETER, also for a model that its faces
        cannot be brought to, GROUP_NOT_FOUND.
        """
        group = self.require(app, name)
        if model is not None and model not in self.scales:
            detail = f"There is no recognition model {model!r} with a similarity scale on this server."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject="model")
        target = model or self.newer_model(group)
        return group if target is None else self.gallery.change_model(group, target, progress)

    def settled(self, app: App, name: str, work: Callable[[Group], Result]) -> Result:
        """What `work` makes of the group, done again where the group moves to another model meanwhile.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND.
        """
        while True:
            with suppress(GroupMoved):
                return work(self.require(app, name))

    def delete(self, app: App, name: str) -> None:
        """Raises INVALID_PARAMETER, GROUP_NOT_FOUND."""
        self.gallery.delete_group(self.require(app, name))
