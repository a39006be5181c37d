"""The services that the console uses, wired together in `visavis.app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from visavis.core.access_keys import AccessKeys
from visavis.core.accounts import Accounts
from visavis.core.activity import Activity
from visavis.core.api_preview import Previews
from visavis.core.apps import Apps
from visavis.core.audit import Audit
from visavis.core.collections import Collections
from visavis.core.faces import Faces
from visavis.core.groups import Groups
from visavis.core.persons import Persons
from visavis.core.recognition_events import RecognitionEvents
from visavis.core.search import Search
from visavis.core.second_factor import SecondFactors
from visavis.core.sessions import Sessions
from visavis.core.webhooks import Webhooks
from visavis.usage import StorageUse, VisionUse
from visavis.web.workers import Workers


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A model on this server, for the status page."""

    name: str
    task: str
    """A name of `vision.models.Task`, in lower case."""
    licence: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Sources of the status page."""

    models: Sequence[ModelDescription]
    groups_by_model: Callable[[], Mapping[str, int]]
    """The number of groups of each recognition model, from the database."""
    use: Callable[[], StorageUse]
    vision: Callable[[], VisionUse]
    activity: Activity


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """Core's services, and the threads that they run in."""

    accounts: Accounts
    sessions: Sessions
    second_factors: SecondFactors
    requires_second_factor: bool
    """Whether administrators must have one before they do anything else."""
    apps: Apps
    access_keys: AccessKeys
    groups: Groups
    faces: Faces
    persons: Persons
    recognition_events: RecognitionEvents
    webhooks: Webhooks
    search: Search
    collections: Collections
    workers: Workers
    condition: Condition
    audit: Audit
    previews: Previews
    scale_set: str
    """Description of the faces that the similarity scale was calibrated on."""
