"""A setting that the server could not live with is refused when it starts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from visavis.settings import Settings


@pytest.mark.parametrize(
    "name", ["AUDIT__KEEP_DAYS", "CONSOLE__IDLE_MINUTES", "CONSOLE__SESSION_HOURS", "PAGE_TOKEN_HOURS"]
)
@pytest.mark.parametrize("value", ["1e9", "inf", "nan", "0"])
def test_a_time_that_no_calendar_holds_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VISAVIS_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
