"""`visavis serve`."""

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
from visavis.api.edge.connection import Limits, guarded_connection
from visavis.api.edge.tls import Certificate
from visavis.cli.draining import DrainingServer
from visavis.cli.logs import start_logging
from visavis.cli.terminal import DataDir, out, print_keys, reachable, read_settings, say
from visavis.core.accounts import Accounts
from visavis.core.apps import Apps
from visavis.errors import SetupError
from visavis.identities import KeyKind
from visavis.settings import Settings

logger = logging.getLogger(__name__)

FIRST_APP = "default"

STARTUP_FAILURE = 3
"""As uvicorn's own command ends when the address is taken; the log says why."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [env: VISAVIS_HOST; 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [env: VISAVIS_PORT; 8000]")] = None,
    data_dir: DataDir = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain, PEM: speak https only [env: VISAVIS_TLS_CERT]")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key, PEM [env: VISAVIS_TLS_KEY]")
    ] = None,
) -> None:
    """Start the server. With a SQLite file, the first start creates an app and prints its keys, once."""
    settings = read_settings(host=host, port=port, data_dir=data_dir, tls_cert=tls_cert, tls_key=tls_key)
    start_logging(settings.log_format, settings.log_level)
    certificate = _certificate(settings)
    application = wiring.create_app(settings)
    with wiring.open_apps(settings) as apps:
        _first_start(apps, settings)
    if settings.console.enabled:
        with wiring.open_accounts(settings) as accounts:
            _first_account(accounts, settings)
    # The server stops in good order on SIGTERM and raises it again at the end; for us that end is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    edge = settings.edge
    config = uvicorn.Config(
        application,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=guarded_connection(Limits(edge.connections, edge.head_seconds, edge.answer_seconds)),
        ws="none",
        proxy_headers=bool(edge.trusted_proxies),
        forwarded_allow_ips=edge.trusted_proxies,
        ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
    )
    server = DrainingServer(config, application, settings.drain_seconds)
    server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _certificate(settings: Settings) -> Certificate | None:
    """What TLS is spoken with, read again on SIGHUP; None where it is left to a proxy. Raises SetupError."""
    if settings.tls_cert is None or settings.tls_key is None:
        if settings.tls_cert or settings.tls_key:
            raise SetupError("TLS takes both a certificate and its key: --tls-cert and --tls-key.")
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


def _first_start(apps: Apps, settings: Settings) -> None:
    if apps.store.list_apps():
        return
    if settings.database_url is None:
        _greet(settings, apps.create(FIRST_APP))
    else:
        # Of many nodes, none is the first, and what they print is collected.
        logger.warning("There is no app yet: `visavis app create NAME` makes one and prints its keys.")


def _greet(settings: Settings, keys: dict[KeyKind, str]) -> None:
    """What the first start prints: the keys, and a command that shows that they work."""
    out.rule("First start")
    print_keys(FIRST_APP, keys, as_json=False)
    picture = resources.files("visavis") / "assets" / "ines-selfie.jpg"
    url = reachable(settings)
    out.print("\nPaste this once the server runs:", style="bold")
    say(
        f"curl -X POST -H 'Authorization: {keys[KeyKind.SECRET_KEY]}' -F imageFile=@'{picture}' "
        f"'{url}/v2.0/appkeys/{keys[KeyKind.APP_KEY]}/faces/detect'\n"
    )
    say(f"Every operation of every protocol: {url}/docs\n")


def _first_account(accounts: Accounts, settings: Settings) -> None:
    """Until somebody has an account, each start prints a new link to open the first."""
    if settings.database_url is not None:
        if not accounts.store.list_users():
            logger.warning("Nobody can sign in to the console yet: `visavis console invite` prints a link.")
        return
    secret = accounts.invite_first()
    if secret is not None:
        out.print("Open the console, and choose a name and a password:", style="bold")
        say(f"{reachable(settings)}/console/setup#{secret}\n")
