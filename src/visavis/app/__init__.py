"""Wires the packages together. No other package imports all of them."""

from visavis.api.nhn.envelope import refusal
from visavis.app.commands import (
    models_in_use,
    open_accounts,
    open_apps,
    open_calibrations,
    open_comparer,
    open_groups,
    open_services,
)
from visavis.app.records import accept_older, make_records, open_records, operator, restore
from visavis.app.server import create_app
from visavis.app.services import DIALECT_NAMES, DIALECTS

__all__ = [
    "DIALECTS",
    "DIALECT_NAMES",
    "accept_older",
    "create_app",
    "make_records",
    "models_in_use",
    "open_accounts",
    "open_apps",
    "open_calibrations",
    "open_comparer",
    "open_groups",
    "open_records",
    "open_services",
    "operator",
    "refusal",
    "restore",
]
