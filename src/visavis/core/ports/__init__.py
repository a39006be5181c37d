"""What core needs from the rooms it does not know: pixels, records, downloads, time."""

from visavis.core.ports.accounts import AccountStore, SecondFactorStore
from visavis.core.ports.apps import AccessKeyStore, AppStore
from visavis.core.ports.audit import AuditActing, AuditChain, AuditJournal
from visavis.core.ports.clock import Clock
from visavis.core.ports.gallery import Gallery, PersonStore, RecognitionEventStore
from visavis.core.ports.pictures import AnyAnalyzer, FaceAnalyzer, ImageFetcher, Picture, Recipes
from visavis.core.ports.webhooks import WebhookSender, WebhookStore

__all__ = [
    "AccessKeyStore",
    "AccountStore",
    "AnyAnalyzer",
    "AppStore",
    "AuditActing",
    "AuditChain",
    "AuditJournal",
    "Clock",
    "FaceAnalyzer",
    "Gallery",
    "ImageFetcher",
    "PersonStore",
    "Picture",
    "Recipes",
    "RecognitionEventStore",
    "SecondFactorStore",
    "WebhookSender",
    "WebhookStore",
]
