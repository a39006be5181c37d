"""Every setting of the server, with its default: environment variables `VISAVIS_*`, nested by `__`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from visavis.types import CENTURY_HOURS
from visavis.vision.catalogue import best_installed
from visavis.vision.pool.cores import usable_cores
from visavis.vision.store import default_directory

_ORIGIN = re.compile(r"https?://[^/?#\s,@*]+")


_ROOT_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_OF_CLIENTS = frozenset({"VISAVIS_URL", "VISAVIS_APP_KEY", "VISAVIS_SECRET_KEY", "VISAVIS_GROUP"})
"""Environment variables of clients, as examples and guides name them; the server ignores them."""


def _networks(value: str) -> str:
    """The text, if it is addresses or networks with commas between. Raises `ValueError`."""
    for network in filter(None, value.split(",")):
        ip_network(network.strip())
    return value


class QuotaSettings(BaseModel):
    """How much an app may store; exact also under concurrent requests."""

    model_config = ConfigDict(frozen=True)

    faces_per_group: int = Field(100_000, ge=1, description="Faces a group may have.")
    groups_per_app: int = Field(1_000, ge=1, description="Groups an app may have.")


class FetchSettings(BaseModel):
    """How pictures are downloaded by URL."""

    model_config = ConfigDict(frozen=True)

    allow_private_addresses: bool = Field(
        default=False,
        description="Allow image URLs at private, loopback and link-local addresses: "
        "anybody with a key can then make this server fetch from its own network.",
    )
    connect_seconds: float = Field(3.0, gt=0, description="Longest time to look up and connect.")
    total_seconds: float = Field(10.0, gt=0, description="Longest time for the whole download.")


class WebhookSettings(BaseModel):
    """Settings of the webhooks of groups."""

    model_config = ConfigDict(frozen=True)

    allow_networks: str = Field(
        "",
        description="Addresses or networks, commas between, that webhooks may lead to though they are not public, "
        "and by http too, such as `192.168.7.20`. Without any, webhooks lead to public addresses by https.",
    )

    @field_validator("allow_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        return _networks(value)


class EdgeSettings(BaseModel):
    """Limits for connections and requests of clients."""

    model_config = ConfigDict(frozen=True)

    trusted_proxies: str = Field(
        "",
        description="Comma-separated addresses or networks of proxies whose X-Forwarded-For, "
        "X-Forwarded-Proto and X-Forwarded-Prefix are trusted; by default none are.",
    )
    cors_origins: str = Field(
        "",
        description="Comma-separated origins of web pages that may call the operations from a browser, such as "
        "`https://app.example.com`; `*` is every page. By default none may.",
    )
    wrong_keys_per_minute: int = Field(
        300, ge=1, description="Requests with wrong keys that an address may send before it has to wait."
    )
    connections: int = Field(
        900,
        ge=1,
        description="Connections at the same time, including TLS handshakes; further ones are answered 503. If "
        "the "
        "system allows a process too few files (`ulimit -n`), the limit is lowered to leave 192 for the database "
        "and the rest.",
    )
    handshake_seconds: float = Field(5.0, gt=0, description="Longest time for a TLS handshake.")
    head_seconds: float = Field(10.0, gt=0, description="Longest time for a request's line and headers.")
    body_pause_seconds: float = Field(15.0, gt=0, description="Longest wait for the next piece of a body.")
    body_seconds: float = Field(120.0, gt=0, description="Longest wait for all pieces of a body together.")
    answer_seconds: float = Field(
        30.0, gt=0, description="Longest time for a client to read an answer that the server is holding."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_proxies(cls, value: str) -> str:
        return _networks(value)

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in filter(None, (each.strip() for each in value.split(","))):
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://app.example.com")
        return value


class WorkSettings(BaseModel):
    """How much work runs at the same time."""

    model_config = ConfigDict(frozen=True)

    cpu_places: int = Field(
        default_factory=usable_cores,
        ge=1,
        description="Pictures processed at the same time, each in a process of its own.",
    )
    provider: Literal["cpu", "openvino", "cuda", "coreml"] = Field(
        "cpu",
        description="ONNX Runtime's execution provider, which has to [be installed](operations.md#providers).",
    )
    picture_seconds: float = Field(
        10.0,
        gt=0,
        description="Longest time for one picture; after that its process is killed and the request refused.",
    )
    picture_memory_mb: int = Field(
        1200, ge=200, description="Memory that a process may use for a picture, in addition to the networks."
    )
    worker_pictures: int = Field(
        1000, ge=1, description="Pictures after which a worker process is replaced by a fresh one."
    )
    image_requests: int = Field(
        32,
        ge=1,
        description="Image requests in progress at the same time; if several apps send them, at most half for "
        "each.",
    )
    image_queue: int = Field(
        64,
        ge=0,
        description="Image requests that may wait; beyond that, requests are answered 503, first those of the "
        "app with the most.",
    )


class ConsoleSettings(BaseModel):
    """The web console."""

    model_config = ConfigDict(frozen=True)

    enabled: bool = Field(default=True, description="Serve the web console at `/console`.")
    idle_minutes: float = Field(
        60.0, gt=0, le=60 * CENTURY_HOURS, description="Minutes without activity after which a session ends."
    )
    session_hours: float = Field(12.0, gt=0, le=CENTURY_HOURS, description="Hours after which every session ends.")
    proof_minutes: float = Field(
        10.0,
        gt=0,
        le=60 * CENTURY_HOURS,
        description="Minutes after entering the password, and the code if there is a second factor, during "
        "which keys "
        "are shown and accounts changed without asking again.",
    )
    require_second_factor: bool = Field(
        default=False,
        description="Require administrators to enrol a second factor before they can do anything else.",
    )


class AuditSettings(BaseModel):
    """What the audit log records, and for how long."""

    model_config = ConfigDict(frozen=True)

    record: Literal["changes", "uses", "everything"] = Field(
        "uses",
        description="What is recorded: `changes` records changes and refused credentials; `uses` also records "
        "every use of a "
        "face, such as searches, comparisons and detections; `everything` also records listings.",
    )
    keep_days: float | None = Field(
        None,
        gt=0,
        le=CENTURY_HOURS // 24,
        description="Days after which records are removed from the audit log; without it they are kept.",
    )


class Settings(BaseSettings):
    """The server's settings. They do not change while it runs."""

    model_config = SettingsConfigDict(
        env_prefix="VISAVIS_", env_nested_delimiter="__", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Field(Path("visavis-data"), description="Where the database and the key file are stored.")
    models_dir: Path = Field(
        default_factory=default_directory,
        description="Where model weights are stored; shared by all data directories.",
    )
    recognition_model: str = Field(
        default_factory=lambda given: best_installed(given.get("models_dir", default_directory())).name,
        description="The recognition model for new groups and for comparisons, one of `visavis models list`. "
        "Groups keep the model that they were created with until they are moved.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="The PostgreSQL database that stores the records, `postgresql://user:password@host/name`, for "
        "one server or many; without it they are in a SQLite file in the data directory.",
    )
    database_connections: int = Field(16, ge=2, description="Connections to PostgreSQL at the same time.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    root_path: str = Field(
        "",
        description="The path that a proxy publishes the server under, such as `/face`. A trusted proxy may "
        "send it in "
        "X-Forwarded-Prefix instead.",
    )
    tls_cert: Path | None = Field(
        None, description="Certificate chain, PEM; with it the server speaks only https."
    )
    tls_key: Path | None = Field(None, description="The certificate's private key, PEM, without a password.")
    master_key: SecretStr | None = Field(
        None,
        description="32 random bytes in Base64 that encrypt every group's key, or two such keys separated by "
        "white space "
        "while one [replaces the other](keys.md); if no master key is set, it is "
        "kept in the file master.key in the data directory.",
    )
    master_key_file: Path | None = Field(None, description="A file to read the master key from instead.")
    master_key_command: SecretStr | None = Field(
        None, description="A command that prints the master key, run instead, without a shell."
    )
    require_private_files: bool = Field(
        default=False,
        description="Do not start while other users of the machine can access the data directory, the database or "
        "a key file; by default this is only a warning.",
    )
    anchor_file: Path | None = Field(
        None,
        description="Where a server records the state of the database, to detect a rollback to an older one; "
        "by default the file anchor in the data directory. Keep it with the master key, out of reach of "
        "anybody who can write to the database.",
    )
    admin_token: SecretStr | None = Field(
        None, min_length=20, description="Bearer token of the admin API under /admin; without it that API is off."
    )
    metrics_token: SecretStr | None = Field(
        None, min_length=20, description="Bearer token of `/metrics`, for Prometheus; without it that page is off."
    )
    tracing_endpoint: HttpUrl | None = Field(
        None,
        description="Where traces are sent, as OTLP over HTTP: `http://collector:4318/v1/traces`. Needs the extra "
        "`tracing`; the standard variables `OTEL_*` set the rest.",
    )
    log_format: Literal["text", "json"] = Field("text", description="Format of the log.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The lowest level that is logged; requests are logged at `info`."
    )
    drain_seconds: float = Field(
        0.0,
        ge=0,
        description="How long a server that is told to stop (SIGTERM) keeps accepting requests while `/readyz` "
        "answers 503, so that load balancers notice.",
    )
    archive_passphrase: SecretStr | None = Field(
        None,
        description="Passphrase that encrypts and opens archives of `visavis export` when nobody can be asked "
        "for it.",
    )
    confidence_scale: Literal["percent", "unit"] = Field(
        "percent", description="Report detection confidence as 0-100 or as 0-1."
    )
    index_memory_mb: int = Field(1024, ge=16, description="Memory for the search index of loaded groups.")
    page_token_hours: float = Field(24.0, gt=0, le=CENTURY_HOURS, description="How long a next-token is valid.")
    quota: QuotaSettings = QuotaSettings()
    fetch: FetchSettings = FetchSettings()
    webhook: WebhookSettings = WebhookSettings()
    work: WorkSettings = WorkSettings()
    edge: EdgeSettings = EdgeSettings()
    console: ConsoleSettings = ConsoleSettings()
    audit: AuditSettings = AuditSettings()

    @field_validator("root_path")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if value and not _ROOT_PATH.fullmatch(value):
            raise ValueError("a path such as /face begins with a slash and does not end in one")
        return value


def variables(settings: type[BaseModel] = Settings, prefix: str = "VISAVIS_") -> Iterator[str]:
    """Names of all environment variables, including those of whole groups of settings (as JSON)."""
    for name, setting in settings.model_fields.items():
        yield prefix + name.upper()
        if isinstance(setting.annotation, type) and issubclass(setting.annotation, BaseModel):
            yield from variables(setting.annotation, f"{prefix}{name.upper()}__")


def unknown_variables(given: Iterable[str]) -> Mapping[str, str | None]:
    """The names that look like settings but are none, each with the most similar name of a setting."""
    known = list(variables())
    strange = [name for name in given if name.upper().startswith("VISAVIS_") and name.upper() not in known]
    return {
        name: next(iter(get_close_matches(name.upper(), known, 1)), None)
        for name in sorted(strange)
        if not name.upper().startswith("VISAVIS_TEST_") and name.upper() not in _OF_CLIENTS
    }
