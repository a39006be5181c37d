"""Similarity scales that were fitted on this installation's own faces: at most one for each recognition model."""

from __future__ import annotations

import json

from visavis.storage.audit.journal import Journal
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import calibrations
from visavis.storage.proof.record_sets import CALIBRATIONS
from visavis.storage.proof.records import Proofs
from visavis.types import OwnScale


class StoredCalibrations:
    """Scales in the database. A server that starts uses them instead of the scales of the model cards."""

    def __init__(self, database: Database, proofs: Proofs, journal: Journal) -> None:
        self._database = database
        self._proofs = proofs
        self._journal = journal

    def store(self, scale: OwnScale) -> None:
        """Store a scale; it replaces the one that the model may have."""
        with self._database.write() as connection:
            self._proofs.delete(connection, CALIBRATIONS, calibrations.c.model == scale.model)
            values = {
                "model": scale.model,
                "knots": json.dumps(scale.knots),
                "measured_on": scale.measured_on,
                "created_at": scale.created_at,
            }
            self._proofs.insert(connection, CALIBRATIONS, [values])
            self._journal.record(connection, "calibrate", app_id=None, detail=f"similarity of {scale.model}")

    def all(self) -> dict[str, OwnScale]:
        """All scales by the name of their recognition model, in ascending order."""
        with self._database.read() as connection:
            rows = self._proofs.all(connection, CALIBRATIONS)
        return {row["model"]: _scale(row) for row in rows}

    def delete(self, model: str) -> bool:
        """Delete the scale of a model; return whether there was one."""
        with self._database.write() as connection:
            found = bool(self._proofs.delete(connection, CALIBRATIONS, calibrations.c.model == model))
            if found:
                detail = f"similarity of {model}, back to the scale of its card"
                self._journal.record(connection, "calibrate", app_id=None, detail=detail)
            return found


def _scale(row: Row) -> OwnScale:
    knots = tuple((cosine, similarity) for cosine, similarity in json.loads(row["knots"]))
    return OwnScale(row["model"], knots, row["measured_on"], row["created_at"])
