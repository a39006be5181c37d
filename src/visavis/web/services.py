"""The services that the routes of every dialect call."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core.access_keys import AccessKeys
from visavis.core.access_tokens import AccessTokens
from visavis.core.activity import Activity
from visavis.core.apps import Apps
from visavis.core.attempts import Attempts
from visavis.core.audit import Audit
from visavis.core.collections import Collections
from visavis.core.faces import Faces
from visavis.core.groups import Groups
from visavis.core.persons import Persons
from visavis.core.recognition_events import RecognitionEvents
from visavis.core.search import Search
from visavis.core.webhook_delivery import WebhookDeliveries
from visavis.core.webhooks import Webhooks
from visavis.spans import Instrumentation, uninstrumented
from visavis.web.page_tokens import PageTokens
from visavis.web.rates import Rates
from visavis.web.workers import Workers


@dataclass(frozen=True, slots=True)
class Services:
    """Core's services and the helpers of the wire, wired together in `visavis.app`."""

    apps: Apps
    access_keys: AccessKeys
    access_tokens: AccessTokens
    audit: Audit
    groups: Groups
    faces: Faces
    persons: Persons
    recognition_events: RecognitionEvents
    webhooks: Webhooks
    deliveries: WebhookDeliveries
    search: Search
    collections: Collections
    attempts: Attempts
    rates: Rates
    workers: Workers
    tokens: PageTokens
    confidence_factor: float
    """Detection scores, 0-1, are multiplied with this before they are reported (contract.md 10)."""
    activity: Activity
    """Recent requests of all dialects, for the status page."""
    instrument: Instrumentation = uninstrumented
    """Times the spans of a request that lie outside core."""
