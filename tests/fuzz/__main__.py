"""`python -m tests.fuzz SECONDS [TARGET]...`: fuzz one target after the other, guided by coverage (`make fuzz`).

Corpora are kept in .fuzz/ and taken up again. Ends with the number of inputs tried, and with 1 if one was a
finding: that input is in .fuzz/TARGET-crash-...
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(".fuzz")
MAX_SECONDS_AN_INPUT = 5
MAX_MEGABYTES = 2_000


def main(seconds: int, names: list[str]) -> int:
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - the fuzzing child must instrument it first

    tried, findings = 0, 0
    chosen = names or list(TARGETS)
    for name in chosen:
        command = [sys.executable, "-m", "tests.fuzz", "--child", name, str(max(1, seconds // len(chosen)))]
        run = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")  # noqa: S603 - ours
        done = re.search(r"stat::number_of_executed_units:\s*(\d+)", run.stderr)
        covered = re.findall(r"cov: (\d+)", run.stderr)
        tried += int(done[1]) if done else 0
        findings += run.returncode != 0
        verdict = "no finding" if run.returncode == 0 else f"A FINDING\n{run.stderr[-4000:]}"
        print(f"{name}: {int(done[1]) if done else 0:,} inputs, {covered[-1:]} edges, {verdict}", flush=True)  # noqa: T201
    print(f"{tried:,} inputs in all, {findings} findings")  # noqa: T201
    return int(findings > 0)


def child(name: str, seconds: int) -> None:
    """One target in this process, until libFuzzer ends it."""
    import atheris  # noqa: PLC0415 - installed by `make fuzz` only

    logging.getLogger("python_multipart").setLevel(logging.ERROR)

    with atheris.instrument_imports(
        include=["visavis", "starlette", "python_multipart", "itsdangerous", "idna", "urllib", "ipaddress", "json"]
    ):
        from tests.fuzz import targets  # noqa: PLC0415 - instrumented

    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={MAX_SECONDS_AN_INPUT}",
        f"-rss_limit_mb={MAX_MEGABYTES}",
        f"-artifact_prefix={FOLDER / name}-",
        "-max_len=65536",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    run = targets.TARGETS[name]
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: run(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        child(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
