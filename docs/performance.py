"""Writes performance.md from what benchmarks/results/ holds.

`python docs/performance.py`, or `make docs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"

INTRODUCTION = """\
# Performance

<!-- Written by docs/performance.py from benchmarks/results/: run `make docs` instead of editing. -->

Every figure on this page comes out of one command, and so does every figure that other pages quote:

```sh
make bench                                # all of them, up to ten minutes each; writes benchmarks/results/
make bench ARGS=--quick                   # all of them in small, under a minute each
make peers DATA=sets                      # beside others, about an hour; brings 1.5 GB of their packages
.venv/bin/python -m benchmarks search     # one of them, after `make bench` has once installed what it needs
.venv/bin/python -m benchmarks search --quick --json
```

Ratios carry further than times. Candidates take turns in one run: each is called once a round, one after the
other, so a slow moment of the machine hits all of them. A ratio is the median over the rounds of one candidate's
time divided by the other's; minima stand beside medians. Your machine will give other times; run it there.
"""

SECTIONS = {
    "search": (
        "Search",
        """\
The question to each engine is the same: which ten faces of the group are nearest to this one? Each holds the
same faces, in memory, and answers with one thread. The faces are made up, but lie as real ones do: four noisy
pictures of each person, cosines of one person around 0.6, cosines of strangers around 0 with the spread that
embeddings of real faces of that size have. People do not cluster, which is what graphs live on.

*The floor* is the time in which one thread can read as many bytes as one byte a dimension takes, with the
fastest reader found (a maximum over 64-bit integers in vector registers). It is measured in turns with the
others, on memory of its own, so it meets the same caches. No exact search over bytes can be faster. *The
products of codes alone* are what our search spends in the library that multiplies them: what lies between that
and the floor is the library's ([why it is this one](decisions/0017-codes-first.md)), what is above it is ours.
`recall@10` is the share of the true ten nearest faces that an engine returned, counted against float64. *x
Visavis* says how many times as long as Visavis an engine took.

A turn is ten searches long here: a group that is searched is mostly searched again, and what an engine finds in
the caches of its own last search is part of what it is. Between two searches by picture a server computes a face,
which fills the caches with other things; the last table has single searches in turns, *cold*, for that.

PostgreSQL is a real server that the benchmark starts, with all it holds in its buffers, vectors in the rows
(`STORAGE PLAIN`), prepared statements and the binary protocol over a Unix socket. HNSW graphs are built with
each library's defaults.
""",
    ),
    "scale": (
        "Groups of any size",
        """\
A real data directory: sealed templates in SQLite, filled and searched as a server does it. *Load* is the first
search after a start, in which the group's templates are read, decrypted and made searchable. *The tight loop*
reads as many sealed templates from an SQLite file of its own and decrypts them, one after the other, and does
nothing else. Both find the file in the system's cache. *Memory* is what the process grew by; getting it from the
system is part of loading, and not of the tight loop.
""",
    ),
    "pipeline": (
        "A request with a picture",
        """\
The whole server but its sockets: its ASGI application is called with a request, picture as Base64 in JSON, and
answers, with the worker process that the picture is sent to. One request at a time, pictures of synthetic people,
the default recognition model. *Networks* are the runs of ONNX Runtime that this very request makes, on the very
inputs, and nothing else; *decode + networks* adds the decoder's calls, and is the floor: `x` is the request
against it. These calls are recorded from the same request with the worker's code in the server's process, and
replayed in one thread. Times are by the wall clock; *processor time* is the ratio by the processor time of server
and worker together. Searches come after the registrations, so the group has the very picture: such a search looks
at all views of the face after the first one ([why](decisions/0088-looks-and-views-where-they-matter.md)), and is
of the dearest kind. Each request is on the [audit log](audit.md), on the disk, before it is answered; *uses not
recorded* is the same request against the same floor under `VISAVIS_AUDIT__RECORD=changes`. *And pixel work* is the
request against these and OpenCV's resizing, turning and cutting out of faces, which every such pipeline has to do:
what is above that is the web framework, credentials, records, messages to the worker and our own arithmetic. *Full
decode + networks* is a floor that decodes every pixel by OpenCV. The second table is of SFace alone as the model,
one view a face. *YuNet + SFace* are their runs in ONNX Runtime, *by OpenCV* the same looks and views through
`cv2.FaceDetectorYN` and `cv2.FaceRecognizerSF`, which includes decoding boxes and suppression. *Same looks* sets
our whole request against decoding and those calls, *at most* is what it would be if the request were its decodes
and networks and nothing else; *one look* is against a plain use of these runners, long side 640. They estimate no
pose and no mask, where we do both. Below 1, OpenCV is faster.
""",
    ),
    "bulk": (
        "Many pictures at once",
        """\
What [`visavis import`](bulk.md) does, without the start of its process: files are read and recognised, faces
found, embedded, sealed and stored, 128 a transaction, by as many threads as there are cores. *Bare* is nothing but
the decodes and network runs of these pictures, by as many threads. *Skipped* are files that the group has already.
""",
    ),
    "http": (
        "HTTP",
        """\
A real server process, real connections that are kept open, a driver that speaks HTTP by hand. *Nothing at all*
is an ASGI application that answers a constant, in the same web server: what is above it is ours. Driver and
server share the machine. Eight clients at once get 1.2 to 1.5 times as many answers as one does to requests that
change nothing: one thread works through them, and records them together
([decision 0090](decisions/0090-what-changes-nothing-runs-in-batches.md)). They get twice as many detections, from
two worker processes.
""",
    ),
    "load": (
        "Under load",
        """\
Requests arrive at random moments of a schedule, whether or not those before them have been answered, and latency
counts from the moment that the schedule says. Detections of a small picture, at rates up to three times what the
server gets through, and pings and lists beside them. In the second table one app floods the server at three times
its capacity while another asks for a fifth of it. Driver and server share the machine.
""",
    ),
    "peers": (
        "Beside others",
        """\
What a user would take instead, each as its own documentation starts it, in a process and an environment of its
own ([decision 0077](decisions/0077-peers-by-package-clients.md)), all on the same pictures in the same run.
Pictures are of ten synthetic people, 640 pixels wide, with small differences. Each first registers portraits, a
hundred a turn, and is searched with selfies, one a turn. Its gallery is then filled with made-up vectors in its
own format: what is measured there is the search. `x Visavis` is how many times as long as Visavis it took; below
1 it was faster. Processor time and memory are those of a process and all that it started. Nobody's threads are
limited. Only Visavis is asked over HTTP, finds faces in pictures that are turned, writes each search to its
audit log before it answers, and encrypts what it keeps; the others are libraries in the process that measures
them.

Accuracy is that of people on whom nothing of ours was fitted: the share of genuine pairs accepted at a false
match rate of 1e-4, with the 95 % interval by people, and the pictures that match nobody because no face was
found in them or the server would refuse it. Their pairs count as refused. Of several faces the one nearest the
centre is meant. What the others' networks were trained on is not in our hands: LFW may be in it.
""",
    ),
}
"""Benchmark to the title of its section and what its figures mean."""


def main() -> None:
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")


WORKERS = """\
## Workers

Pictures are seen by processes of their own ([decision 0049](decisions/0049-pictures-in-processes.md)). What that
costs and brings, `python -m benchmarks.workers --beside CHECKOUT` measures beside a server of the commit
before (571e5b7), which saw them in threads. The two cores are those of a virtual machine among others.

| what | before | now |
|---|--:|--:|
| detection over HTTP, small selfie, 137 kB: median, at 648f473 | 20.9 ms | 23.4 ms |
| the same since pictures are [scanned turned](decisions/0075-what-counts-as-a-face.md) | 22.6 ms | 27.3 ms |
| detection over HTTP, selfie, 775 kB: median, at 648f473 and since | 28.8, 29.2 ms | 33.3, 34.1 ms |
| main process alone, workers that answer at once, 137 kB: its own processor time, in four runs | | 2.2 to 2.8 ms |
| the same: requests a second of one core; reached beside the client that asks | | 361 to 450; 365 |
| memory of a server with two workers: at its start, after selfies, after 16 faces | | 391, 490, 531 MB |
| three pictures with hidden scans at once: longest wait of another app | 47 s | 0.09 s |
| two cores over one, clients included | | x 1.76, x 1.30 in another run |
| two processes that only look at pictures, a core each, in that other run | | x 1.47 |
| `visavis --version`: least processor time of eight | 1.2 s | 0.12 s |
| `visavis app list`: the same | 1.9 s | 0.62 s |

Memory is proportional set size: what processes share counts once.
"""
"""Measured beside a checkout of the commit before, so no file of results is kept."""


def page() -> str:
    return "\n".join([INTRODUCTION, *(part for name in SECTIONS for part in section(name)), WORKERS])


def section(name: str) -> Iterator[str]:
    title, text = SECTIONS[name]
    file = RESULTS / f"{name}.json"
    yield f"## {title}\n"
    yield text
    if not file.exists():
        yield "No full run has been kept yet.\n"
        return
    result = json.loads(file.read_text(encoding="utf-8"))
    yield f"{circumstances(result)}\n"
    for entry in result["tables"]:
        yield f"### {entry['title']}\n"
        yield table(entry["columns"], entry["rows"])
    yield from (f"{note}\n" for note in result["notes"])
    for picture in sorted(RESULTS.glob(f"{name}-*.svg")):
        yield f"![{title}: {picture.stem}](../benchmarks/results/{picture.name})\n"


def circumstances(result: dict[str, Any]) -> str:
    """The machine, the day and the versions, in a sentence each."""
    machine = result["machine"]
    versions = ", ".join(f"{package} {version}" for package, version in result["versions"].items())
    return (
        f"`python -m benchmarks {result['benchmark']}`, {result['measured_at'][:10]}, {result['seconds']:.0f} s: "
        f"{machine['cpu']}, {machine['cores']} cores ({', '.join(machine['capabilities'])}), "
        f"{machine['memory_gib']:g} GiB, {machine['system']}, Python {machine['python']}. Versions: {versions}."
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    rule = ["---", *["--:"] * (len(columns) - 1)]
    return "".join(f"| {' | '.join(line)} |\n" for line in [columns, rule, *rows])


if __name__ == "__main__":
    main()
