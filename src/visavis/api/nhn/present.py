"""Presents results in the NHN dialects. `factor` is the confidence scale: 100 for percent, 1 for fractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Literal

from visavis.api.nhn import schemas
from visavis.api.nhn.operations import AlignedVerdict
from visavis.api.nhn.paging import FacePage, GroupPage
from visavis.core.compare import Compared, Probe
from visavis.core.detection import Detected
from visavis.core.faces import Registered
from visavis.core.search import Found, Verified
from visavis.types import Box, DetectedFace, FaceRecord, Group, ImageSize, Match, Point, Pose

_LandmarkType = Literal["leftEye", "rightEye", "nose", "leftLip", "rightLip"]


def nothing(_result: None, _factor: float) -> None:
    """Operations without data in their answer."""


def groups(page: GroupPage, _factor: float) -> schemas.GroupListData:
    ids = [schemas.GroupId(groupId=group.name) for group in page.groups]
    return schemas.GroupListData(groupCount=len(ids), groups=ids, nextToken=page.next_token)


def group(found: Group, _factor: float) -> schemas.GroupData:
    return schemas.GroupData(groupId=found.name, createTime=created_at(found), faceCount=found.face_count)


def detected(result: Detected, factor: float) -> schemas.DetectData:
    details = [_detail(face, result.size, factor) for face in result.faces]
    return schemas.DetectData(faceDetailCount=len(details), faceDetails=details)


def registered(result: Registered, factor: float) -> schemas.RegisterData:
    return schemas.RegisterData(
        addedFaceCount=len(result.added),
        addedFaces=[_stored(added.record, factor) for added in result.added],
        addedFaceDetails=[_detail(added.face, result.size, factor) for added in result.added],
        notAddedFaceCount=len(result.not_added),
        notAddedFaces=[_detail(refused.face, result.size, factor) for refused in result.not_added],
    )


def faces(page: FacePage, factor: float) -> schemas.FaceListData:
    stored = [_stored(record, factor) for record in page.faces]
    return schemas.FaceListData(faceCount=len(stored), faces=stored, nextToken=page.next_token)


def matches(result: list[Match], factor: float) -> schemas.SearchData:
    found = [schemas.MatchFace(face=_stored(match.face, factor), similarity=match.similarity) for match in result]
    return schemas.SearchData(matchFaceCount=len(found), matchFaces=found)


def found(result: Found, factor: float) -> schemas.SearchData:
    answer = matches(result.matches, factor)
    return answer.model_copy(update={"sourceFace": source_face(result.probe, factor)})


def compared(result: Compared, factor: float) -> schemas.CompareData:
    matched = [_with_mask_beside(face) for face in compared_faces(result.matched, result.size, factor)]
    unmatched = [_with_mask_beside(face) for face in compared_faces(result.unmatched, result.size, factor)]
    return schemas.CompareData(
        matchedFaceDetailCount=len(matched),
        matchedFaceDetails=matched,
        unmatchedFaceDetailCount=len(unmatched),
        unmatchedFaceDetails=unmatched,
        sourceFace=source_face(result.probe, factor),
    )


def verified(result: Verified, factor: float) -> schemas.VerifyData:
    return schemas.VerifyData(
        similarity=result.similarity,
        face=_stored(result.record, factor),
        sourceFace=source_face(result.probe, factor),
    )


def spoof_checked(result: Detected | AlignedVerdict, factor: float) -> schemas.DetectData:
    """The spoof verdicts. An aligned picture gets an empty box, no landmarks, confidence 0 (contract.md 16)."""
    if isinstance(result, Detected):
        return detected(result, factor)
    nowhere = schemas.BoundingBox(x0=0.0, y0=0.0, x1=0.0, y1=0.0)
    face = schemas.FaceDetail(bbox=nowhere, landmarks=[], spoofing=result.spoof, confidence=0.0)
    return schemas.DetectData(faceDetailCount=1, faceDetails=[face])


def created_at(found: Group) -> str:
    """`YYYY-MM-DDTHH:MM:SS`, UTC (contract.md 9)."""
    return found.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def compared_faces(
    scored: Sequence[tuple[DetectedFace, float]], size: ImageSize, factor: float
) -> list[schemas.ComparedFace]:
    return [
        schemas.ComparedFace(faceDetail=_detail(face, size, factor), similarity=similarity)
        for face, similarity in scored
    ]


def source_face(probe: Probe, factor: float) -> schemas.FaceDetail:
    return _detail(probe.face, probe.size, factor)


def _stored(record: FaceRecord, factor: float) -> schemas.StoredFace:
    return schemas.StoredFace(
        bbox=_bbox(record.box),
        faceId=record.face_id,
        imageId=record.image_id,
        externalImageId=record.external_image_id,
        confidence=record.detection_score * factor,
    )


def _with_mask_beside(face: schemas.ComparedFace) -> schemas.ComparedFaceV2:
    return schemas.ComparedFaceV2(mask=face.faceDetail.mask, **dict(face))


def _detail(face: DetectedFace, size: ImageSize, factor: float) -> schemas.FaceDetail:
    points = face.landmarks
    return schemas.FaceDetail(
        bbox=_bbox(face.box.relative_to(size)),
        landmarks=[
            _landmark("leftEye", points.left_eye, size),
            _landmark("rightEye", points.right_eye, size),
            _landmark("nose", points.nose, size),
            _landmark("leftLip", points.left_lip, size),
            _landmark("rightLip", points.right_lip, size),
        ],
        orientation=_orientation(face.pose),
        mask=face.mask,
        spoofing=face.spoof,
        confidence=face.detection_score * factor,
    )


def _bbox(box: Box) -> schemas.BoundingBox:
    return schemas.BoundingBox(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


def _landmark(kind: _LandmarkType, point: Point, size: ImageSize) -> schemas.Landmark:
    x, y = point
    return schemas.Landmark(type=kind, x=_fraction(x, size.width), y=_fraction(y, size.height))


def _fraction(length: float, whole: int) -> float:
    return min(max(length / whole, 0.0), 1.0)


def _orientation(pose: Pose | None) -> schemas.Orientation | None:
    return schemas.Orientation(x=pose.yaw, y=pose.pitch, z=pose.roll) if pose else None
