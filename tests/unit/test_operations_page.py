"""Dashboard, alerts and page name the metrics that there are, and the page names all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from visavis.errors import ErrorCode
from visavis.spans import Span
from visavis.usage import StorageUse, VisionUse
from visavis.web.admission import AdmissionQueue
from visavis.web.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD = ROOT / "deploy" / "grafana" / "visavis.json"
ALERTS = ROOT / "deploy" / "prometheus" / "visavis-alerts.yml"

SUFFIXES = {"counter": "_total", "info": "_info"}
OF_PROMETHEUS = {"up"}
OF_SCRAPES = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    """With a sample of each, as after a request."""
    metrics = Metrics("sface-fr")
    metrics.watch({"images": AdmissionQueue(1, 1)}, lambda: StorageUse(0, 0, 0, 0, 0))
    metrics.watch_workers(lambda: VisionUse(1, 0, 0, {"time": 0}, {}))
    return metrics


def exposed(metrics: Metrics) -> dict[str, tuple[str, set[str]]]:
    """The kind and the labels of every metric, by the name that it is read under."""
    families = list(metrics.registry.collect())
    own = {collector._name: set(collector._labelnames) for collector in (metrics._requests, metrics._durations)}
    found = {}
    for family in families:
        labels = own.get(family.name) or {label for sample in family.samples for label in sample.labels}
        name = family.name + ("" if family.name.endswith("_info") else SUFFIXES.get(family.type, ""))
        found[name] = family.type.replace("info", "gauge"), labels - {"le"}
    return found


def documented() -> dict[str, tuple[str, set[str]]]:
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) ?\| .+\.? \|$", PAGE, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_the_page_lists_every_metric_with_its_kind_and_labels(metrics: Metrics) -> None:
    assert documented() == exposed(metrics)


def test_the_page_explains_every_stage() -> None:
    section = PAGE.partition("### Stages")[2].partition("\n### ")[0]
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", section, re.MULTILINE) == list(Span)


def expressions(content: Any) -> Iterator[str]:
    """Every PromQL expression of a dashboard or a rule file, queries of variables included."""
    match content:
        case dict():
            for key, value in content.items():
                if key in {"expr", "definition"}:
                    yield value
                else:
                    yield from expressions(value)
        case list():
            for each in content:
                yield from expressions(each)


def names_and_labels(expression: str) -> tuple[set[str], set[str]]:
    """The metrics that an expression asks for, and the labels that it selects or groups by."""
    names = set(re.findall(r"\b(?:visavis|process|python)_\w+|\bup\b", expression))
    selected = re.findall(r"[{,] ?(\w+) ?(?:=~|!~|!=|=)", expression)
    grouped = [
        label for labels in re.findall(r"\b(?:by|on) \(([\w, ]+)\)", expression) for label in labels.split(", ")
    ]
    return names, {*selected, *grouped}


@pytest.mark.parametrize("path", [DASHBOARD, ALERTS], ids=lambda path: path.name)
def test_every_expression_asks_for_metrics_and_labels_that_exist(path: Path, metrics: Metrics) -> None:
    content = json.loads(path.read_text()) if path.suffix == ".json" else yaml.safe_load(path.read_text())
    found = list(expressions(content))
    assert len(found) >= 9
    known = exposed(metrics)
    for expression in found:
        names, labels = names_and_labels(expression)
        assert names, expression
        of_names = set()
        for name in names - OF_PROMETHEUS:
            family = re.sub(r"_(?:bucket|sum|count)$", "", name)
            kind, own = known[family]
            assert (family == name) == (kind != "histogram"), f"{name} is a {kind}"
            of_names |= own
        assert labels <= of_names | OF_SCRAPES, expression


def test_every_stage_and_error_that_is_selected_exists() -> None:
    text = DASHBOARD.read_text().replace('\\"', '"') + ALERTS.read_text()
    assert set(re.findall(r'stage="(\w+)"', text)) <= set(Span)


def test_panels_have_titles_and_no_two_the_same_id_or_place() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [tuple(panel["gridPos"][key] for key in ("x", "y")) for panel in panels]
    assert len(set(places)) == len(places)


def test_every_alert_says_how_bad_it_is_and_what_has_happened() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"].endswith(".")


def test_the_page_explains_every_word_for_an_error() -> None:
    section = PAGE.partition("### Words for errors")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \|$", section, re.MULTILINE)
    listed = [word for row in rows for word in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(ErrorCode)
