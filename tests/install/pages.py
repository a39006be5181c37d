"""The commands that a page of docs/ shows."""

from __future__ import annotations

import re

from tests.install.conftest import ROOT


def shell_blocks(page: str) -> list[str]:
    """The shell blocks of the page, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
