"""The files of deploy/ name only what exists: settings, ports, paths, files of this repository; and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from visavis import cli
from visavis.api.admin import health
from visavis.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
PORT = 8000

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))


def variables(settings: type[BaseModel] = Settings, prefix: str = "VISAVIS_") -> Iterator[str]:
    """The environment variables that the server reads."""
    for name, setting in settings.model_fields.items():
        if isinstance(setting.annotation, type) and issubclass(setting.annotation, BaseModel):
            yield from variables(setting.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def manifests() -> dict[str, dict[str, Any]]:
    """What deploy/kubernetes/ declares, by kind."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return {each["kind"]: each for file in files for each in yaml.safe_load_all(file.read_text())}


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    [only] = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(only)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"])


@pytest.fixture(scope="module")
def single() -> dict[str, Any]:
    """The one service of the compose file for one machine."""
    [only] = yaml.safe_load((DEPLOY / "compose.single.yaml").read_text())["services"].values()
    return dict(only)


@each_file
def test_every_variable_is_a_setting(path: Path) -> None:
    assert set(re.findall(r"\bVISAVIS_[A-Z_]+", path.read_text())) <= set(variables())


@each_file
def test_every_probe_is_a_path_that_answers(path: Path) -> None:
    routes = {getattr(route, "path", "") for route in health.health(lambda: None, lambda: None).routes}
    assert routes == {"/livez", "/readyz"}
    assert set(re.findall(r"/(?:livez|readyz|health\w*|ping)\b", path.read_text())) <= routes


@each_file
def test_no_file_has_a_secret_in_it(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"[A-Za-z0-9+/]{43}=", text), "a master key"
    assert not re.findall(r"\b[0-9a-f]{32,}\b", text), "an app's key"
    for password in re.findall(r"postgresql://[^:@\s]+:([^@\s]+)@", text):
        assert password == "PASSWORD" or password.startswith("${"), "a password"


def test_secrets_reach_containers_from_outside(
    container: dict[str, Any], services: dict[str, Any], single: dict[str, Any]
) -> None:
    given = {variable["name"]: variable for variable in container["env"]}
    for name in ("VISAVIS_MASTER_KEY", "VISAVIS_DATABASE_URL"):
        assert "secretKeyRef" in given[name]["valueFrom"]
    for service in (*services.values(), single):
        for name, value in service.get("environment", {}).items():
            if "KEY" in name or "PASSWORD" in name:
                assert re.fullmatch(r"\$\{\w+:\?.*\}", value), (
                    f"{name} has no value of its own and may not be empty"
                )


def test_the_image_takes_only_files_that_exist_and_runs_commands_that_exist() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = [names.split()[:-1] for names in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)]
    names = [name for line in copied for name in line]
    assert {"requirements/build.txt", "requirements/runtime.txt", "src"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert "--require-hashes" in dockerfile
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["10001:10001"]
    commands = {
        command.name or command.callback.__name__ for command in cli.cli.registered_commands if command.callback
    }
    assert re.findall(r'^CMD \["(\w+)"\]', dockerfile, re.MULTILINE) == ["serve"]
    assert "serve" in commands


def test_every_file_agrees_on_the_port_of_a_node(container: dict[str, Any], services: dict[str, Any]) -> None:
    assert Settings.model_fields["port"].default == PORT
    assert f"EXPOSE {PORT}" in (DEPLOY / "Dockerfile").read_text()
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]
    assert services["proxy"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    for proxy in ("nginx.conf", "haproxy.cfg"):
        named = re.findall(
            r"^\s*server \S*?(?:node-\w )?(node-\w):(\d+)", (DEPLOY / proxy).read_text(), re.MULTILINE
        )
        assert named == [("node-a", str(PORT)), ("node-b", str(PORT))]
    assert {"node-a", "node-b"} <= set(services)


def test_kubernetes_finds_the_pods_by_their_labels_and_the_port_by_its_name(container: dict[str, Any]) -> None:
    declared = manifests()
    labels = declared["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert declared[kind]["spec"]["selector"]["matchLabels"] == labels
    service = declared["Service"]
    assert service["spec"]["selector"] == labels
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    [rule] = declared["Ingress"]["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": service["metadata"]["name"], "port": {"name": service["spec"]["ports"][0]["name"]}}
    target = declared["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", declared["Deployment"]["metadata"]["name"])
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}


def test_nodes_have_nothing_to_write_on_but_what_is_mounted(
    container: dict[str, Any], services: dict[str, Any]
) -> None:
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}  # noqa: S108
    for node in ("node-a", "node-b"):
        assert services[node]["read_only"]
        assert [mount.partition(":")[0] for mount in services[node]["tmpfs"]] == ["/tmp", "/data"]  # noqa: S108


def test_the_services_of_the_compose_file_read_files_that_exist(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    assert "./nginx.conf" in mounted
    assert all((DEPLOY / name).is_file() for name in mounted if name.startswith("."))
    assert (DEPLOY / services["node-a"]["build"]["context"]).resolve() == ROOT


def test_the_proxies_that_nodes_trust_are_in_a_network_of_their_own(services: dict[str, Any]) -> None:
    networks = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["networks"]
    [own] = networks["default"]["ipam"]["config"]
    for node in ("node-a", "node-b"):
        assert services[node]["environment"]["VISAVIS_EDGE__TRUSTED_PROXIES"] == own["subnet"]


def test_the_server_of_one_machine_has_a_volume_for_what_lasts_and_nothing_else_to_write_on(
    single: dict[str, Any],
) -> None:
    assert single["read_only"]
    assert single["tmpfs"] == ["/tmp"]  # noqa: S108
    assert single["volumes"] == ["data:/data"]
    assert "VOLUME /data" in (DEPLOY / "Dockerfile").read_text()
    assert single["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert (DEPLOY / single["build"]["context"]).resolve() == ROOT
    assert (ROOT / single["build"]["dockerfile"]).is_file()


def test_the_unit_keeps_data_where_systemd_makes_the_directory() -> None:
    unit = (DEPLOY / "visavis.service").read_text()
    assert "Environment=VISAVIS_DATA_DIR=/var/lib/visavis\n" in unit
    assert "StateDirectory=visavis\nStateDirectoryMode=0700\n" in unit
