"""What each dialect would have answered to a request that came by the console: one computation, all presenters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import QueryParams

from visavis.api.curl import curl, split_options
from visavis.api.dialect import Dialect, plain
from visavis.api.operation import AnyOperation
from visavis.core import images
from visavis.core.api_preview import Preview, PreviewRequest, SentPicture
from visavis.core.apps import require_spoken
from visavis.core.compare import Compared
from visavis.core.faces import Detected
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, RequestedAttributes

_PLACES = {"sourceImage": "Source", "targetImage": "Target"}
"""What errors call the two pictures of a comparison."""


@dataclass(frozen=True, slots=True)
class Previews:
    """Answers questions in the words of every dialect that has the operation."""

    dialects: Sequence[Dialect]
    confidence_factor: float

    @property
    def max_image_bytes(self) -> int:
        """Of the most generous dialect."""
        return max(dialect.max_image_bytes for dialect in self.dialects)

    def to(self, question: PreviewRequest, outcome: Detected | Compared | ServiceError) -> list[Preview]:
        """`outcome`: what core made of the request, with all traits that may be reported, or why it did not."""
        return [
            self._reply(dialect, operation, question, outcome)
            for dialect in self.dialects
            for operation in dialect.operations
            if operation.name == question.operation
        ]

    def _reply(
        self,
        dialect: Dialect,
        operation: AnyOperation,
        question: PreviewRequest,
        outcome: Detected | Compared | ServiceError,
    ) -> Preview:
        as_form = operation.form is not None and not any(sent.url for sent in question.pictures)
        request = curl(dialect, operation, question, as_form=as_form)
        try:
            require_spoken(question.app, dialect.name)
            _require_small_enough(dialect, question.pictures)
            if isinstance(outcome, ServiceError):
                raise outcome
            result = _as_asked(outcome, _want(operation, question, as_form=as_form))
        except ServiceError as error:
            wire = dialect.wire_error(error, operation, as_form)
            body = _compact(dialect.failure(wire))
            return Preview(dialect.name, dialect.title, request, wire.status, body, plain(error.detail))
        success = dialect.success(result, operation.present(result, self.confidence_factor))
        body = success.body.model_dump_json(exclude_none=True)
        return Preview(dialect.name, dialect.title, request, 200, body)


def _want(operation: AnyOperation, question: PreviewRequest, *, as_form: bool) -> RequestedAttributes:
    """What the operation's own schema makes of the options."""
    query, body = split_options(operation, question, as_form=as_form)
    given: Mapping[str, Any]
    if as_form and operation.form is not None:
        schema, given = operation.form, {f"{sent.role}File": b"" for sent in question.pictures}
    else:
        schema, given = operation.schema, {sent.role: {"url": ""} for sent in question.pictures}
    parameters = schema.read(QueryParams({name: str(value) for name, value in query.items()}), {**given, **body})
    requested: RequestedAttributes = parameters.requested()
    return requested


def _as_asked(result: Detected | Compared, requested: RequestedAttributes) -> Detected | Compared:
    """The result without what was not asked for."""
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
            place = _PLACES.get(sent.role)
            raise ServiceError(
                ErrorCode.IMAGE_TOO_LARGE, f"{place} image: {detail}" if place else detail, subject=place
            )


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
