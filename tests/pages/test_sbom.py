"""What `make sbom` has written lists every package that servers are installed from, as it is pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def components() -> dict[tuple[str, str], dict[str, Any]]:
    """By name and version: a package may be pinned to several, for several versions of Python."""
    bill = json.loads((ROOT / "visavis.cdx.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "visavis")
    return {(component["name"], component["version"]): component for component in bill["components"]}


@pytest.mark.parametrize("requirements", ["runtime.txt", "tracing.txt"])
def test_every_pinned_package_is_listed_with_its_version_and_hashes(
    components: dict[tuple[str, str], dict[str, Any]], requirements: str
) -> None:
    text = (ROOT / "requirements" / requirements).read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.\[\]-]+)==(\S+)(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pinned) > 50
    for name, version, rest in pinned:
        component = components[name.partition("[")[0], version]
        listed = {
            each["content"] for source in component["externalReferences"] for each in source.get("hashes", ())
        }
        assert listed == set(re.findall(r"sha256:([0-9a-f]{64})", rest))
