"""Shows a request of the console as each dialect would send and answer it: one computation, all presenters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import QueryParams

from visavis.api.curl import curl, split_options
from visavis.api.dialect import Dialect, plain
from visavis.api.operation import AnyOperation
from visavis.core import images
from visavis.core.api_preview import Preview, PreviewRequest, SentPicture
from visavis.core.apps import require_spoken
from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, RequestedAttributes

_SUBJECTS = {"sourceImage": "Source", "targetImage": "Target"}
"""The names of the two pictures of a comparison in errors."""


@dataclass(frozen=True, slots=True)
class Previews:
    """Makes the answers of every dialect that has the operation."""

    dialects: Sequence[Dialect]
    confidence_factor: float

    @property
    def max_image_bytes(self) -> int:
        """The largest picture file that any dialect accepts, in bytes."""
        return max(dialect.max_image_bytes for dialect in self.dialects)

    def to(self, request: PreviewRequest, outcome: Detected | Compared | ServiceError) -> list[Preview]:
        """One answer from each dialect. `outcome`: core's result with all traits computed, or its error."""
        return [
            self._answer(dialect, operation, request, outcome)
            for dialect in self.dialects
            for operation in dialect.operations
            if operation.name == request.operation
        ]

    def _answer(
        self,
        dialect: Dialect,
        operation: AnyOperation,
        request: PreviewRequest,
        outcome: Detected | Compared | ServiceError,
    ) -> Preview:
        as_form = operation.form is not None and not any(sent.url for sent in request.pictures)
        command = curl(dialect, operation, request, as_form=as_form)
        try:
            require_spoken(request.app, dialect.name)
            _require_small_enough(dialect, request.pictures)
            if isinstance(outcome, ServiceError):
                raise outcome
            result = _as_requested(outcome, _requested(operation, request, as_form=as_form))
        except ServiceError as error:
            wire = dialect.wire_error(error, operation, as_form)
            body = _compact(dialect.failure(wire))
            return Preview(dialect.name, dialect.title, command, wire.status, body, plain(error.detail))
        success = dialect.success(result, operation.present(result, self.confidence_factor))
        body = success.body.model_dump_json(exclude_none=True)
        return Preview(dialect.name, dialect.title, command, 200, body)


def _requested(operation: AnyOperation, request: PreviewRequest, *, as_form: bool) -> RequestedAttributes:
    """The attributes that the options request, as the operation's own schema reads them."""
    query, body = split_options(operation, request, as_form=as_form)
    given: Mapping[str, object]
    if as_form and operation.form is not None:
        schema, given = operation.form, {f"{sent.role}File": b"" for sent in request.pictures}
    else:
        schema, given = operation.schema, {sent.role: {"url": ""} for sent in request.pictures}
    parameters = schema.read(QueryParams({name: str(value) for name, value in query.items()}), {**given, **body})
    requested: RequestedAttributes = parameters.requested()
    return requested


def _as_requested(result: Detected | Compared, requested: RequestedAttributes) -> Detected | Compared:
    """The result without the attributes that were not requested."""
    if isinstance(result, Detected):
        return replace(result, faces=[face.only(requested) for face in result.faces])

    def scored(faces: list[tuple[DetectedFace, float]]) -> list[tuple[DetectedFace, float]]:
        return [(face.only(requested), similarity) for face, similarity in faces]

    return replace(
        result,
        probe=replace(result.probe, face=result.probe.face.only(requested)),
        matched=scored(result.matched),
        unmatched=scored(result.unmatched),
    )


def _require_small_enough(dialect: Dialect, pictures: Sequence[SentPicture]) -> None:
    """Raises IMAGE_TOO_LARGE; dialects differ in their limits."""
    for sent in pictures:
        if sent.data is not None and len(sent.data) > dialect.max_image_bytes:
            detail = images.too_large(len(sent.data), dialect.max_image_bytes)
            subject = _SUBJECTS.get(sent.role)
            raise ServiceError(
                ErrorCode.IMAGE_TOO_LARGE, f"{subject} image: {detail}" if subject else detail, subject=subject
            )


def _compact(content: Mapping[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"))
