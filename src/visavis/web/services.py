"""What the routes of every dialect call."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core.activity import Activity
from visavis.core.apps import Apps
from visavis.core.attempts import Attempts
from visavis.core.audit import Audit
from visavis.core.collections import Collections
from visavis.core.faces import Faces
from visavis.core.groups import Groups
from visavis.core.search import Search
from visavis.spans import Instrumentation, uninstrumented
from visavis.web.page_tokens import PageTokens
from visavis.web.rates import Rates
from visavis.web.workers import Workers


@dataclass(frozen=True, slots=True)
class Services:
    """Core's services and the helpers of the wire, wired together in `visavis.app`."""

    apps: Apps
    audit: Audit
    groups: Groups
    faces: Faces
    search: Search
    collections: Collections
    attempts: Attempts
    rates: Rates
    workers: Workers
    tokens: PageTokens
    confidence_factor: float
    """What a detection score of 0-1 is multiplied with before it is reported (contract.md 10)."""
    activity: Activity
    """What was asked of the dialects lately, for people to look at."""
    instrument: Instrumentation = uninstrumented
    """Told of the stages of a request that the wire itself has."""
