"""Results of core as the NHN dialects write them."""

from __future__ import annotations

from datetime import UTC
from typing import Literal

from visavis.api.nhn import schemas
from visavis.core.faces import Detected, Registered
from visavis.core.search import Compared, Found, Probe, Verified
from visavis.types import Box, DetectedFace, FaceRecord, Group, ImageSize, Match, Point, Pose

_LandmarkType = Literal["leftEye", "rightEye", "nose", "leftLip", "rightLip"]


class Presenter:
    """Presents on one confidence scale: `confidence_factor` is 100 for percent, 1 for 0-1."""

    def __init__(self, confidence_factor: float) -> None:
        self._factor = confidence_factor

    def detected(self, result: Detected) -> schemas.DetectData:
        details = [self._detail(face, result.size) for face in result.faces]
        return schemas.DetectData(faceDetailCount=len(details), faceDetails=details)

    def registered(self, result: Registered) -> schemas.RegisterData:
        return schemas.RegisterData(
            addedFaceCount=len(result.added),
            addedFaces=[self.stored(added.record) for added in result.added],
            addedFaceDetails=[self._detail(added.face, result.size) for added in result.added],
            notAddedFaceCount=len(result.not_added),
            notAddedFaces=[self._detail(face, result.size) for face in result.not_added],
        )

    def matches(self, matches: list[Match]) -> schemas.SearchData:
        faces = [schemas.MatchFace(face=self.stored(match.face), similarity=match.similarity) for match in matches]
        return schemas.SearchData(matchFaceCount=len(faces), matchFaces=faces)

    def found(self, result: Found) -> schemas.SearchData:
        return self.matches(result.matches).model_copy(update={"sourceFace": self._probe(result.probe)})

    def verified(self, result: Verified) -> schemas.VerifyData:
        return schemas.VerifyData(
            similarity=result.similarity,
            face=self.stored(result.record),
            sourceFace=self._probe(result.probe),
        )

    def compared(self, result: Compared) -> schemas.CompareData:
        matched = [self._compared(face, score, result.size) for face, score in result.matched]
        unmatched = [self._compared(face, score, result.size) for face, score in result.unmatched]
        return schemas.CompareData(
            matchedFaceDetailCount=len(matched),
            matchedFaceDetails=matched,
            unmatchedFaceDetailCount=len(unmatched),
            unmatchedFaceDetails=unmatched,
            sourceFace=self._probe(result.probe),
        )

    def stored(self, record: FaceRecord) -> schemas.StoredFace:
        return schemas.StoredFace(
            bbox=_bbox(record.box),
            faceId=record.face_id,
            imageId=record.image_id,
            externalImageId=record.external_image_id,
            confidence=self._confidence(record.detection_score),
        )

    def _compared(self, face: DetectedFace, similarity: float, size: ImageSize) -> schemas.ComparedFace:
        return schemas.ComparedFace(faceDetail=self._detail(face, size), mask=face.mask, similarity=similarity)

    def _probe(self, probe: Probe) -> schemas.FaceDetail:
        return self._detail(probe.face, probe.size)

    def _detail(self, face: DetectedFace, size: ImageSize) -> schemas.FaceDetail:
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
            confidence=self._confidence(face.detection_score),
        )

    def _confidence(self, detection_score: float) -> float:
        return detection_score * self._factor


def created_at(group: Group) -> str:
    """`YYYY-MM-DDTHH:MM:SS`, UTC (contract.md 9)."""
    return group.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _bbox(box: Box) -> schemas.BoundingBox:
    return schemas.BoundingBox(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


def _landmark(kind: _LandmarkType, point: Point, size: ImageSize) -> schemas.Landmark:
    x, y = point
    return schemas.Landmark(type=kind, x=_fraction(x, size.width), y=_fraction(y, size.height))


def _fraction(length: float, whole: int) -> float:
    return min(max(length / whole, 0.0), 1.0)


def _orientation(pose: Pose | None) -> schemas.Orientation | None:
    return schemas.Orientation(x=pose.yaw, y=pose.pitch, z=pose.roll) if pose else None
