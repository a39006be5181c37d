"""The persons of a group: list, show, name, merge, delete; and who is meant by the names of files."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fastapi import Response

from visavis.console.pages.groups import group_of, group_path
from visavis.console.paging import ITEMS, Paging
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.core import policy
from visavis.core.persons import as_kept, new_id
from visavis.errors import ErrorCode, ServiceError
from visavis.types import FaceFilter, FaceRecord, Group, Person

_MOST_NAMES = 100
"""Names that are asked about at once."""
_OF_A_FIELD = {ErrorCode.INVALID_PARAMETER, ErrorCode.PERSON_EXISTS}


async def show_all(context: RequestContext) -> Response:
    group = await group_of(context)
    wanted = context.request.query_params.get("q", "").strip()

    def read(offset: int) -> tuple[list[Person], int]:
        return context.services.persons.slice(group, wanted, offset, ITEMS)

    _, total = await context.quick(lambda: read(0))
    paging = Paging.of(context, total)
    persons, _ = await context.quick(lambda: read(paging.offset))
    return context.page("group_persons.html", group=group, persons=persons, paging=paging, wanted=wanted)


async def show(context: RequestContext) -> Response:
    return await _show(context, context.request.query_params.get("id", ""))


async def change(context: RequestContext) -> Response:
    """Set name and id, or neither. An id that is another person's is a question, which the page asks.

    Of two who become one, the name is that of the id that stays, if it has one.
    """
    group = await group_of(context)
    form, persons = context.form, context.services.persons
    person_id, wanted, name = (form.get(field, "").strip() for field in ("id", "new_id", "name"))
    merge = form.get("merge", "") == "yes"

    def work() -> Person:
        return persons.change(
            context.app,
            group.name,
            person_id,
            new_id=wanted or None,
            name=None if merge else name,
            merge=merge,
        )

    try:
        person = await context.quick(work)
    except ServiceError as error:
        if error.code not in _OF_A_FIELD:
            raise
        return await _show(context, person_id, 422, wanted, error)
    return context.redirect(
        f"{person_path(context, group, person.id)}", "persons_merged" if merge else "person_changed"
    )


async def delete(context: RequestContext) -> Response:
    group = await group_of(context)
    person_id = context.form.get("id", "")
    await context.quick(lambda: context.services.persons.delete(context.app, group.name, person_id))
    return context.redirect(f"{group_path(context, group.name)}/persons", "person_deleted")


async def resolve(context: RequestContext) -> Response:
    """For each of some names: the id that a new person of it gets, and who of the group is meant perhaps."""
    group = await group_of(context)
    try:
        names = json.loads(context.form.get("names", ""))
    except ValueError:
        raise Refused(422) from None
    if not isinstance(names, list) or len(names) > _MOST_NAMES or not all(isinstance(each, str) for each in names):
        raise Refused(422)
    return context.json(await context.quick(lambda: [_meant(context, group, as_kept(name)) for name in names]))


def person_path(context: RequestContext, group: Group, person_id: str) -> str:
    """The path of a person's page. Ids of Search Face may have any characters, so they are no part of a path."""
    return f"{group_path(context, group.name)}/person{context.query(id=person_id)}"


def _meant(context: RequestContext, group: Group, name: str) -> dict[str, object]:
    persons = context.services.persons
    there = persons.named(group, name)
    if policy.is_label(name):
        there += [person for person in persons.find(group, [name]) if person not in there]
    is_free = policy.is_external_image_id(name) and all(person.id != name for person in there)
    return {
        "id": name if is_free else new_id(),
        "there": [{"id": each.id, "name": each.name, "faces": each.face_count} for each in there],
    }


async def _show(
    context: RequestContext, person_id: str, status: int = 200, new_id: str = "", error: ServiceError | None = None
) -> Response:
    group = await group_of(context)
    where = FaceFilter(external_image_id=person_id)

    def read() -> tuple[Person, Sequence[FaceRecord]]:
        person = context.services.persons.require(group, person_id)
        return person, context.services.faces.slice(group, where, 0, ITEMS)[0]

    person, faces = await context.quick(read)
    return context.page(
        "person.html",
        status,
        group=group,
        person=person,
        faces=faces,
        new_id=new_id,
        clash=error is not None and error.code is ErrorCode.PERSON_EXISTS,
        error=context.why(error) if error else "",
    )
