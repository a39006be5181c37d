"""Networks run where the setting says; a provider that is not installed refuses the start, with the reason."""

from __future__ import annotations

import onnxruntime
import pytest

from visavis.errors import SetupError
from visavis.settings import WorkSettings
from visavis.vision.models import SFACE_2
from visavis.vision.pool.fork_server import ForkServer, WorkerPlan
from visavis.vision.session import PROVIDERS
from visavis.vision.store import ModelStore

MISSING = [name for name, each in PROVIDERS.items() if each not in onnxruntime.get_available_providers()]


@pytest.mark.parametrize("provider", MISSING)
def test_a_provider_that_is_missing_refuses_the_start(model_store: ModelStore, provider: str) -> None:
    with pytest.raises(SetupError, match=f"has no execution provider {provider}, only: "):
        ForkServer(WorkerPlan(model_store.directory, SFACE_2.name, provider))


def test_the_setting_names_all_providers() -> None:
    for name in PROVIDERS:
        assert WorkSettings(provider=name).provider == name
    assert WorkSettings().provider == "cpu"
