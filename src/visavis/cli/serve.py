"""The command `visavis serve`."""

from __future__ import annotations

import logging
import signal
import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from visavis import app as wiring
from visavis.cli.address import command, remember
from visavis.cli.draining import STARTUP_FAILURE, DrainingServer
from visavis.cli.listening import bind, connections_within_limits
from visavis.cli.logs import start_logging
from visavis.cli.terminal import DataDir, out, print_keys, reachable, read_settings, say
from visavis.core.accounts import Accounts
from visavis.core.apps import Apps
from visavis.errors import SetupError
from visavis.identities import KeyKind
from visavis.settings import Settings
from visavis.vision.models import DEFAULT_RECOGNITION, WITHOUT_FR_FEATURE
from visavis.vision.pool.scrubbing import overwrite_freed_memory
from visavis.web.edge.connection import Limits
from visavis.web.edge.tls import Certificate

logger = logging.getLogger(__name__)

FIRST_APP = "default"


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [env: VISAVIS_HOST; 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [env: VISAVIS_PORT; 8000]")] = None,
    data_dir: DataDir = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(help="Certificate chain, PEM; with it, only https is served [env: VISAVIS_TLS_CERT]"),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key, PEM [env: VISAVIS_TLS_KEY]")
    ] = None,
) -> None:
    """Start the server. The first start at a terminal creates an app and prints its keys, once."""
    settings = read_settings(host=host, port=port, data_dir=data_dir, tls_cert=tls_cert, tls_key=tls_key)
    start_logging(settings.log_format, settings.log_level)
    overwrite_freed_memory()
    certificate = _certificate(settings)
    sockets = bind(settings.host, settings.port)  # before keys are printed for nothing
    url = reachable(settings, sockets[0].getsockname()[1])
    _warn_of_a_lesser_model(settings)
    application = wiring.create_app(settings)
    remember(settings, url)
    with wiring.open_apps(settings) as apps:
        _first_start(apps, settings, url)
    if settings.console.enabled:
        with wiring.open_accounts(settings) as accounts:
            _first_account(accounts, settings, url)
    # The server stops in an orderly way on SIGTERM and raises it again at the end, which is a success here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        application,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",  # whose place the server's own connections take
        ws="none",
        proxy_headers=False,  # see visavis.web.edge.proxies
    )
    tls = certificate.context if certificate else None
    server = DrainingServer(config, application, _limits(settings), wiring.refusal, tls, settings.drain_seconds)
    logger.info("Listening on %s", url)
    server.run(sockets)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _warn_of_a_lesser_model(settings: Settings) -> None:
    """Log what new groups get if a file of the default model is missing and nobody chose another."""
    chosen = "recognition_model" in settings.model_fields_set
    if not chosen and settings.recognition_model != DEFAULT_RECOGNITION.name:
        logger.warning(WITHOUT_FR_FEATURE)


def _limits(settings: Settings) -> Limits:
    edge = settings.edge
    connections = connections_within_limits(edge.connections)
    return Limits(connections, edge.head_seconds, edge.answer_seconds, edge.handshake_seconds)


def _certificate(settings: Settings) -> Certificate | None:
    """The TLS certificate, read again on SIGHUP; None if a proxy handles TLS. Raises SetupError."""
    if settings.tls_cert is None or settings.tls_key is None:
        if settings.tls_cert or settings.tls_key:
            raise SetupError("TLS needs both a certificate and its key: --tls-cert and --tls-key.")
        if not _is_local(settings.host) and not settings.edge.trusted_proxies:
            logger.warning(
                "Keys and pictures travel in the clear: give --tls-cert and --tls-key, or put a proxy with TLS in "
                "front and name its address in VISAVIS_EDGE__TRUSTED_PROXIES."
            )
        return None
    certificate = Certificate(settings.tls_cert, settings.tls_key)
    signal.signal(signal.SIGHUP, lambda *_: certificate.reload())
    return certificate


def _is_local(host: str) -> bool:
    return host == "localhost" or (host[:1].isdigit() and host.startswith("127.")) or host == "::1"


def _is_seen(settings: Settings) -> bool:
    """Whether secrets may be printed: on a terminal only, since other output may be stored.

    With a PostgreSQL database there may be many nodes and none is the first, so nothing is printed.
    """
    return settings.database_url is None and sys.stdout.isatty()


def _first_start(apps: Apps, settings: Settings, url: str) -> None:
    if apps.all():
        return
    if _is_seen(settings):
        _greet(url, apps.create(FIRST_APP))
    else:
        create = command(settings, "visavis app create NAME")
        logger.warning("There is no app yet: `%s` creates one and prints its keys.", create)


def _greet(url: str, keys: dict[KeyKind, str]) -> None:
    """Print the keys of the first start, and a command that tries them."""
    out.rule("First start")
    print_keys(FIRST_APP, keys, as_json=False)
    picture = resources.files("visavis") / "assets" / "ines-selfie.jpg"
    out.print("\nPaste this once the server runs:", style="bold")
    say(
        f"curl -X POST -H 'Authorization: {keys[KeyKind.SECRET_KEY]}' -F imageFile=@'{picture}' "
        f"'{url}/v2.0/appkeys/{keys[KeyKind.APP_KEY]}/faces/detect'\n"
    )
    say(f"Every operation of every protocol: {url}/docs\n")


def _first_account(accounts: Accounts, settings: Settings, url: str) -> None:
    """Print how to open the first account, as long as there is none. Earlier links stay valid."""
    if accounts.all():
        return
    invite = command(settings, "visavis console invite")
    if not _is_seen(settings):
        logger.warning("Nobody can sign in to the console yet: `%s` prints a link.", invite)
    elif accounts.is_invited():
        say(f"The link that was printed before still opens the console; `{invite}` prints another.\n")
    else:
        secret = accounts.invite()
        out.print("Open the console, and choose a name and a password:", style="bold")
        say(f"{url}/console/setup#{secret}\n")
