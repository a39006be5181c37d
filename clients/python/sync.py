"""Writes the synchronous client from the asynchronous one; with `--check`, fails where the file differs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "visavis_client"
SOURCE = PACKAGE / "async_client.py"
TARGET = PACKAGE / "client.py"
HEADER = "# Written by clients/python/sync.py from async_client.py: run `make sync` instead of editing.\n"

REPLACEMENTS = (
    ("for programs on an event loop", "for programs that wait for each answer"),
    (r"Use it on one event loop\.", "Thread-safe."),
    (r"for item in (\S+):\n +yield item\b", r"yield from \1"),
    (r"\basync def ", "def "),
    (r"\bawait (?=[\w.]+\()", ""),
    ("__a(enter|exit)__", r"__\1__"),
    (r"\baclose\b", "close"),
    (r"\bAsync(?=[A-Z])", ""),
)
LEFT_OVER = re.compile("async|await|event loop", re.IGNORECASE)


def main() -> None:
    text = synchronous(SOURCE.read_text(encoding="utf-8"))
    if sys.argv[1:] != ["--check"]:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit(f"{TARGET.name} is not what {SOURCE.name} makes of it: run `make sync`")


def synchronous(text: str) -> str:
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    for line in text.splitlines():
        if LEFT_OVER.search(line):
            sys.exit(f"{SOURCE.name}: no replacement makes this line synchronous: {line.strip()}")
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(command, input=HEADER + text, check=True, capture_output=True, text=True).stdout  # noqa: S603


if __name__ == "__main__":
    main()
