"""Recognition models of the user's own: a card and the files that it names."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests import packs
from tests.packs import GUIDE, NAME, example
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import DEFAULT_RECOGNITION, MASK, SFACE, SFACE_NETWORK, ModelCard
from visavis.vision.own_packs import CalibrationPart, Card, NetworkPart
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

AddPack = Callable[..., Path]


@pytest.fixture
def add_pack(tmp_path: Path, model_store: ModelStore) -> AddPack:
    """Makes the pack of the guide in a models directory of its own, its card changed; returns the directory."""

    def add(*changes: tuple[str, str], name: str = NAME, network: ModelCard = SFACE_NETWORK) -> Path:
        card = example()
        for old, new in changes:
            assert old in card
            card = card.replace(old, new)
        folder = packs.add_pack(tmp_path, model_store, card, name)
        shutil.copy(model_store.path(network), folder / "sface.onnx")
        return tmp_path

    return add


def refusal(models: Path, name: str = NAME) -> str:
    """Why the card is refused; it is told of nothing but this one."""
    catalogue = Catalogue.read(models)
    assert name not in catalogue.cards
    assert list(catalogue.broken) == [name]
    with pytest.raises(SetupError, match=re.escape(catalogue.broken[name])):
        catalogue.require(name)
    return catalogue.broken[name]


def load(models: Path, name: str = NAME) -> None:
    Recognizers(ModelStore(models), Catalogue.read(models)).load(name)


def test_the_card_of_the_guide_does_what_the_guide_says(
    add_pack: AddPack, model_store: ModelStore, stranger: bytes
) -> None:
    models = add_pack()
    catalogue = Catalogue.read(models)
    assert catalogue.own == (NAME,)
    assert catalogue.cards[NAME].dimension == 128
    assert catalogue.cards[NAME].similarity_table[5] == (0.4219, 90)
    analyzer = Analyzer.load(model_store, 1, Recognizers(ModelStore(models), catalogue))
    with analyzer.decode(stranger) as picture:
        [face] = analyzer.find(picture)
        [embedding] = analyzer.embed(picture, [face], NAME)
        [mirrored] = analyzer.embed(picture, [face], NAME)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    assert embedding @ mirrored == pytest.approx(1, abs=1e-5)


def test_the_guide_tells_every_field_and_no_other() -> None:
    _, table = GUIDE.read_text(encoding="utf-8").split("| field | default |")
    rows = re.findall(r"^\| (`[a-z].*?) \|", table, flags=re.MULTILINE)
    fields = {*Card.model_fields} - {"network", "calibration"}
    fields |= {f"network.{name}" for name in NetworkPart.model_fields}
    fields |= {f"calibration.{name}" for name in CalibrationPart.model_fields}
    assert {name for row in rows for name in re.findall("`(.+?)`", row)} == fields


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('licence = "Apache-2.0"', ""), r"card\.toml: licence: Field required"),
        (('licence = "Apache-2.0"', "licence = 2"), "licence: Input should be a valid string"),
        (("mirrored = true", "mirored = true"), r"network\.0\.view\.1\.mirored: Extra inputs"),
        (("mirrored = true", "mirrored = 1"), r"network\.0\.view\.1\.mirrored: Input should be a valid boolean"),
        (("dimension = 128", "dimension = 128.5"), r"network\.0\.dimension: .*valid integer"),
        (('"RGB"', '"rgb"'), r"network\.0\.channels: Input should be 'RGB' or 'BGR'"),
        (("divisor = [1, 1, 1]", "divisor = [1, 0, 1]"), r"network\.0\.divisor\.1: must not be 0"),
        (("divisor = [1, 1, 1]", "divisor = [1, nan, 1]"), r"network\.0\.divisor\.1: .*finite number"),
        (("offset = [0, 0, 0]", "offset = [0, 0]"), r"network\.0\.offset.*: Field required"),
        (('file = "sface.onnx"', 'file = "../sface.onnx"'), r"network\.0\.file: String should match"),
        (('file = "sface.onnx"', 'file = "other.onnx"'), r"network\.0\.file: other\.onnx is not there"),
        (('sha256 = "0ba9', 'sha256 = "0BA9'), r"network\.0\.sha256: String should match"),
        (("[0.4219, 90]", "[0.4219, 77]"), "calibration: knots must rise strictly"),
        (("[1, 100]", "[1, 101]"), "calibration: knots must rise strictly"),
        (("knots = [", "mean = [0.5]\nknots = ["), r"calibration\.mean has 1 numbers; .* add up to 128"),
        (("licence =", "licence"), r"card\.toml is not TOML: .*line 1"),
    ],
)
def test_a_card_that_is_wrong_is_refused_by_file_and_field(
    add_pack: AddPack, change: tuple[str, str], complaint: str
) -> None:
    reason = refusal(add_pack(change))
    assert "card.toml" in reason
    assert re.search(complaint, reason), reason


@pytest.mark.parametrize("name", ["Upper", "-first", "with space", "a" * 64])
def test_a_folder_whose_name_is_no_model_name_is_refused(add_pack: AddPack, name: str) -> None:
    assert "the folder is the model's name" in refusal(add_pack(name=name), name)


@pytest.mark.parametrize("name", [DEFAULT_RECOGNITION.name, SFACE.name, "insightface-w600k-mbf"])
def test_a_pack_cannot_take_the_name_of_a_model_that_others_mean(add_pack: AddPack, name: str) -> None:
    catalogue = Catalogue.read(add_pack(name=name))
    assert "the name of another recognition model" in catalogue.broken[name]
    assert name not in catalogue.own


def test_a_file_that_the_card_does_not_mean_is_refused(add_pack: AddPack) -> None:
    models = add_pack(('sha256 = "0ba9', 'sha256 = "1ba9'))
    with pytest.raises(SetupError, match=r"sface\.onnx is not the file that .*card\.toml names"):
        load(models)


def test_a_network_that_answers_with_another_length_is_refused(add_pack: AddPack) -> None:
    models = add_pack(("dimension = 128", "dimension = 256"))
    with pytest.raises(SetupError, match="do not do what its card says"):
        load(models)


def test_a_network_that_wants_another_input_is_refused(add_pack: AddPack) -> None:
    of_mask = hashlib.sha256((ModelStore(Path()).path(MASK)).read_bytes()).hexdigest()
    models = add_pack((SFACE_NETWORK.sha256, of_mask), network=MASK)
    with pytest.raises(SetupError, match="do not do what its card says"):
        load(models)


def test_an_output_that_is_not_there_is_refused(add_pack: AddPack) -> None:
    models = add_pack(("dimension = 128", 'dimension = 128\noutput = "absent"'))
    with pytest.raises(SetupError, match="has no output absent, only: "):
        load(models)


def test_a_card_without_a_calibration_has_no_scale_and_no_mean(add_pack: AddPack) -> None:
    card, _ = example().split("[calibration]")
    models = add_pack((example(), card))
    own = Catalogue.read(models).cards[NAME]
    assert set(own.mean) == {0.0}
    with pytest.raises(SetupError, match=f"no similarity scale yet; .*visavis calibrate DIR --model {NAME}"):
        _ = own.similarity_table
    load(models)


def test_models_share_the_network_that_they_have_in_common(add_pack: AddPack, model_store: ModelStore) -> None:
    models = add_pack()
    shutil.copy(model_store.path(SFACE_NETWORK), models / SFACE_NETWORK.file)
    recognizers = Recognizers(ModelStore(models), Catalogue.read(models))
    recognizers.load(NAME)
    (models / SFACE_NETWORK.file).unlink()
    recognizers.load(SFACE.name)


def test_a_model_that_is_put_back_works_again(add_pack: AddPack) -> None:
    models = add_pack()
    recognizers = Recognizers(ModelStore(models), Catalogue.read(models))
    file = models / "packs" / NAME / "sface.onnx"
    whole = file.read_bytes()
    file.unlink()
    with pytest.raises(ServiceError, match="missing or damaged") as error:
        recognizers.require(NAME)
    assert error.value.code is ErrorCode.INTERNAL
    assert str(models) not in error.value.detail
    file.write_bytes(whole)
    recognizers.require(NAME)
