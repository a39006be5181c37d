"""Similarity scales that were fitted on this installation's own faces: at most one for each recognition model."""

from __future__ import annotations

import json

from sqlalchemy import delete, insert, select

from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import calibrations
from visavis.types import OwnScale


class StoredCalibrations:
    """Scales in the database. A server that starts uses them instead of the scales of the model cards."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def store(self, scale: OwnScale) -> None:
        """Store a scale; it replaces the one that the model may have."""
        with self._database.write() as connection:
            connection.execute(delete(calibrations).where(calibrations.c.model == scale.model))
            connection.execute(
                insert(calibrations).values(
                    model=scale.model,
                    knots=json.dumps(scale.knots),
                    measured_on=scale.measured_on,
                    created_at=scale.created_at,
                )
            )
            self._journal.record(connection, "calibrate", app_id=None, detail=f"similarity of {scale.model}")

    def all(self) -> dict[str, OwnScale]:
        """All scales by the name of their recognition model, in ascending order."""
        columns = (calibrations.c.knots, calibrations.c.measured_on, calibrations.c.created_at)
        statement = select(calibrations.c.model, *columns).order_by(calibrations.c.model)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return {
            model: OwnScale(model, tuple((cosine, similarity) for cosine, similarity in json.loads(knots)), *rest)
            for model, knots, *rest in rows
        }

    def delete(self, model: str) -> bool:
        """Delete the scale of a model; return whether there was one."""
        with self._database.write() as connection:
            found = connection.execute(delete(calibrations).where(calibrations.c.model == model)).rowcount > 0
            if found:
                detail = f"similarity of {model}, back to the scale of its card"
                self._journal.record(connection, "calibrate", app_id=None, detail=detail)
            return found
