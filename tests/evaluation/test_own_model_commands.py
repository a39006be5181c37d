"""A network of one's own at the command line: added, checked, compared with the default, on real pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.networks import embedding_network
from tests.packs import link_models
from visavis.cli import cli
from visavis.errors import SetupError
from visavis.vision.catalogue import Catalogue, best_installed
from visavis.vision.models import SFACE, SFACE_NETWORK
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

OWN = "own-sface"


@pytest.fixture
def models(tmp_path: Path, model_store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models directory with the default set, which the commands use."""
    directory = link_models(tmp_path / "models", model_store)
    monkeypatch.setenv("VISAVIS_MODELS_DIR", str(directory))
    return directory


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert isinstance(done.exception, SetupError), done.output
    return str(done.exception)


def add_sface(models: Path, *more: str | Path) -> str:
    return run("models", "add", models / SFACE_NETWORK.file, "--name", OWN, "--shape", "sface", *more)


def test_a_file_becomes_a_model_and_the_command_says_what_comes_next(models: Path) -> None:
    said = add_sface(models, "--licence", "Apache-2.0")
    assert f"Added {OWN}: 128 numbers per face, 38.7 MB; licence: Apache-2.0." in said
    for command in ("models check", "calibrate DIR --model", "evaluate compare-models DIR --model"):
        assert f"visavis {command} {OWN}" in said
    assert f"{OWN}: sound" in run("models", "verify")
    assert re.search(rf"│ {OWN} +│ Apache-2.0 +│ yes", run("models", "list"))


def test_terms_that_are_not_told_are_shown_as_such(models: Path) -> None:
    assert "licence: not stated." in add_sface(models)
    own = models.parent / "network.onnx"
    own.write_bytes(embedding_network().SerializeToString())
    said = run("models", "add", own, "--name", "research", "--shape", "arcface", "--non-commercial")
    assert "licence: non-commercial use only." in said
    assert Catalogue.read(models).cards["research"].files[0].non_commercial


def test_a_shape_that_there_is_not_is_refused_with_all_that_there_are(models: Path) -> None:
    said = refused("models", "add", models / SFACE_NETWORK.file, "--name", OWN, "--shape", "facenet")
    assert "There is no shape facenet, only: arcface (" in said
    assert "AuraFace" in said
    assert not (models / "packs").exists()


def test_a_model_whose_people_are_too_few_is_added_and_says_that_it_has_no_scale(
    models: Path, people: Path, tmp_path: Path
) -> None:
    arguments = ("--name", OWN, "--shape", "sface", "--calibrate", people, "--data-dir", tmp_path / "data")
    assert "3 people" in refused("models", "add", models / SFACE_NETWORK.file, *arguments)
    assert Catalogue.read(models).own == (OWN,)
    assert not (tmp_path / "data").exists()


def test_a_folder_without_people_is_refused_before_the_work(models: Path, tmp_path: Path) -> None:
    arguments = ("--name", OWN, "--shape", "sface", "--calibrate", tmp_path / "nowhere")
    assert "There is no folder" in refused("models", "add", models / SFACE_NETWORK.file, *arguments)
    assert Catalogue.read(models).own == ()


def test_two_models_are_compared_on_the_same_faces_looked_at_once(models: Path, people: Path) -> None:
    add_sface(models)
    report = models.parent / "report.html"
    arguments = ("--model", SFACE.name, "--model", OWN, "--resamples", "20")
    found = json.loads(run("evaluate", "compare-models", people, *arguments, "--json", "--report", report))
    assert (found["faces"], found["missed"], found["unreadable"]) == (5, 1, 1)
    assert (found["people"], found["genuine"], found["impostor"]) == (3, 2, 8)
    built_in, own = found["models"]
    assert (built_in["model"], own["model"]) == (SFACE.name, OWN)
    assert built_in["tar_at_far"] == {"1e-3": 1.0, "1e-4": 1.0, "1e-5": 1.0}
    assert built_in["fmr_at_similarity"]["99"] == 0
    assert own["fmr_at_similarity"] == {"80": None, "90": None, "99": None}
    assert own["scale"] == f"none yet: visavis calibrate DIR --model {OWN}"
    assert built_in["file_bytes"] == own["file_bytes"] == SFACE_NETWORK.size
    assert all(model["ms_per_face"] > 0 for model in (built_in, own))
    page = report.read_text(encoding="utf-8")
    for words in ("side by side", OWN, "Genuine pairs refused", "data:image/svg"):
        assert words in page


def test_one_model_is_compared_with_the_default(models: Path, people: Path) -> None:
    said = run("evaluate", "compare-models", people, "--model", SFACE.name, "--resamples", "20")
    assert f"TAR beside {best_installed(models).name}, in points" in said
    assert "too few pairs" in said


def test_it_takes_two_models_to_compare(models: Path, people: Path) -> None:
    for arguments in ((), ("--model", SFACE.name) * 2, ("--model", best_installed(models).name)):
        done = CliRunner().invoke(cli, ["evaluate", "compare-models", str(people), *arguments])
        assert done.exit_code == 2
    assert "no-such" in refused("evaluate", "compare-models", people, "--model", "no-such")


def test_a_network_is_fed_in_every_usual_way_and_nothing_is_said_against_the_right_one(
    models: Path, people: Path
) -> None:
    add_sface(models)
    found = json.loads(run("models", "check", OWN, people, "--resamples", "20", "--json"))
    ways = {way["name"]: way["separation"] for way in found["ways"]}
    assert next(iter(ways)) == "RGB, 0 to 255"
    assert ways["RGB, 0 to 255"] > max(ways["RGB, (x - 127.5) / 127.5"], ways["BGR, x / 255"])
    assert found["people"] == 3  # P003 has two files more, though no face is in them
    said = run("models", "check", OWN, people, "--resamples", "20")
    assert f"the card seems right for {OWN}" in said
