"""The groups of an app: list, create, change settings, upgrade, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Response

from visavis.console.paging import Paging
from visavis.console.request_context import RequestContext
from visavis.console.strangers import meaning
from visavis.core import policy
from visavis.core.group_settings import BOUNDS
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group, GroupSettings, SettingChanges

_DAY = 24
_EVENT_DAYS = 30
"""What the form proposes."""
_ABOUT_NAME = {ErrorCode.INVALID_GROUP_ID, ErrorCode.DUPLICATE_GROUP, ErrorCode.GROUP_QUOTA_EXCEEDED}


async def show_all(context: RequestContext) -> Response:
    return await _list(context)


async def create(context: RequestContext) -> Response:
    name = context.form.get("name", "").strip()
    try:
        await context.quick(lambda: context.services.groups.create(context.app, name))
    except ServiceError as error:
        if error.code not in _ABOUT_NAME:
            raise
        return await _list(context, 422, name, context.why(error))
    return context.redirect(context.to("apps", context.app.id, "groups", name), "group_created")


async def show_settings(context: RequestContext) -> Response:
    group = await group_of(context)
    return _settings(context, group, _Form.of(group.settings))


async def change_settings(context: RequestContext) -> Response:
    group = await group_of(context)
    form = _Form.read(context.form)
    try:
        changes = form.changes()
    except _Wrong as wrong:
        return _settings(context, group, form, 422, wrong.field)
    await context.quick(lambda: context.services.groups.change_settings(context.app, group.name, changes))
    return context.redirect(f"{group_path(context, group.name)}/settings", "group_changed")


async def upgrade(context: RequestContext) -> Response:
    """Upgrade the group to the model in the form, which the user has confirmed."""
    group = await group_of(context)
    model = context.form.get("model", "")
    await context.quick(lambda: context.services.groups.upgrade(context.app, group.name, model))
    return context.redirect(f"{group_path(context, group.name)}/settings", "group_upgraded")


async def delete(context: RequestContext) -> Response:
    """Delete the group if its name was typed as confirmation."""
    group = await group_of(context)
    if context.form.get("confirmation", "") != group.name:
        return _settings(context, group, _Form.of(group.settings), 422, "confirmation")
    await context.quick(lambda: context.services.groups.delete(context.app, group.name))
    return context.redirect(context.to("apps", context.app.id, "groups"), "group_deleted")


async def group_of(context: RequestContext) -> Group:
    """The group that the path names. Raises GROUP_NOT_FOUND, GROUP_DELETED."""
    name = context.request.path_params["group_id"]
    if not policy.is_group_id(name):
        raise ServiceError(ErrorCode.GROUP_NOT_FOUND, "There is no such group.")
    return await context.quick(lambda: context.services.groups.require(context.app, name))


def group_path(context: RequestContext, name: str) -> str:
    return context.to("apps", context.app.id, "groups", name)


async def _list(context: RequestContext, status: int = 200, name: str = "", error: str = "") -> Response:
    wanted = context.request.query_params.get("q", "").strip().lower()
    groups = await context.quick(lambda: list(context.services.groups.all(context.app)))
    found = [group for group in groups if wanted in group.name.lower()]
    paging = Paging.of(context, len(found))
    return context.page(
        "groups.html",
        status,
        groups=found[paging.offset : paging.end],
        total=len(groups),
        paging=paging,
        wanted=wanted,
        name=name,
        error=error,
    )


def _settings(context: RequestContext, group: Group, form: _Form, status: int = 200, wrong: str = "") -> Response:
    fields = {
        "newer": context.services.groups.newer_model(group.model),
        "bounds": BOUNDS,
        "strangers": meaning(context.messages, group.face_count),
    }
    return context.page("group_settings.html", status, group=group, form=form, wrong=wrong, **fields)


class _Wrong(Exception):  # noqa: N818 - what somebody typed, not a failure
    def __init__(self, field: str) -> None:
        self.field = field


@dataclass(frozen=True, slots=True)
class _Form:
    """The settings as typed in the form."""

    liveness: bool
    liveness_threshold: str
    similarity: str
    min_quality: str
    min_comparability: str
    retention: str
    unit: str
    """`days` or `hours`."""
    events: bool
    """Whether recognition events are recorded."""
    event_days: str
    event_gap: str
    """Seconds."""

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
            settings.recognition_event_days > 0,
            str(settings.recognition_event_days or _EVENT_DAYS),
            str(settings.recognition_event_gap_seconds),
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
            "events" in form,
            form.get("event_days", "").strip(),
            form.get("event_gap", str(GroupSettings().recognition_event_gap_seconds)).strip(),
        )

    def changes(self) -> SettingChanges:
        """The settings by name. Raises _Wrong."""
        return {
            "liveness": self.liveness,
            "liveness_threshold": _number("liveness_threshold", self.liveness_threshold),
            "similarity": _number("similarity", self.similarity),
            "min_quality": _number("min_quality", self.min_quality),
            "min_comparability": _number("min_comparability", self.min_comparability),
            "retention_hours": self._hours(),
            "recognition_event_days": self._event_days(),
            "recognition_event_gap_seconds": self._event_gap(),
        }

    def _event_days(self) -> int:
        if not self.events:
            return 0
        if not re.fullmatch("[0-9]{1,4}", self.event_days):
            raise _Wrong("event_days")
        days = int(self.event_days)
        if not days or not BOUNDS["recognition_event_days"].hold(days):
            raise _Wrong("event_days")
        return days

    def _event_gap(self) -> int:
        if not re.fullmatch("[0-9]{1,4}", self.event_gap):
            raise _Wrong("event_gap")
        seconds = int(self.event_gap)
        if not BOUNDS["recognition_event_gap_seconds"].hold(seconds):
            raise _Wrong("event_gap")
        return seconds

    def _hours(self) -> int:
        if not self.retention:
            return 0
        if not re.fullmatch("[0-9]{1,7}", self.retention):
            raise _Wrong("retention")
        hours = int(self.retention) * (_DAY if self.unit == "days" else 1)
        if not BOUNDS["retention_hours"].hold(hours):
            raise _Wrong("retention")
        return hours


def _number(field: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _Wrong(field) from None
    if not BOUNDS[field].hold(value):
        raise _Wrong(field)
    return value
