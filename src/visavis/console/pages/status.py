"""The status of the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from visavis.console.request_context import RequestContext
from visavis.core.activity import Minute
from visavis.core.permissions import Act

_INCIDENTS = 20


async def show(context: RequestContext) -> Response:
    """Show the status. Errors of clients are shown to operators only, although they hold no secrets."""
    condition = context.services.condition
    groups = await context.quick(condition.groups_by_model)
    minutes = condition.activity.minutes()
    incidents = condition.activity.incidents() if context.may(Act.READ_ERRORS) else []
    return context.page(
        "status.html",
        models=condition.models,
        groups_by_model=groups,
        newer={model: newer for model in groups if (newer := context.services.groups.newer_model(model))},
        default_model=context.services.groups.model,
        use=condition.use(),
        vision=condition.vision(),
        bars=bars_of(minutes),
        requests=sum(minute.requests for minute in minutes),
        refused=sum(minute.refused for minute in minutes),
        failed=sum(minute.failed for minute in minutes),
        in_console=sum(minute.console for minute in minutes),
        incidents=incidents[:_INCIDENTS],
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A minute as a column; heights in percent of the highest one, from below: answered, refused, failed."""

    answered: float
    refused: float
    failed: float


def bars_of(minutes: Sequence[Minute]) -> list[Bar]:
    highest = max((minute.requests for minute in minutes), default=0) or 1
    return [
        Bar(
            100 * (minute.requests - minute.refused - minute.failed) / highest,
            100 * minute.refused / highest,
            100 * minute.failed / highest,
        )
        for minute in minutes
    ]
