"""Working examples: requests that can be sent without changes, and answers that the server could give."""

from __future__ import annotations

import base64
from importlib import resources

from visavis.api.dialect import Dialect
from visavis.api.openapi.schemas import JsonSchema, definitions, resolve
from visavis.api.operation import AnyOperation

GROUP_ID = "staff"
FACE_ID = "8f9d35ad-a210-4b23-9481-55e470a8198c"
_PERSON = "ines-diaz"
_URL = "https://pictures.example/ines.jpg"
_TIME = "2026-03-14T09:26:53"

QUERY: dict[str, object] = {
    "limit": 5,
    "threshold": 90,
    "collectionId": GROUP_ID,
    "faceId": FACE_ID,
    "page": 1,
}
"""Query parameters of the examples; other query parameters are left out."""

_REQUEST: dict[str, object] = {
    "groupId": GROUP_ID,
    "limit": 5,
    "threshold": 90,
    "collectionId": GROUP_ID,
    "requestName": _PERSON,
    "userName": _PERSON,
}

_ANSWER: dict[str, object] = {
    "bbox": {"x0": 0.288, "y0": 0.227, "x1": 0.756, "y1": 0.692},
    "landmarks": [
        {"type": "leftEye", "x": 0.438, "y": 0.41},
        {"type": "rightEye", "x": 0.665, "y": 0.411},
        {"type": "nose", "x": 0.57, "y": 0.5},
        {"type": "leftLip", "x": 0.453, "y": 0.569},
        {"type": "rightLip", "x": 0.642, "y": 0.571},
    ],
    "orientation": {"x": 12.99, "y": -11.17, "z": 1.41},
    "mask": False,
    "spoofing": False,
    "confidence": 93.84,
    "similarity": 97.31,
    "faceId": FACE_ID,
    "imageId": "a9689945-3efc-4387-9da8-d07c00277a07",
    "externalImageId": _PERSON,
    "modelVersion": "sface",
    "groupId": GROUP_ID,
    "createTime": _TIME,
    "groupCount": 1,
    "faceCount": 1,
    "faceDetailCount": 1,
    "addedFaceCount": 1,
    "notAddedFaceCount": 0,
    "notAddedFaces": [],
    "matchFaceCount": 1,
    "matchedFaceDetailCount": 1,
    "unmatchedFaceDetailCount": 0,
    "unmatchedFaceDetails": [],
    "nextToken": "",
    "message": "success",
    "searchId": "0d0f3a4e-54f0-4b0e-8f3e-0c1d3b0c8d11",
    "requestName": _PERSON,
    "userName": _PERSON,
    "faceIdList": [FACE_ID],
    "metaFaceId": "a9689945-3efc-4387-9da8-d07c00277a07",
    "option_liveness": False,
    "liveNess_threshold": 50.0,
    "liveNessScore": 0.0,
    "policy_similarity": 90.0,
    "collection_id": GROUP_ID,
    "face_id": FACE_ID,
    "user_name": _PERSON,
    "create_time": _TIME,
    "meta_face_id": "a9689945-3efc-4387-9da8-d07c00277a07",
    "totalCount": 1,
    "similarity_score": 97.31,
    "apiType": "compare_face",
    "transactionId": "6b1f7a0e-2a5d-4a53-a8a3-1f5f0f6f6c0d",
    "isAvailable": True,
    "boundingBox": {"Width": 0.468, "Height": 0.465, "Left": 0.288, "Top": 0.227},
}


def request_examples(body: JsonSchema, known: dict[str, JsonSchema]) -> dict[str, object]:
    """Bodies with the required fields: one with a picture in Base64, and one with its URL if that is allowed."""
    face = base64.b64encode((resources.files("visavis") / "assets" / "ines-small.jpg").read_bytes()).decode()
    texts = _REQUEST | {"faceImage": face, "bytes": face, "url": _URL, "originFace": face, "targetFace": face}
    by_value = _sample(body, known, texts, absent={"url"}, optional=False)
    by_url = _sample(body, known, texts, absent={"bytes"}, optional=False)
    if by_value == by_url:
        return {"request": {"value": by_value}}
    return {
        "bytes": {"summary": "Pictures in the request itself", "value": by_value},
        "url": {"summary": "Addresses of pictures", "value": by_url},
    }


def success_example(dialect: Dialect, operation: AnyOperation) -> object:
    """A successful answer, wrapped by the dialect."""
    if operation.data is None:
        data = None
    else:
        known = definitions([operation.data])
        sample = _sample(known[operation.data.__name__], known, _ANSWER, absent=_absent(operation), optional=True)
        data = operation.data.model_validate(sample)
    return dialect.success(None, data).body.model_dump(mode="json", exclude_none=True)


def _absent(operation: AnyOperation) -> set[str]:
    """Fields that an answer has only if the request asks for them."""
    if operation.name == "spoofing":
        return {"orientation", "mask"}
    return {"spoofing"} if operation.image else {"spoofing", "sourceFace"}


def _sample(
    schema: JsonSchema,
    known: dict[str, JsonSchema],
    values: dict[str, object],
    *,
    absent: set[str],
    optional: bool,
) -> object:
    """A value of the schema: leaves come from their own examples or from `values` by name; the rest follows it."""

    def sample(schema: JsonSchema) -> object:
        schema = resolve(schema, known)
        if schema["type"] == "array":
            return [sample(schema["items"])]
        wanted = set(schema["properties"]) if optional else _required(schema)
        return {
            name: described["examples"][0]
            if "examples" in described
            else values[name]
            if name in values
            else sample(described)
            for name, described in schema["properties"].items()
            if name in wanted - absent
        }

    return sample(schema)


def _required(schema: JsonSchema) -> set[str]:
    """The properties that are required always, or in one of the alternatives."""
    return {name for way in (schema, *schema.get("oneOf", [])) for name in way.get("required", [])}
