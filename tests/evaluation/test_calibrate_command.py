"""`visavis calibrate`: a scale of one's own is stored, used by servers from their next start, and taken back."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.servers import Server, running_server
from tests.conftest import OpenPeoplePicture
from tests.packs import link_models
from visavis.cli import cli
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.storage.store import open_storage
from visavis.types import OwnScale
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import DEFAULT_RECOGNITION, SFACE_2, SFACE_FR
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

MODEL = DEFAULT_RECOGNITION.name
HALVES = OwnScale(MODEL, ((-1.0, 0.0), (1.0, 100.0)), "nobody: a scale for this test", datetime.now(UTC))
"""A scale no faces would give: half of the cosine plus one, in percent."""


def store(data_dir: Path, scale: OwnScale) -> None:
    storage = open_storage(data_dir)
    storage.calibrations.store(scale)
    storage.close()


def calibrate(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["calibrate", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def similarity(server: Server, app: str, source: bytes, target: bytes) -> float:
    with server.v2(server.create_app(app)) as client:
        answer = client.post(
            "/faces/compare",
            files={"sourceImageFile": source, "targetImageFile": target},
            data={"threshold": "1"},
        ).json()
    return float(answer["data"]["matchedFaceDetails"][0]["similarity"])


def cosine(analyzer: Analyzer, first: bytes, second: bytes) -> float:
    embeddings = []
    for data in (first, second):
        with analyzer.decode(data) as picture:
            embeddings.append(analyzer.embed(picture, analyzer.find(picture)[:1], MODEL)[0])
    return float(analyzer.as_probe(embeddings[0], MODEL) @ embeddings[1])


def test_a_server_answers_on_the_stored_scale_and_says_so(
    tmp_path: Path, analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    selfie, portrait = (openpeople_picture("P001", kind) for kind in ("amateur_selfie", "studio_portrait"))
    alike = cosine(analyzer, selfie, portrait)
    card = Calibration.from_table(DEFAULT_RECOGNITION.similarity_table)
    assert abs(card.similarity(alike) - 50 * (alike + 1)) > 1
    store(tmp_path / "data", HALVES)
    with running_server(tmp_path) as server:
        assert similarity(server, "own", selfie, portrait) == pytest.approx(50 * (alike + 1), abs=0.2)
        assert HALVES.measured_on in server.log.read_text()


def test_the_stored_scale_is_shown_and_taken_back(tmp_path: Path) -> None:
    store(tmp_path, HALVES)
    [shown] = json.loads(calibrate("--show", "--json", "--data-dir", str(tmp_path)))
    assert (shown["model"], shown["measured_on"]) == (MODEL, HALVES.measured_on)
    assert shown["knots"] == [[-1.0, 0.0], [1.0, 100.0]]
    assert MODEL in calibrate("--show", "--data-dir", str(tmp_path))
    assert "is back on the scale that came with it" in calibrate("--reset", "--data-dir", str(tmp_path))
    assert "No scale" in calibrate("--reset", "--data-dir", str(tmp_path))
    assert json.loads(calibrate("--show", "--json", "--data-dir", str(tmp_path))) == []


def test_figures_are_on_the_stored_scale_where_it_is_asked_for(people: Path, tmp_path: Path) -> None:
    store(tmp_path, HALVES)
    arguments = ["evaluate", "verify", str(people), "--json", "--resamples", "0"]
    plain, own = (
        json.loads(CliRunner().invoke(cli, [*arguments, *more]).stdout)
        for more in ([], ["--data-dir", str(tmp_path)])
    )
    card = Calibration.from_table(DEFAULT_RECOGNITION.similarity_table)
    for fmr, reported in plain["similarity_at_fmr"].items():
        assert own["similarity_at_fmr"][fmr] == pytest.approx(50 * (card.cosine(reported) + 1))
    assert HALVES.measured_on in own["scale"]


def test_a_new_scale_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    other = OwnScale("another", ((-1.0, 0.0), (0.3, 90.0), (1.0, 100.0)), "others", datetime.now(UTC))
    newer = OwnScale(MODEL, other.knots, "more faces", datetime.now(UTC))
    for scale in (HALVES, other, newer):
        storage.calibrations.store(scale)
    storage.close()
    again = open_storage(tmp_path)
    assert again.calibrations.all() == {"another": other, MODEL: newer}
    assert again.calibrations.delete(MODEL)
    assert not again.calibrations.delete(MODEL)
    assert again.calibrations.all() == {"another": other}
    again.close()


def test_too_few_people_are_refused_and_nothing_is_stored(people: Path, tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["calibrate", str(people), "--data-dir", str(tmp_path / "data")])
    assert refused.stdout == ""
    assert isinstance(refused.exception, SetupError)
    assert "3 people and 8 pairs of different people are too few" in str(refused.exception)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [(), ("--show", "--reset"), ("somewhere", "--show")], ids=" ".join)
def test_it_does_one_thing_at_a_time(arguments: tuple[str, ...], tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["calibrate", *arguments, "--data-dir", str(tmp_path / "data")])
    assert refused.exit_code == 2
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", ["not JSON", "{}", '[["A"]]', '[["A", 1]]'])
def test_a_list_of_names_that_is_none_is_refused(content: str, people: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    names.write_text(content)
    arguments = ["calibrate", str(people), "--set-aside", str(names), "--data-dir", str(tmp_path / "data")]
    refused = CliRunner().invoke(cli, arguments)
    assert isinstance(refused.exception, SetupError)
    assert str(names) in str(refused.exception)


def refused(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, ["calibrate", *map(str, arguments)])
    assert isinstance(done.exception, SetupError), done.output
    assert done.stdout == ""
    return str(done.exception)


def test_a_recipe_of_too_few_people_is_refused_before_any_picture_is_looked_at(
    people: Path, tmp_path: Path, model_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = link_models(tmp_path / "models", model_store)
    monkeypatch.setenv("VISAVIS_MODELS_DIR", str(models))
    done = CliRunner().invoke(cli, ["calibrate", str(people), "--recipe", "ours"])
    assert isinstance(done.exception, SetupError)
    assert "3 people are too few: a recipe with its scale takes at least 700" in str(done.exception)
    assert done.stderr == ""
    assert not (models / "packs").exists()


def test_a_recipe_is_refused_for_its_name_or_its_model_before_its_people_are_counted(people: Path) -> None:
    assert "the name of another recognition model" in refused(people, "--recipe", SFACE_2.name)
    assert "'Ours' is not a name for a model" in refused(people, "--recipe", "Ours")
    assert "lifts the cosines" in refused(people, "--recipe", "ours", "--model", SFACE_FR.name)
    assert "no recognition model nobody" in refused(people, "--recipe", "ours", "--model", "nobody")


@pytest.mark.parametrize("arguments", [("--show", "--recipe", "ours"), ("--reset", "--groups", "folders")])
def test_what_is_fitted_takes_a_folder(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["calibrate", *arguments, "--data-dir", str(tmp_path / "data")])
    assert done.exit_code == 2
    assert "need a folder of people" in done.stderr


def test_a_list_of_groups_that_is_none_is_refused_before_any_picture_is_looked_at(
    people: Path, tmp_path: Path
) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("P001,women\n")
    assert "person,group" in refused(people, "--groups", groups)


def test_real_people_in_groups_are_too_few_too(people: Path, tmp_path: Path) -> None:
    shutil.copytree(people, tmp_path / "all" / "one")
    arguments = (tmp_path / "all", "--groups", "folders", "--data-dir", tmp_path / "data")
    assert "3 people and 8 pairs of different people are too few" in refused(*arguments)
    assert not (tmp_path / "data").exists()


def test_files_may_be_people(people: Path, tmp_path: Path) -> None:
    for name in ("P001", "P002"):
        shutil.copy(people / name / "0.jpg", tmp_path / f"{name}.jpg")
    assert "2 people and 1 pairs" in refused(tmp_path, "--person", "file")
