"""Several recognition models in one service: groups keep theirs, the default is for new ones."""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.postgres import Postgres
from harness.servers import Keys, Server, running_server, visavis
from tests.packs import NAME, add_pack, example, link_models
from visavis.app import create_app
from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.vision.acceptance import accept
from visavis.vision.catalogue import Catalogue, best_installed
from visavis.vision.models import INSIGHTFACE
from visavis.vision.store import ModelStore

from .conftest import sample

BEFORE, AFTER = "made-before", "made-after"
"""Groups, by when they were made: before the default was changed and after it."""


@dataclass(frozen=True)
class Service:
    """A server whose default was changed, with a group of each model."""

    server: Server
    keys: Keys
    models: Path

    def v2(self) -> httpx.Client:
        return self.server.v2(self.keys)

    def models_of_groups(self) -> dict[str, str]:
        """By the group's id, as v1.0 tells them."""
        path = f"/nhn-face-reco/v1.0/appkeys/{self.keys.appKey}/groups"
        groups = self.server.client.get(path, params={"limit": 9}).json()["data"]["groups"]
        return {group["groupId"]: group["modelVersion"] for group in groups}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, model_store: ModelStore) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("models")
    models = link_models(folder / "models", model_store)
    add_pack(models, model_store)
    with running_server(folder, {"MODELS_DIR": str(models)}, "before.log") as server:
        keys = server.create_app("models")
        with server.v2(keys) as client:
            fill(client, BEFORE)
    with running_server(folder, {"MODELS_DIR": str(models), "RECOGNITION_MODEL": NAME}, "after.log") as server:
        with server.v2(keys) as client:
            fill(client, AFTER)
        yield Service(server, keys, models)


def fill(client: httpx.Client, group: str) -> None:
    assert client.post("/groups", json={"groupId": group}).json()["header"]["isSuccessful"]
    for picture in ("ines-portrait", "omar-selfie"):
        answer = register(client, group, picture).json()
        assert answer["data"]["addedFaceCount"] == 1


def register(client: httpx.Client, group: str, picture: str) -> httpx.Response:
    return client.post(f"/groups/{group}/faces", files={"imageFile": sample(picture)}, data={"limit": "1"})


def search(client: httpx.Client, group: str) -> httpx.Response:
    picture = {"imageFile": sample("ines-selfie")}
    return client.post(f"/groups/{group}/faces/search", files=picture, data={"limit": "9", "threshold": "1"})


def compare(client: httpx.Client) -> Any:
    files = {"sourceImageFile": sample("ines-selfie"), "targetImageFile": sample("ines-portrait")}
    return client.post("/faces/compare", files=files, data={"threshold": "1"}).json()["data"]


def test_a_new_default_is_for_new_groups_only(service: Service) -> None:
    assert service.models_of_groups() == {BEFORE: best_installed(service.models).name, AFTER: NAME}


def test_every_group_is_searched_on_the_scale_of_its_model(service: Service) -> None:
    with service.v2() as client:
        before, after = (search(client, name).json()["data"]["matchFaces"] for name in (BEFORE, AFTER))
    assert before[0]["similarity"] > 99
    assert after[0]["similarity"] > 99
    assert before[0]["similarity"] != pytest.approx(after[0]["similarity"], abs=0.01)


def test_faces_of_old_groups_are_added_and_verified_with_the_old_model(service: Service) -> None:
    with service.v2() as client:
        added = register(client, BEFORE, "ines-selfie").json()["data"]
        [face] = [each["faceId"] for each in added["addedFaces"]]
        picture = {"imageFile": sample("ines-selfie")}
        verified = client.post(f"/groups/{BEFORE}/faces/{face}/verify", files=picture).json()["data"]
        client.delete(f"/groups/{BEFORE}/faces/{face}")
    assert verified["similarity"] == pytest.approx(100, abs=0.01)


def test_two_pictures_are_compared_with_the_default(service: Service) -> None:
    with service.v2() as client:
        compared = compare(client)
        found = search(client, AFTER).json()["data"]
    [match] = compared["matchedFaceDetails"]
    assert match["similarity"] == pytest.approx(found["matchFaces"][0]["similarity"], abs=0.01)


def test_models_are_listed_with_licence_default_and_groups(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_MODELS_DIR", str(service.models))
    monkeypatch.setenv("VISAVIS_RECOGNITION_MODEL", NAME)
    monkeypatch.setenv("COLUMNS", "200")
    listing = visavis("models", "list", "--data-dir", str(service.server.data_dir)).stdout
    rows = {
        cells[0]: cells
        for line in listing.splitlines()
        if len(cells := re.findall(r"[^│\s][^│]*?(?=\s*│)|(?<=│)\s+(?=│)", line)) == 5
    }
    assert [cell.strip() for cell in rows[NAME]] == [NAME, "Apache-2.0", "yes", "yes", "1"]
    assert [cell.strip() for cell in rows[best_installed(service.models).name]][2:] == ["yes", "", "1"]
    assert "visavis models pull edgeface" in rows["edgeface-s-gamma-05"][2]


def test_groups_in_postgresql_are_counted_where_there_is_no_data_directory(
    tmp_path: Path, postgres: Postgres, model_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "DATABASE_URL": postgres.new_database(),
        "MASTER_KEY": b64encode(bytes(32)).decode(),
        "MODELS_DIR": str(model_store.directory),
    }
    monkeypatch.setenv("COLUMNS", "200")
    with running_server(tmp_path, settings) as server, server.v2(server.create_app("counted")) as client:
        client.post("/groups", json={"groupId": "counted"}).raise_for_status()
    listing = visavis("models", "list", "--data-dir", str(tmp_path / "elsewhere"), settings=settings).stdout
    name = best_installed(model_store.directory).name
    row = next(line for line in listing.splitlines() if line.startswith(f"│ {name} "))
    assert [cell.strip() for cell in row.strip("│").split("│")][-1] == "1"


def test_groups_whose_model_is_gone_say_so_and_the_others_work(
    service: Service, tmp_path: Path, model_store: ModelStore
) -> None:
    models = link_models(tmp_path / "models", model_store)
    accept(models, INSIGHTFACE)
    add_pack(models, model_store, f"non_commercial = true\n{example()}", name="research")
    folder = service.server.data_dir.parent
    with (
        running_server(folder, {"MODELS_DIR": str(models)}, "without.log") as server,
        server.v2(service.keys) as client,
    ):
        log = server.log.read_text()
        assert "For NON-COMMERCIAL use only, as accepted here: insightface" in log
        assert "For NON-COMMERCIAL use only, as its card says: research (Apache-2.0)" in log
        assert re.search(rf"WARNING .*{NAME} \(1\).*There is no recognition model {NAME}", log)
        assert search(client, BEFORE).json()["header"]["isSuccessful"]
        for answer in (search(client, AFTER), register(client, AFTER, "ines-selfie")):
            assert answer.status_code == 200
            assert answer.json()["header"]["resultCode"] == -50000
            assert NAME in answer.headers["X-Error-Detail"]
        assert "Traceback" not in server.log.read_text()
        faces = client.get(f"/groups/{AFTER}/faces", params={"limit": 10}).json()["data"]["faces"]
        assert len(faces) == 2
        assert client.delete(f"/groups/{AFTER}/faces/{faces[0]['faceId']}").json()["header"]["isSuccessful"]


def refusal(tmp_path: Path, model: str) -> str:
    """Why a server does not start with this default."""
    with pytest.raises(SetupError) as refused:
        create_app(Settings(data_dir=tmp_path / "data", models_dir=tmp_path / "models", recognition_model=model))
    assert not (tmp_path / "data").exists()
    return str(refused.value)


def test_a_server_refuses_to_start_without_its_default(tmp_path: Path) -> None:
    assert "There is no recognition model absent, only: " in refusal(tmp_path, "absent")


def test_a_server_refuses_a_default_whose_file_is_another(tmp_path: Path, model_store: ModelStore) -> None:
    shutil.copy(Path(__file__), add_pack(tmp_path / "models", model_store) / "sface.onnx")
    said = refusal(tmp_path, NAME)
    assert "sface.onnx is not the file that" in said
    assert f"the file there that packs/{NAME}/card.toml names" in said


def test_a_pack_whose_terms_are_not_accepted_cannot_be_the_default(tmp_path: Path) -> None:
    said = refusal(tmp_path, "insightface-w600k-mbf")
    assert "non-commercial use only" in said
    assert "visavis models pull insightface" in said


def test_an_acceptance_is_of_the_terms_as_they_were(tmp_path: Path) -> None:
    accept(tmp_path, INSIGHTFACE)
    assert "insightface-w600k-mbf" in Catalogue.read(tmp_path).cards
    record = tmp_path / "accepted-terms.json"
    record.write_text(record.read_text().replace("non-commercial", "any"))
    assert "insightface-w600k-mbf" not in Catalogue.read(tmp_path).cards


def test_a_pack_with_terms_is_not_fetched_before_they_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_MODELS_DIR", str(tmp_path / "models"))
    refused = visavis("models", "pull", "insightface", check=False)
    assert refused.returncode == 1
    assert "non-commercial research purposes only" in refused.stderr
    assert "visavis models pull insightface --accept-non-commercial" in refused.stderr
    assert not (tmp_path / "models").exists()
