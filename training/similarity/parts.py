"""Which people are fitted on, and which are left for measuring: by a hash of the name, so that it never moves.

    python training/similarity/parts.py lfw LFW ea PEOPLE aaf AAF utk UTK > held.json

lists those who are left, for training/fairness/measure.py.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

_FITTED_OF_FIVE = {"ea": 3}
"""People of East Asian public figures are few, and mostly wanted for measuring."""


def fitted_on(set_name: str, person: str) -> bool:
    """Three people of five; of set `ea` two."""
    return sha256(f"part {person}".encode()).digest()[0] % 5 < _FITTED_OF_FIVE.get(set_name, 3)


def main() -> None:
    """Print the names of the people who are not fitted on, as training/fairness/measure.py takes them."""
    held: list[str] = []
    for name, folder in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        people = [path.stem for path in sorted(Path(folder).iterdir()) if path.is_dir() or path.suffix == ".jpg"]
        held += [person for person in people if not fitted_on(name, person)]
    print(json.dumps(held))


if __name__ == "__main__":
    main()
