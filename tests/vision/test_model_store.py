from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from visavis.errors import SetupError
from visavis.vision.models import (
    CARDS,
    FR_LIVENESS,
    FSANET,
    FSANET_VAR,
    MASK,
    SFACE_NETWORK,
    ModelCard,
    NpmMember,
    WheelMember,
)
from visavis.vision.store import ModelStore, PullStep

pytestmark = pytest.mark.slow

POSE = (FSANET, FSANET_VAR)
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture
def filled(tmp_path: Path, model_store: ModelStore) -> ModelStore:
    """A store of its own with the pose models in it."""
    for card in POSE:
        (tmp_path / card.file).write_bytes(model_store.load(card))
    return ModelStore(tmp_path)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package client reaches no index and no other source."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def current_umask() -> int:
    os.umask(umask := os.umask(0o022))
    return umask


def pull_pose(directory: Path) -> None:
    ModelStore(directory).pull(POSE)


def source_of(card: ModelCard) -> WheelMember:
    assert isinstance(card.source, WheelMember)
    return card.source


@pytest.fixture
def failing_npm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tmp_path_factory.mktemp("bin") / "npm"
    client.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(client.parent))


def fr_liveness_from(**changes: str) -> ModelCard:
    """The card with another source."""
    assert isinstance(FR_LIVENESS.source, NpmMember)
    return replace(FR_LIVENESS, source=replace(FR_LIVENESS.source, **changes))


def test_the_default_models_are_what_their_cards_say(model_store: ModelStore) -> None:
    for card in CARDS:
        if not card.optional or model_store.path(card).exists():
            assert len(model_store.load(card)) == card.size


def test_models_are_pulled_out_of_their_package(tmp_path: Path) -> None:
    directory = tmp_path / "not" / "there" / "yet"
    steps: list[tuple[str, PullStep]] = []
    ModelStore(directory).pull(POSE, lambda card, step: steps.append((card.name, step)))
    assert steps == [
        ("fsanet", PullStep.DOWNLOADING),
        ("fsanet-var", PullStep.DOWNLOADING),
        ("fsanet", PullStep.STORED),
        ("fsanet-var", PullStep.STORED),
    ]
    assert sorted(path.name for path in directory.iterdir()) == sorted(card.file for card in POSE)


def test_a_second_pull_needs_no_network(filled: ModelStore, no_network: None) -> None:
    steps: list[PullStep] = []
    filled.pull([*POSE, MASK], lambda card, step: steps.append(step))
    assert steps == [PullStep.PRESENT] * 3


def test_a_pull_without_network_fails_with_what_the_client_said(tmp_path: Path, no_network: None) -> None:
    with pytest.raises(
        SetupError, match=r"cvglue==1\.0\.0 could not be downloaded(?s:.)*No matching distribution"
    ):
        ModelStore(tmp_path).pull(POSE)
    assert list(tmp_path.iterdir()) == []


def test_a_python_without_a_package_client_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SetupError, match="cannot be started"):
        ModelStore(tmp_path).pull(POSE)


def test_a_missing_file_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=rf"{SFACE_NETWORK.file} is missing; .*visavis models pull"):
        ModelStore(tmp_path).load(SFACE_NETWORK)


@pytest.mark.parametrize("damage", ["truncated", "foreign", "longer", "empty"])
def test_a_damaged_file_is_refused_and_mended_by_the_next_pull(filled: ModelStore, damage: str) -> None:
    path = filled.path(FSANET)
    whole = path.read_bytes()
    damaged = {
        "truncated": whole[:-1],
        "foreign": b"\x00" + whole[1:],
        "longer": whole + b"\x00",
        "empty": b"",
    }[damage]
    path.write_bytes(damaged)
    with pytest.raises(SetupError, match=rf"{FSANET.file} .*visavis models pull"):
        filled.load(FSANET)
    filled.pull(POSE)
    assert path.read_bytes() == whole


def test_a_directory_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SFACE_NETWORK.file).mkdir()
    with pytest.raises(SetupError, match="cannot be read"):
        ModelStore(tmp_path).load(SFACE_NETWORK)


def test_a_package_that_holds_another_file_is_refused(tmp_path: Path) -> None:
    foreign = replace(FSANET, sha256="0" * 64)
    with pytest.raises(SetupError, match="holds another"):
        ModelStore(tmp_path).pull([foreign])
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_the_file_is_refused(tmp_path: Path) -> None:
    absent = replace(FSANET, source=replace(source_of(FSANET), member="cvglue/absent.onnx"))
    with pytest.raises(SetupError, match=r"holds no cvglue/absent\.onnx"):
        ModelStore(tmp_path).pull([absent])


def test_a_package_with_another_checksum_is_refused(tmp_path: Path) -> None:
    other = replace(FSANET, source=replace(source_of(FSANET), sha256="0" * 64))
    with pytest.raises(SetupError, match="could not be downloaded"):
        ModelStore(tmp_path).pull([other])
    assert list(tmp_path.iterdir()) == []


@needs_npm
def test_a_model_is_pulled_out_of_its_npm_package(tmp_path: Path) -> None:
    steps: list[PullStep] = []
    store = ModelStore(tmp_path)
    assert store.pull([FR_LIVENESS], lambda card, step: steps.append(step)) == {}
    assert steps == [PullStep.DOWNLOADING, PullStep.STORED]
    assert [path.name for path in tmp_path.iterdir()] == [FR_LIVENESS.file]
    store.load(FR_LIVENESS)


def test_what_is_optional_is_left_out_and_the_rest_is_pulled(tmp_path: Path, failing_npm: None) -> None:
    steps: list[tuple[str, PullStep]] = []
    store = ModelStore(tmp_path)
    left_out = store.pull([FR_LIVENESS, FSANET], lambda card, step: steps.append((card.name, step)))
    assert list(left_out) == [FR_LIVENESS]
    assert left_out[FR_LIVENESS].endswith("npm said:\nno such package")
    assert [step for step in steps if step[0] == "fr-liveness"] == [
        ("fr-liveness", PullStep.DOWNLOADING),
        ("fr-liveness", PullStep.LEFT_OUT),
    ]
    assert ("fsanet", PullStep.STORED) in steps
    assert store.load_if_there(FR_LIVENESS) is None


def test_an_npm_that_brings_nothing_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tmp_path / "npm"
    client.write_text("#!/bin/sh\necho done\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    left_out = ModelStore(tmp_path / "models").pull([FR_LIVENESS])
    assert "brought no archive; it said:\ndone" in left_out[FR_LIVENESS]


@needs_npm
def test_a_damaged_optional_file_is_mended_by_the_next_pull(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    store.path(FR_LIVENESS).write_bytes(b"damaged")
    store.pull([FR_LIVENESS])
    store.load(FR_LIVENESS)


@needs_npm
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": "0" * 64}, "its SHA-256 differs"),
        ({"member": "package/model/absent.onnx"}, r"holds no package/model/absent\.onnx"),
        ({"member": "package/model"}, "holds no package/model"),
        ({"member": "package/package.json"}, r"holds another package/package\.json"),
    ],
)
def test_an_npm_package_that_is_not_what_the_card_says_is_refused(
    tmp_path: Path, changes: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SetupError, match=complaint):
        ModelStore(tmp_path).pull([fr_liveness_from(**changes)])
    assert list(tmp_path.iterdir()) == []


def test_two_processes_may_pull_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for future in [processes.submit(pull_pose, tmp_path) for _ in range(2)]:
            future.result()
    store = ModelStore(tmp_path)
    for card in POSE:
        store.load(card)
    assert len(list(tmp_path.iterdir())) == len(POSE)


def test_every_card_tells_origin_licence_and_accuracy() -> None:
    for card in CARDS:
        assert card.origin
        assert card.licence
        assert card.input
        assert card.output
        assert card.accuracy, card.name


def test_whoever_runs_the_server_may_read_what_another_user_has_pulled(tmp_path: Path) -> None:
    ModelStore(tmp_path).pull(POSE)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0o666 & ~current_umask() & 0o077}
