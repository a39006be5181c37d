"""Groups of faces."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from visavis.core import group_settings, policy
from visavis.core.paging import Page, page_of
from visavis.core.ports import Gallery, Recipes
from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.types import Group, Template

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Groups:
    """Creates, lists, shows, changes and deletes the groups of an app."""

    gallery: Gallery
    model: str
    """The recognition model that new groups get (contract.md 18)."""
    quota: int
    """How many groups an app may have."""
    recipes: Recipes
    scales: Container[str]
    """Names of the recognition models with a similarity scale."""

    def create(self, app: App, name: str) -> Group:
        """Create a group. Raises INVALID_GROUP_ID, DUPLICATE_GROUP, GROUP_QUOTA_EXCEEDED."""
        if not policy.is_group_id(name):
            raise ServiceError(
                ErrorCode.INVALID_GROUP_ID,
                "A group id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'.",
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
        """The group of this name.

        Raises INVALID_PARAMETER for a name that no group can have, GROUP_NOT_FOUND, GROUP_DELETED. Their subject
        is "group_id" for every name that is not plain, which is a wrong parameter in some dialects.
        """
        return self._required(name, lambda: self.gallery.require_group(app, name))

    def require_template(self, app: App, name: str, face_id: str) -> tuple[Group, Template]:
        """The group of this name and the template of one of its faces, read together.

        Raises what `require` does, and FACE_NOT_FOUND, GroupMoved.
        """
        return self._required(name, lambda: self.gallery.require_template(app, name, face_id))

    def _required(self, name: str, find: Callable[[], Result]) -> Result:
        if not policy.is_group_id(name):
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                "The group id must have 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'.",
                subject="group_id",
            )
        try:
            return find()
        except ServiceError as error:
            if policy.is_plain_group_id(name) or error.code is ErrorCode.FACE_NOT_FOUND:
                raise
            raise ServiceError(error.code, error.detail, subject="group_id") from error

    def change_settings(self, app: App, name: str, changes: Mapping[str, object]) -> Group:
        """Change these settings of a group. All others stay, also if somebody else changes them at the same time.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND.
        """
        return self.gallery.change_settings(self.require(app, name), group_settings.checked(changes))

    def newer_model(self, model: str) -> str | None:
        """The recognition model that `upgrade` brings a group of this model to; None if there is no newer one."""
        return self.recipes.newer_of(model)

    def upgrade(
        self, app: App, name: str, model: str | None = None, progress: Callable[[int], None] = lambda _: None
    ) -> Group:
        """Bring a group with its faces to the newest recipe of its networks, or to the model of this name.

        Similarities are on the scale of that model from then on. A group that has it already stays as it is.
        `progress` is called with the number of faces converted since its last call. Raises GROUP_NOT_FOUND, and
        INVALID_PARAMETER also for a model that the faces cannot be converted to.
        """
        group = self.require(app, name)
        if model is not None and model not in self.scales:
            detail = f"There is no recognition model {model!r} with a similarity scale on this server."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject="model")
        target = model or self.newer_model(group.model)
        return group if target is None else self.gallery.change_model(group, target, progress)

    def with_group(self, app: App, name: str, work: Callable[[Group], Result]) -> Result:
        """Call `work` with the group and return its result; repeat it if the group moves to another model.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND, and the errors of `work`.
        """
        while True:
            with suppress(GroupMoved):
                return work(self.require(app, name))

    def delete(self, app: App, name: str) -> None:
        """Delete a group with all its faces. Raises INVALID_PARAMETER, GROUP_NOT_FOUND."""
        self.gallery.delete_group(self.require(app, name))
