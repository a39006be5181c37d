"""Wires the packages together. No other package imports all of them.

Parts are imported on first use: a command that lists apps needs no server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.api.nhn.envelope import refusal
    from visavis.app.commands import (
        models_in_use,
        open_access_keys,
        open_accounts,
        open_apps,
        open_calibrations,
        open_groups,
        open_persons,
        open_recognition_events,
        open_roles,
        open_second_factors,
        open_webhooks,
    )
    from visavis.app.gallery import DIALECT_NAMES
    from visavis.app.recognition import open_comparer, open_detection, open_services
    from visavis.app.records import accept_older, make_records, open_records, operator, restore
    from visavis.app.server import create_app
    from visavis.app.services import DIALECTS

_PARTS = {
    "DIALECTS": "visavis.app.services",
    "DIALECT_NAMES": "visavis.app.gallery",
    "accept_older": "visavis.app.records",
    "create_app": "visavis.app.server",
    "make_records": "visavis.app.records",
    "models_in_use": "visavis.app.commands",
    "open_access_keys": "visavis.app.commands",
    "open_accounts": "visavis.app.commands",
    "open_apps": "visavis.app.commands",
    "open_calibrations": "visavis.app.commands",
    "open_comparer": "visavis.app.recognition",
    "open_detection": "visavis.app.recognition",
    "open_groups": "visavis.app.commands",
    "open_persons": "visavis.app.commands",
    "open_recognition_events": "visavis.app.commands",
    "open_records": "visavis.app.records",
    "open_roles": "visavis.app.commands",
    "open_second_factors": "visavis.app.commands",
    "open_webhooks": "visavis.app.commands",
    "open_services": "visavis.app.recognition",
    "operator": "visavis.app.records",
    "refusal": "visavis.api.nhn.envelope",
    "restore": "visavis.app.records",
}


def __getattr__(name: str) -> Any:
    if name not in _PARTS:
        raise AttributeError(name)
    return getattr(import_module(_PARTS[name]), name)


__all__ = [
    "DIALECTS",
    "DIALECT_NAMES",
    "accept_older",
    "create_app",
    "make_records",
    "models_in_use",
    "open_access_keys",
    "open_accounts",
    "open_apps",
    "open_calibrations",
    "open_comparer",
    "open_detection",
    "open_groups",
    "open_persons",
    "open_recognition_events",
    "open_records",
    "open_roles",
    "open_second_factors",
    "open_services",
    "open_webhooks",
    "operator",
    "refusal",
    "restore",
]
