"""The page on machines without a network: what it carries over is all that an installation needs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.install.conftest import ROOT, elsewhere, run, serving
from tests.install.pages import shell_blocks
from tests.install.test_wheel import recognises
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9"


def test_what_is_carried_over_runs_without_a_network(tmp_path: Path, model_store: ModelStore) -> None:
    with_network, without = tmp_path / "with", tmp_path / "without"
    shutil.copytree(model_store.directory, with_network / "carry" / "models")  # as if pulled before
    without.mkdir()
    fetching, installing = shell_blocks("offline.md")
    for shown, typed in (
        ("make dist", f"make -s -C {ROOT} dist"),
        ("cp dist/", f"cp {ROOT}/dist/"),
        (" requirements/", f" {ROOT}/requirements/"),
        (".venv/bin/", f"{Path(sys.executable).parent}/"),
        ("python3", sys.executable),
    ):
        assert shown in fetching, "the page has changed"
        fetching = fetching.replace(shown, typed)
    run(["bash", "-euc", fetching], with_network, dict(os.environ))
    shutil.move(with_network / "carry.tar", without)
    shutil.rmtree(with_network)

    unreachable = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "PIP_INDEX_URL", "npm_config_registry"), NOWHERE)
    unreachable |= {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    environment = elsewhere(without, model_store, **unreachable)
    del environment["VISAVIS_MODELS_DIR"]
    steps, _, _ = installing.replace("python3", sys.executable).partition("visavis/bin/visavis serve")
    run(["bash", "-euc", steps], without, environment)
    environment["VISAVIS_MODELS_DIR"] = str(without / "carry" / "models")
    with serving([without / "visavis" / "bin" / "visavis"], without, environment) as server:
        recognises(server)
