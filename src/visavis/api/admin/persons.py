"""Persons of groups: list, show, change, merge, delete; register people and further pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from visavis.api.admin.routing import Body, ForAdmin, OfServer
from visavis.core.enrolment import Enrolled, Enrolment
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, working_for
from visavis.types import Group, ImageBytes, Person
from visavis.web.body import form_fields
from visavis.web.services import Services

MAX_PICTURE_BYTES = 15_000_000
"""Limit for the file of a picture: the body, which has a limit of its own, holds little else."""

_FURTHEST = 2**31 - 1
_PEOPLE = "/apps/{name}/groups/{group_id}/persons"
_ONE = _PEOPLE + "/{person_id:path}"
"""Ids of Search Face may have slashes, so the rest of the path is the id."""

persons = APIRouter(route_class=ForAdmin, tags=["persons"])


class ShownPerson(BaseModel):
    """The faces of a group that share an external image id."""

    id: str = Field(description="The person's id: the external image id of the faces.")
    name: str = Field(description="What the person is called, in any script; empty if none was given.")
    faces: int = Field(description="How many faces are registered.")
    newest: AwareDatetime = Field(description="When the newest of them was registered.")


class PersonPage(BaseModel):
    """A page of persons, by ascending id."""

    persons: list[ShownPerson] = Field(description="The persons.")
    total: int = Field(description="How many match in all.")
    next: int | None = Field(description="The `offset` of the next page; null after the last one.")


class ShownEnrolment(ShownPerson):
    """A person after a picture was registered."""

    face_id: str = Field(description="The id of the face that was registered.")
    quality: float | None = Field(description="The quality of that face, 0 to 100.")


class Deleted(BaseModel):
    """A person who is gone."""

    id: str = Field(description="The id that the person had.")
    faces_deleted: int = Field(description="How many faces were deleted.")


class PersonQuery(BaseModel):
    """Selects persons."""

    model_config = ConfigDict(extra="forbid")

    find: str = Field("", max_length=255, description="Part of an id or of a name.")
    offset: int = Field(0, ge=0, le=_FURTHEST, description="How many persons to skip.")
    limit: int = Field(100, ge=1, le=1_000, description="How many persons per page.")


class PersonChange(Body):
    """Changes of a person, made as one. A field that is left out or null stays as it is."""

    id: str | None = Field(None, description="The new id.")
    name: str | None = Field(None, description="The new name; an empty one takes it away.")
    merge: bool = Field(
        default=False,
        description="Whether the id is that of another person, so that both become one, under that person's name.",
    )


def _form(fields: Mapping[str, object]) -> dict[str, object]:
    picture = {"type": "string", "format": "binary", "description": "The picture, PNG or JPEG."}
    schema = {"type": "object", "properties": {"picture": picture, **fields}, "required": ["picture"]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


_NEW_PERSON = {
    "id": {
        "type": "string",
        "description": "The person's id. If omitted, one is derived from the name, or made at random.",
    },
    "name": {"type": "string", "description": "What the person is called, in any script."},
    "another": {
        "type": "string",
        "enum": ["true", "false"],
        "description": "Whether a person with the same name is somebody else.",
    },
}


@persons.get(_PEOPLE)
async def list_persons(
    services: OfServer, name: str, group_id: str, asked: Annotated[PersonQuery, Query()]
) -> PersonPage:
    """The persons of a group, a page at a time."""

    def read() -> tuple[list[Person], int]:
        group = _group(services, name, group_id)
        return services.persons.slice(group, asked.find, asked.offset, asked.limit)

    found, total = await services.workers.quick(read)
    end = asked.offset + len(found)
    return PersonPage(
        persons=[ShownPerson(**_fields(each)) for each in found],
        total=total,
        next=end if found and end < total else None,
    )


@persons.post(_PEOPLE, status_code=201, openapi_extra=_form(_NEW_PERSON))
async def add_person(services: OfServer, request: Request, name: str, group_id: str) -> ShownEnrolment:
    """Register a person whom the group does not have yet, with the largest face of a picture."""

    def add(app: App, form: Mapping[str, object]) -> Enrolled:
        return Enrolment(services.faces, services.persons).add_person(
            app,
            group_id,
            _picture(form),
            person_id=_text(form, "id"),
            name=_text(form, "name"),
            is_another=_yes_or_no(form, "another"),
        )

    return await _with_picture(services, request, name, {"picture", *_NEW_PERSON}, add)


@persons.get(_ONE)
async def show_person(services: OfServer, name: str, group_id: str, person_id: str) -> ShownPerson:
    """One person."""

    def read() -> Person:
        group = _group(services, name, group_id)
        return services.persons.require(group, person_id)

    return ShownPerson(**_fields(await services.workers.quick(read)))


@persons.patch(_ONE)
async def change_person(
    services: OfServer, name: str, group_id: str, person_id: str, body: PersonChange
) -> ShownPerson:
    """Give a person another name, another id or both, or make one person of two."""

    def change() -> Person:
        app = services.apps.require(name)
        if body.merge:
            if body.id is None:
                raise _wrong("id", "must be the id of the person who stays")
            services.persons.require(services.groups.require(app, group_id), body.id)
        return services.persons.change(app, group_id, person_id, new_id=body.id, name=body.name, merge=body.merge)

    return ShownPerson(**_fields(await services.workers.quick(change)))


@persons.post(_ONE, status_code=201, openapi_extra=_form({}))
async def add_picture(
    services: OfServer, request: Request, name: str, group_id: str, person_id: str
) -> ShownEnrolment:
    """Register the largest face of a further picture of a person."""

    def add(app: App, form: Mapping[str, object]) -> Enrolled:
        enrolment = Enrolment(services.faces, services.persons)
        return enrolment.add_picture(app, group_id, person_id, _picture(form))

    return await _with_picture(services, request, name, {"picture"}, add)


@persons.delete(_ONE)
async def delete_person(services: OfServer, name: str, group_id: str, person_id: str) -> Deleted:
    """Delete a person with all faces and the name, immediately and permanently."""
    count = await services.workers.quick(
        lambda: services.persons.delete(services.apps.require(name), group_id, person_id)
    )
    return Deleted(id=person_id, faces_deleted=count)


async def _with_picture(
    services: Services,
    request: Request,
    name: str,
    allowed: set[str],
    add: Callable[[App, Mapping[str, object]], Enrolled],
) -> ShownEnrolment:
    """Read the form and call `add` once the request has a slot among those with pictures of its app."""
    app = await services.workers.quick(lambda: services.apps.require(name))
    images = services.workers.images

    async def disconnected() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    def work() -> Enrolled:
        working_for.set(app.name)
        return add(app, form)

    with images.admit(app.id) as permit:
        form = await form_fields(request)
        if unknown := form.keys() - allowed:
            raise _wrong(min(unknown), "not a field of this form")
        await images.acquire(permit, disconnected)
        done = await services.workers.run(work)
    quality = done.added.face.quality
    return ShownEnrolment(
        **_fields(done.person),
        face_id=done.added.record.face_id,
        quality=None if quality is None else quality.score,
    )


def _group(services: Services, name: str, group_id: str) -> Group:
    return services.groups.require(services.apps.require(name), group_id)


def _picture(form: Mapping[str, object]) -> ImageBytes:
    data = form.get("picture")
    if not isinstance(data, bytes) or not data:
        raise _wrong("picture", "one file, PNG or JPEG, is needed")
    return ImageBytes(data, MAX_PICTURE_BYTES)


def _text(form: Mapping[str, object], field: str) -> str:
    value = form.get(field, "")
    if not isinstance(value, str):
        raise _wrong(field, "one text is needed")
    return value


def _yes_or_no(form: Mapping[str, object], field: str) -> bool:
    value = _text(form, field)
    if value not in {"", "true", "false"}:
        raise _wrong(field, "true or false is needed")
    return value == "true"


def _wrong(field: str, why: str) -> ServiceError:
    return ServiceError(ErrorCode.INVALID_PARAMETER, f"Parameter '{field}': {why}.", subject=field)


def _fields(person: Person) -> dict[str, object]:
    return {"id": person.id, "name": person.name, "faces": person.face_count, "newest": person.newest}
