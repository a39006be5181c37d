"""A network of one's own: from a file to a recognition model, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from tests.networks import Flattening, embedding_network
from tests.packs import GUIDE, link_models
from visavis.errors import SetupError
from visavis.vision.adding import Terms, add_model
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import DEFAULT_RECOGNITION, SFACE, SFACE_NETWORK, Fit, RecognitionCard
from visavis.vision.recognition import Recognizers
from visavis.vision.shapes import SHAPES, Shape
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

ARCFACE, ADAFACE, SFACE_SHAPE = SHAPES
FREE = Terms("Apache-2.0", non_commercial=False)
NAME = "brought"

Save = Callable[[onnx.ModelProto], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a network into a file."""

    def saved(network: onnx.ModelProto) -> Path:
        file = tmp_path / "glintr100.onnx"
        file.write_bytes(network.SerializeToString())
        return file

    return saved


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models directory that is not there yet."""
    return tmp_path / "models"


def embeddings(models: Path, store: ModelStore, card: RecognitionCard, picture: bytes) -> NDArray[np.float32]:
    """Of the one face of a picture, looked at twice at once."""
    recognizers = Recognizers(ModelStore(models), Catalogue({card.name: card}, (), (), {}))
    analyzer = Analyzer.load(store, 1, recognizers)
    with analyzer.decode(picture) as decoded:
        return analyzer.embed(decoded, analyzer.find(decoded) * 2, card.name)


def refusal(models: Path, file: Path, shape: Shape = ARCFACE, name: str = NAME) -> str:
    """Why the network is refused; nothing is left of it."""
    before = sorted(models.rglob("*"))
    with pytest.raises(SetupError) as refused:
        add_model(models, name, file, shape, FREE)
    assert sorted(models.rglob("*")) == before
    return str(refused.value)


@pytest.mark.parametrize("batch", ["None", 1])
def test_a_file_with_the_signature_of_insightface_is_added_and_embeds(
    models: Path, save: Save, model_store: ModelStore, stranger: bytes, batch: int | str
) -> None:
    card = add_model(models, NAME, save(embedding_network(batch=batch)), ARCFACE, FREE)
    assert Catalogue.read(models).own == (NAME,)
    [network] = card.networks
    assert (card.dimension, card.licence) == (512, "Apache-2.0")
    assert (network.channels, network.layout, network.offset, network.divisor) == (
        "RGB",
        "NCHW",
        (127.5, 127.5, 127.5),
        (127.5, 127.5, 127.5),
    )
    assert network.alignment == ARCFACE.alignment
    assert "glintr100.onnx" in network.model.origin
    first, again = embeddings(models, model_store, card, stranger)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert first @ again == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("batch", ["None", 1])
@pytest.mark.parametrize("flattening", ["weight", "constant", "allowzero"])
def test_a_network_that_was_written_for_one_face_at_a_time_takes_several(
    models: Path, save: Save, flattening: Flattening, batch: int | str
) -> None:
    network = embedding_network(batch=batch, flattening=flattening)
    assert add_model(models, NAME, save(network), ARCFACE, FREE).dimension == 512


def test_the_length_that_adaface_answers_with_too_is_left_out(models: Path, save: Save) -> None:
    [network] = add_model(models, NAME, save(embedding_network(with_length=True)), ADAFACE, FREE).networks
    assert (network.output, network.dimension, network.channels) == ("683", 512, "BGR")


def test_a_network_may_take_its_colours_last(models: Path, save: Save) -> None:
    [network] = add_model(models, NAME, save(embedding_network(layout="NHWC")), ARCFACE, FREE).networks
    assert network.layout == "NHWC"


def test_a_file_in_another_name_embeds_as_the_built_in_model_of_the_same_file(
    models: Path, model_store: ModelStore, stranger: bytes
) -> None:
    card = add_model(models, NAME, model_store.path(SFACE_NETWORK), SFACE_SHAPE, FREE)
    own, _ = embeddings(models, model_store, card, stranger)
    uncentred = replace(SFACE, own_fit=Fit("", (), (0.0,) * SFACE.dimension))
    built_in, _ = embeddings(model_store.directory, model_store, uncentred, stranger)
    assert own @ built_in == pytest.approx(1, abs=1e-5)


def test_terms_are_kept_as_they_are_given(models: Path, save: Save) -> None:
    terms = Terms('"research" only,\nsays its \\ author, 연구용 \U0001f600', non_commercial=True)
    card = add_model(models, NAME, save(embedding_network()), ARCFACE, terms)
    assert card.licence == terms.licence
    assert card.networks[0].model.non_commercial


def test_every_shape_says_where_it_is_documented_and_stands_in_the_guide() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    assert all(shape.source and shape.networks for shape in SHAPES)
    guide = GUIDE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `--shape (.+?)` \| (RGB|BGR), ", guide, flags=re.MULTILINE)
    assert rows == [(shape.name, shape.channels) for shape in SHAPES]


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\x08\x08" * 9])
def test_a_file_that_is_no_network_is_refused(models: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "network.onnx"
    file.write_bytes(content)
    assert f"{file} is not an ONNX file" in refusal(models, file)


def test_a_file_that_is_not_there_is_refused(models: Path, tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory)" in refusal(models, tmp_path / "absent.onnx")
    assert "cannot be read (Is a directory)" in refusal(models, tmp_path)


@pytest.mark.parametrize("inside", [False, True], ids=["of the network", "of a branch"])
def test_weights_in_another_file_are_refused(models: Path, save: Save, tmp_path: Path, *, inside: bool) -> None:
    network = embedding_network()
    weight = network.graph.initializer[0]
    if inside:
        branch = helper.make_graph([], "branch", [], [], [weight])
        network.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
        weight = network.graph.node[-1].attribute[0].g.initializer[0]
    (tmp_path / "weights.bin").write_bytes(weight.raw_data)
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="weights.bin")
    assert "keeps weights in files beside it" in refusal(models, save(network))


def test_a_pack_by_hand_with_weights_in_another_file_is_refused_too(models: Path, save: Save) -> None:
    add_model(models, NAME, save(embedding_network()), ARCFACE, FREE)
    file = models / "packs" / NAME / "network.onnx"
    network = onnx.load(file)
    [digest] = [each.sha256 for each in Catalogue.read(models).cards[NAME].files]
    onnx.save(network, file, save_as_external_data=True, location="weights.bin", size_threshold=0)
    card = file.with_name("card.toml")
    card.write_text(card.read_text().replace(digest, hashlib.sha256(file.read_bytes()).hexdigest()))
    with pytest.raises(SetupError, match="keeps weights in files beside it"):
        Recognizers(ModelStore(models), Catalogue.read(models)).load(NAME)


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (
            embedding_network(side=160),
            "takes float n x 3 x 160 x 160; the shape arcface has faces of 112 x 112 px",
        ),
        (embedding_network(kind=TensorProto.UINT8), "takes uint8 n x 3 x 112 x 112"),
        (
            embedding_network(dimension=2),
            r"answers with 2 numbers \(683\) for a face; an embedding has 32 to 4096",
        ),
        (embedding_network(dimension=5000), r"answers with 5000 numbers"),
        (embedding_network(scales=True), "begins with steps that scale pixels.* of the shape sface"),
    ],
    ids=["size", "pixels as bytes", "dimension", "too long", "scales by itself"],
)
def test_a_network_of_another_shape_is_refused(
    models: Path, save: Save, network: onnx.ModelProto, complaint: str
) -> None:
    said = refusal(models, save(network))
    assert re.search(complaint, said), said


def test_a_network_with_two_inputs_is_refused(models: Path, save: Save) -> None:
    network = embedding_network()
    network.graph.input.append(helper.make_tensor_value_info("eyes", TensorProto.FLOAT, [1, 2]))
    assert "has 2 inputs" in refusal(models, save(network))


def test_a_network_with_two_outputs_that_could_be_it_is_refused(models: Path, save: Save) -> None:
    network = embedding_network()
    network.graph.output.append(helper.make_tensor_value_info("row", TensorProto.FLOAT, [1, 196]))
    assert "several outputs that could be the embedding: 512 numbers (683), 196 numbers (row)" in refusal(
        models, save(network)
    )


def test_a_network_whose_answer_depends_on_who_else_is_asked_about_is_refused(models: Path, save: Save) -> None:
    network = embedding_network()
    network.graph.node[-1].output[0] = "each"
    network.graph.node.append(helper.make_node("ReduceMean", ["each"], ["mean"], axes=[0], keepdims=1))
    network.graph.node.append(helper.make_node("Sub", ["each", "mean"], ["683"]))
    assert "gives other results for two faces at once than for each alone" in refusal(models, save(network))


@pytest.mark.parametrize("name", ["", "Upper", "../up", "a/b", "/root", ".", "..", "with space", "a" * 64, "a\n"])
def test_what_is_no_name_is_refused(models: Path, save: Save, name: str) -> None:
    assert "is not a name for a model" in refusal(models, save(embedding_network()), name=name)


@pytest.mark.parametrize("name", [DEFAULT_RECOGNITION.name, SFACE.name, "insightface-w600k-mbf"])
def test_the_name_of_a_model_that_others_mean_is_refused(models: Path, save: Save, name: str) -> None:
    assert "the name of another recognition model" in refusal(models, save(embedding_network()), name=name)


def test_a_name_that_is_taken_stays_with_its_model(models: Path, save: Save) -> None:
    file = save(embedding_network())
    add_model(models, NAME, file, ARCFACE, FREE)
    assert "choose another name" in refusal(models, file, ADAFACE)
    assert Catalogue.read(models).cards[NAME].networks[0].channels == "RGB"


def adding(models: Path, file: Path, most_bytes: int = resource.RLIM_INFINITY) -> subprocess.Popen[str]:
    """The command in a process of its own, which may write no file of more bytes."""
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "visavis", "models", "add", str(file), "--name", NAME, "--shape", "sface"],
        env=dict(os.environ) | {"VISAVIS_MODELS_DIR": str(models)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY)),  # noqa: PLW1509 - no threads here
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def test_a_disk_that_takes_a_part_only_keeps_nothing(models: Path, model_store: ModelStore) -> None:
    command = adding(models, model_store.path(SFACE_NETWORK), most_bytes=1_000_000)
    _, said = command.communicate()
    assert command.returncode == 1
    assert f"The model {NAME} cannot be written into {models} (File too large)" in said
    assert list(models.iterdir()) == []


def test_a_process_that_is_killed_leaves_nothing_that_is_read_and_the_next_one_nothing_at_all(
    tmp_path: Path, model_store: ModelStore
) -> None:
    models = link_models(tmp_path / "models", model_store)
    before = sorted(models.iterdir())
    file = model_store.path(SFACE_NETWORK)
    command = adding(models, file)
    while not (models / f".adding-{NAME}").exists():
        assert command.poll() is None
        time.sleep(0.001)
    command.send_signal(signal.SIGKILL)
    command.communicate()
    left = Catalogue.read(models)
    assert (left.own, left.broken) == ((), {})
    add_model(models, NAME, file, SFACE_SHAPE, FREE)
    assert sorted(models.iterdir()) == sorted([*before, models / "packs", models / "prepared"])
    Recognizers(ModelStore(models), Catalogue.read(models)).load(NAME)
