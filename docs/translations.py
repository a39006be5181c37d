"""Which English text each Korean page was translated from.

python docs/translations.py                         lists the pages whose English text has changed since
python docs/translations.py docs/privacy.ko.md ...  marks these pages as compared with their English text as it is
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
MARK = re.compile(r"\n<!-- English: ([0-9a-f]{16}) -->\n\Z")


def korean_pages() -> list[Path]:
    return sorted(DOCS.rglob("*.ko.md"))


def english(page: Path) -> Path:
    """The page that a Korean page is a translation of."""
    return page.with_name(page.name.removesuffix(".ko.md") + ".md")


def digest(page: Path) -> str:
    """The state of the English text of a Korean page."""
    return hashlib.sha256(english(page).read_bytes()).hexdigest()[:16]


def is_current(page: Path) -> bool:
    """Whether the page was compared with the English text as it is now."""
    found = MARK.search(page.read_text("utf-8"))
    return found is not None and found[1] == digest(page)


def mark(page: Path) -> None:
    text = MARK.sub("", page.read_text("utf-8")).rstrip("\n")
    page.write_text(f"{text}\n\n<!-- English: {digest(page)} -->\n", "utf-8")


def main() -> int:
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    for page in pages:
        mark(page)
    stale = [page for page in korean_pages() if not is_current(page)]
    for page in stale:
        print(page.relative_to(DOCS.parent))  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
