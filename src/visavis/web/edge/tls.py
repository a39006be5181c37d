"""The server's own TLS: version 1.2 or newer, with a certificate that can be renewed while the server runs."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from visavis.errors import SetupError

logger = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key in files, and the SSL context that serves them."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Load both files. Raises SetupError if they cannot be used."""
        self._chain, self._key = chain, key
        self.context = self._loaded()

    def reload(self) -> None:
        """Read the files again, for the next connections. If they cannot be used, the old certificate stays."""
        try:
            self._loaded()
        except SetupError as error:
            logger.error("The certificate stays as it was: %s", error)  # noqa: TRY400 - the sentence says it all
            return
        self.context.load_cert_chain(self._chain, self._key)
        logger.info("The certificate has been read again.")

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._chain, self._key, password=_no_password)
        except ssl.SSLError as error:
            detail = "is no PEM chain with a PEM key of its own, without a password"
            raise SetupError(f"The TLS certificate {self._chain} with the key {self._key} {detail}.") from error
        except OSError as error:
            detail = f"{error.strerror or error}"
            raise SetupError(f"The TLS certificate {self._chain} or its key {self._key}: {detail}.") from error
        return context


def _no_password() -> str:
    """An empty password, or else OpenSSL would ask for one on the terminal."""
    return ""
