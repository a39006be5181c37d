"""Writes reliability.md from what benchmarks/results/ holds of kills and of the soak.

`python docs/reliability.py`, or `make docs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"

PROMISES = (
    ("what is promised", "how it is tried", "command"),
    ("---", "---", "---"),
    (
        "What was acknowledged survives a kill; what was deleted stays deleted",
        "processes and servers are killed while they write",
        "`make crash`, a sample in `make test-faults`",
    ),
    (
        "A full, locked or read-only disk is a plain error, and no restart is needed",
        "real file systems, filled",
        "`make test-faults`",
    ),
    (
        "A database that goes away, several nodes, a standby that takes over",
        "[deployment](deployment.md#failover)",
        "`make test-nodes`",
    ),
    (
        "A deleted template is in no file and no memory",
        "raw bytes are searched: [deletion](deletion.md#what-is-left-of-a-deleted-face)",
        "`make test`",
    ),
    (
        "A backup is whole, and one moment",
        "restored and compared, under load: [backup](backup.md)",
        "`make test`, `make test-faults`",
    ),
    (
        "Nothing grows",
        "an hour of mixed load",
        "`make soak`, a minute in `make test-faults`",
    ),
)

PAGE = """\
# Reliability

<!-- Written by docs/reliability.py from benchmarks/results/: run `make docs` instead of editing. -->

What Visavis promises when things go wrong, how that was tried, what came of it, and the command that does it
again. What is measured here was measured on {machine}, with other work on the same cores.

{promises}
## Kills

A process writes from several threads: it registers faces, one to three or 150 in one call, deletes faces,
creates groups, and deletes groups with all that is in them. It says what it begins and what has been
acknowledged. At a random moment it is sent SIGKILL, and then everything is held against what it said:

- every write that was acknowledged is there, and nothing that was deleted;
- what was in the air - begun and not acknowledged - is there as a whole or not at all;
- counters equal rows and every template opens (`visavis db check`);
- the index equals the records, in a new process and in one that lived on beside.

The same is done to the whole server under four clients with real pictures, which is asked over HTTP after its
next start.

{kills}
"In the air" are writes that nobody was told about, so either end is right; "of these done" tells how many had
been. A start is the time from the command to the first answer, of a whole server with its models, or from a
process's beginning to its first write; a loaded machine makes it longer, and there is nothing to repair in it.

```sh
{crash}
```

Another `--seed` kills at other moments. SIGKILL ends a process, not the machine: that a power failure loses
nothing rests on the database, which waits for the disk with each commit (`synchronous = FULL`), and on disks
that do not lie.

## Disks

A disk that is **full**: registration, deletion and whatever else must write is answered 503, -50300, with
`Retry-After` and the sentence "The disk of the database is full." Lists and details go on. A search must be on
the [audit log](audit.md) before it is answered, so it is refused too, unless `VISAVIS_AUDIT__RECORD=changes`.
With room again the next request works, without a restart, and what had been acknowledged is all there. A
database that **takes no writes** or cannot be read is told in the same way; a server does not start on a disk
that cannot be written to, and says so. While another program holds the database's **lock**, who writes waits,
up to 30 seconds, then is answered 503 "The database is busy."; lists are not held up. A **damaged** database is
-50000: no waiting mends that. `visavis db check` finds what is wrong, `visavis restore` puts a
[backup](backup.md) in its place.

503 means that the request can be sent again. Of PostgreSQL, an error that leaves it open whether a commit took
place stays -50000: look before you send that again.

**Clocks.** The order of faces, pages and searches does not depend on the clock.
[Retention](deletion.md#retention) does: a clock that leaps ahead hides faces and deletes none for an hour, and
takes nothing out of the audit log.

## An hour of everything

{clients} clients send {rate:g} actions a second together: registration, search by picture and by id,
verification, detection with all traits, comparison, lists, deletion, groups that come and go, mistakes, and
uploads that are broken off. Each answer must be the one that is to be expected.

{soak}
{requests:,} requests in {minutes:.0f} minutes, {unexpected} of them answered in another way than expected.
Resident memory grew by {growth:g} MB from the second third of the time to the last, descriptors by
{descriptors}.

![What the server held](../benchmarks/results/soak-held.svg)

![Latency](../benchmarks/results/soak-latency.svg)

Latency is that of a machine shared with other work, hence its swings; [performance.md](performance.md) has a
quiet one's.

```sh
make soak                            # an hour; ARGS="--minutes 10 --rate 8"
```
"""


def page() -> str:
    crash, soak = (
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in ("crash", "soak")
    )
    runs = [run["kills"] for run in crash["runs"].values()]
    arguments = "--kills {} --on-postgres {} --servers {}".format(*runs) + f" --seed {crash['seed']}"
    return PAGE.format(
        promises=_lines(PROMISES),
        machine=f"{soak['machine']['cpu']}, {soak['machine']['cores']} cores",
        kills=_table(crash),
        crash=f'make crash ARGS="{arguments}"',
        soak=_table(soak),
        clients=soak["clients"],
        rate=soak["offered_per_second"],
        requests=soak["requests"],
        minutes=soak["minutes"],
        unexpected=sum(soak["unexpected_answers"].values()) or "none",
        growth=soak["growth_mb_second_to_last_third"],
        descriptors=soak["growth_of_descriptors_second_to_last_third"],
    )


def _table(result: dict[str, Any]) -> str:
    [table] = result["tables"]
    rows = [table["columns"], ["---", *["--:"] * (len(table["columns"]) - 1)], *table["rows"]]
    return _lines(rows)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    Path(__file__).with_name("reliability.md").write_text(page(), encoding="utf-8")
