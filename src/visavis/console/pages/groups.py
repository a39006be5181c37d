"""The groups of an app: found, made, set up, deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from visavis.console.paging import Paging
from visavis.console.strangers import meaning
from visavis.console.visit import Visit
from visavis.core import policy
from visavis.errors import ErrorCode, FaceError
from visavis.types import CENTURY_HOURS, Group, GroupSettings

_DAY = 24
_ABOUT_NAME = {ErrorCode.INVALID_GROUP_ID, ErrorCode.DUPLICATE_GROUP, ErrorCode.GROUP_QUOTA_EXCEEDED}


async def show_all(visit: Visit) -> Response:
    return await _list(visit)


async def create(visit: Visit) -> Response:
    name = visit.form.get("name", "").strip()
    try:
        await visit.quick(lambda: visit.services.groups.create(visit.app, name))
    except FaceError as error:
        if error.code not in _ABOUT_NAME:
            raise
        return await _list(visit, 422, name, visit.why(error))
    return visit.redirect(visit.to("apps", visit.app.id, "groups", name), "group_created")


async def show_settings(visit: Visit) -> Response:
    group = await group_of(visit)
    return _settings(visit, group, _Form.of(group.settings))


async def change_settings(visit: Visit) -> Response:
    group = await group_of(visit)
    form = _Form.read(visit.form)
    try:
        changes = form.changes()
    except _Wrong as wrong:
        return _settings(visit, group, form, 422, wrong.field)
    await visit.quick(lambda: visit.services.groups.change_settings(visit.app, group.name, changes))
    return visit.redirect(f"{group_path(visit, group.name)}/settings", "group_changed")


async def upgrade(visit: Visit) -> Response:
    """To the model that the form names, which is the one that was agreed to."""
    group = await group_of(visit)
    model = visit.form.get("model", "")
    await visit.quick(lambda: visit.services.groups.upgrade(visit.app, group.name, model))
    return visit.redirect(f"{group_path(visit, group.name)}/settings", "group_upgraded")


async def delete(visit: Visit) -> Response:
    """Only for somebody who has typed the name of the group."""
    group = await group_of(visit)
    if visit.form.get("confirmation", "") != group.name:
        return _settings(visit, group, _Form.of(group.settings), 422, "confirmation")
    await visit.quick(lambda: visit.services.groups.delete(visit.app, group.name))
    return visit.redirect(visit.to("apps", visit.app.id, "groups"), "group_deleted")


async def group_of(visit: Visit) -> Group:
    """The group that the path names. Raises GROUP_NOT_FOUND, GROUP_DELETED."""
    name = visit.request.path_params["group_id"]
    if not policy.is_group_id(name):
        raise FaceError(ErrorCode.GROUP_NOT_FOUND, "There is no such group.")
    return await visit.quick(lambda: visit.services.groups.require(visit.app, name))


def group_path(visit: Visit, name: str) -> str:
    return visit.to("apps", visit.app.id, "groups", name)


async def _list(visit: Visit, status: int = 200, name: str = "", error: str = "") -> Response:
    wanted = visit.request.query_params.get("q", "").strip().lower()
    groups = await visit.quick(lambda: list(visit.services.groups.all(visit.app)))
    found = [group for group in groups if wanted in group.name]
    paging = Paging.of(visit, len(found))
    return visit.page(
        "groups.html",
        status,
        groups=found[paging.offset : paging.end],
        total=len(groups),
        paging=paging,
        wanted=wanted,
        name=name,
        error=error,
    )


def _settings(visit: Visit, group: Group, form: _Form, status: int = 200, wrong: str = "") -> Response:
    facts = {
        "newer": visit.services.groups.newer_model(group),
        "strangers": meaning(visit.words, group.face_count),
    }
    return visit.page("group_settings.html", status, group=group, form=form, wrong=wrong, **facts)


class _Wrong(Exception):  # noqa: N818 - what somebody typed, not a failure
    def __init__(self, field: str) -> None:
        self.field = field


@dataclass(frozen=True, slots=True)
class _Form:
    """The settings as they are typed."""

    liveness: bool
    liveness_threshold: str
    similarity: str
    min_quality: str
    min_comparability: str
    retention: str
    unit: str
    """`days` or `hours`."""

    @classmethod
    def of(cls, settings: GroupSettings) -> _Form:
        hours = settings.retention_hours
        in_days = hours % _DAY == 0
        return cls(
            settings.liveness,
            f"{settings.liveness_threshold:g}",
            f"{settings.similarity:g}",
            f"{settings.min_quality:g}",
            f"{settings.min_comparability:g}",
            str(hours // _DAY if in_days else hours) if hours else "",
            "days" if in_days else "hours",
        )

    @classmethod
    def read(cls, form: Mapping[str, str]) -> _Form:
        return cls(
            "liveness" in form,
            form.get("liveness_threshold", ""),
            form.get("similarity", ""),
            form.get("min_quality", ""),
            form.get("min_comparability", ""),
            form.get("retention", "").strip(),
            "hours" if form.get("unit") == "hours" else "days",
        )

    def changes(self) -> dict[str, Any]:
        """The settings by name. Raises _Wrong."""
        return {
            "liveness": self.liveness,
            "liveness_threshold": _percentage("liveness_threshold", self.liveness_threshold),
            "similarity": _percentage("similarity", self.similarity),
            "min_quality": _percentage("min_quality", self.min_quality),
            "min_comparability": _percentage("min_comparability", self.min_comparability),
            "retention_hours": self._hours(),
        }

    def _hours(self) -> int:
        if not self.retention:
            return 0
        if not re.fullmatch("[0-9]{1,7}", self.retention):
            raise _Wrong("retention")
        hours = int(self.retention) * (_DAY if self.unit == "days" else 1)
        if hours > CENTURY_HOURS:
            raise _Wrong("retention")
        return hours


def _percentage(field: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _Wrong(field) from None
    if not 0 <= value <= 100:
        raise _Wrong(field)
    return value
