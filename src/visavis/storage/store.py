"""Opens the storage of a data directory, for servers and commands, which may use it at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select, update

from visavis.audit_events import Actor, ActorKind, AuditHead
from visavis.errors import ServiceError, SetupError
from visavis.index.cache import IndexCache
from visavis.spans import Instrumentation, uninstrumented
from visavis.storage.access_keys import StoredAccessKeys
from visavis.storage.accounts import StoredAccounts
from visavis.storage.apps import KeyedApps
from visavis.storage.audit.chain import Chain, begin_chain, read_head
from visavis.storage.audit.journal import Journal
from visavis.storage.audit.pruning import prune
from visavis.storage.audit.record_codec import AuditKeys
from visavis.storage.audit.verify import Verdict, verify
from visavis.storage.calibrations import StoredCalibrations
from visavis.storage.database import migrations
from visavis.storage.database.connection import Database, why, without_traces
from visavis.storage.database.guard import refuse_strangers
from visavis.storage.database.metadata import UNFINISHED_COPY, get_metadata, set_metadata
from visavis.storage.database.postgresql import PostgresDatabase, describe_server
from visavis.storage.database.schema import meta
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.gallery import group_rows
from visavis.storage.gallery.embeddings import StoredEmbeddings
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.gallery.model_change import Conversions, no_conversions
from visavis.storage.gallery.persons import StoredPersons
from visavis.storage.gallery.recognition_events import StoredRecognitionEvents
from visavis.storage.gallery.webhooks import StoredWebhooks
from visavis.storage.keys.bootstrap import bootstrap_keys
from visavis.storage.keys.metadata import CHECK, DATA_KEYS
from visavis.storage.keys.providers import GivenKeys, KeyFile, KeyProvider
from visavis.storage.keys.ring import KeyRing
from visavis.storage.keys.rotation import Rotation
from visavis.storage.keys.sync import KeySync
from visavis.storage.proof.anchor import Anchor
from visavis.storage.proof.tagging import MARK, tag_rows
from visavis.storage.second_factors import StoredSecondFactors
from visavis.usage import StorageUse

DATABASE_FILE = "visavis.db"
KEY_FILE = "master.key"
ANCHOR_FILE = "anchor"

TOMBSTONES_KEPT = timedelta(days=365)
"""How long a deleted group is distinguished from one that never existed."""

_UNTOUCHED = DATA_KEYS["derivation"]
"""The key of a row of `meta` that always exists and that no transaction locks."""

SERVER = Actor(kind=ActorKind.SERVER)


@dataclass(frozen=True, slots=True)
class Storage:
    """The open storage: all stores, the audit log, the keys and the index cache."""

    gallery: SealedGallery
    persons: StoredPersons
    recognition_events: StoredRecognitionEvents
    webhooks: StoredWebhooks
    apps: KeyedApps
    access_keys: StoredAccessKeys
    calibrations: StoredCalibrations
    accounts: StoredAccounts
    second_factors: StoredSecondFactors
    journal: Journal
    """Writes events to the audit log."""
    audit: Chain
    owner: Actor
    """The actor that the audit log names for changes that no request began."""
    token_key: bytes = field(repr=False)
    """32 bytes for signing page tokens, equal in every process on the same data."""
    sign_in_key: bytes = field(repr=False)
    """32 bytes for signing what a browser holds between password and code, equal in every process."""
    anchor: Anchor
    """Notices a database that was put back from an earlier time."""
    key_sync: KeySync
    rotation: Rotation
    database: Database
    keys: KeyRing = field(repr=False)
    index_cache: IndexCache
    _audit_keys: AuditKeys = field(repr=False)

    def check(self) -> None:
        """Read from the database. Raises ServiceError if it cannot be read."""
        with self.database.read() as connection:
            connection.execute(select(1))

    def check_writes(self) -> None:
        """Write to the database, without changing a value. Raises ServiceError if it cannot be written."""
        with self.database.write() as connection:
            connection.execute(update(meta).where(meta.c.key == _UNTOUCHED).values(value=meta.c.value))

    def use(self) -> StorageUse:
        """Memory and connections in use at this moment, without a query to the database."""
        connections, index = self.database.connections(), self.index_cache.use()
        return StorageUse(*index, connections.open, connections.in_use)

    def verify_audit(self, recorded: Sequence[AuditHead], progress: Callable[[int], None]) -> Verdict:
        """Verify the chain of the audit log, and heads that were recorded before.

        `progress` is called with the number of records checked since its last call.
        """
        self.audit.advance(wait=True)
        return verify(self.database, self._audit_keys, recorded, progress)

    def prune_audit(self, before: datetime) -> int:
        """Delete the records of the audit log that are older than this moment; return their number."""
        return prune(self.database, self._audit_keys, self.journal, before)

    def tidy(self) -> None:
        """Finish deletions that the database has postponed, and delete tombstones that are older than a year."""
        with self.database.write() as connection:
            group_rows.prune_tombstones(connection, datetime.now(UTC) - TOMBSTONES_KEPT)
        self.database.tidy()

    def compact(self) -> None:
        """Rewrite the database, so that no byte of deleted data is left in it; requests wait meanwhile."""
        self.database.compact()

    def close(self) -> None:
        """Bring the anchor up to date, close the database and delete the embeddings in memory."""
        self.anchor.advance()
        self.index_cache.clear()
        self.database.close()


def open_storage(  # noqa: PLR0913 - every part of the storage has a parameter
    data_dir: Path,
    master_key: bytes | KeyProvider | None = None,
    max_loaded_bytes: int = 4 << 30,
    database_url: str | None = None,
    database_connections: int = 16,
    *,
    conversions: Conversions = no_conversions,
    instrument: Instrumentation = uninstrumented,
    owner: Actor = SERVER,
    anchor_file: Path | None = None,
    accept_older: AuditHead | None = None,
) -> Storage:
    """Open the data directory; create it, its database and its master key file if they are missing.

    `master_key` None means the key file in the directory. `max_loaded_bytes` limits the memory for embeddings.
    With a `database_url`, a libpq URI, that PostgreSQL server stores the records, over at most
    `database_connections` connections, and the directory holds the key file alone. `conversions` lead from one
    recognition model to another. `owner` is the actor that the audit log names for changes that no request began.
    `anchor_file`, by default the file `anchor` in the directory, says how far the database had come;
    `accept_older` is the head of the audit log of a database that may be behind it. Raises SetupError if the
    directory or the database cannot be used, the database is older than it was, or the master key is missing or
    wrong.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        database: Database = (
            PostgresDatabase(database_url, database_connections, instrument)
            if database_url
            else SqliteDatabase(data_dir / DATABASE_FILE, instrument)
        )
        with without_traces():
            ring = prepare(database, master_key, data_dir / KEY_FILE)
            anchor = _anchored(database, ring, anchor_file or data_dir / ANCHOR_FILE, accept_older)
            tag_rows(database, ring.proofs)
    except ServiceError as error:
        subject = describe_server(database_url) if database_url else f"The database {data_dir / DATABASE_FILE}"
        raise SetupError(f"{subject} cannot be used: {why(error)}.") from error
    except OSError as error:
        raise SetupError(f"The data directory {data_dir} cannot be used: {error.strerror}.") from error
    index_cache = IndexCache(StoredEmbeddings(database, ring), max_loaded_bytes)
    audit_keys = AuditKeys(ring.derive)
    journal = Journal(database, audit_keys, owner)
    gallery = SealedGallery(database, ring, index_cache, journal, conversions, instrument)
    return Storage(
        gallery=gallery,
        persons=StoredPersons(database, ring, index_cache, journal, gallery.writers),
        recognition_events=StoredRecognitionEvents(database, ring.proofs),
        webhooks=StoredWebhooks(database, ring, journal),
        apps=KeyedApps(database, ring, index_cache, journal),
        access_keys=StoredAccessKeys(database, ring, journal),
        calibrations=StoredCalibrations(database, ring.proofs, journal),
        accounts=StoredAccounts(database, ring.proofs, journal),
        second_factors=StoredSecondFactors(database, ring, journal),
        journal=journal,
        audit=Chain(database, audit_keys),
        anchor=anchor,
        owner=owner,
        token_key=ring.derive("page tokens"),
        sign_in_key=ring.derive("sign-in tokens"),
        key_sync=KeySync(database, ring),
        rotation=Rotation(database, ring, journal),
        database=database,
        keys=ring,
        index_cache=index_cache,
        _audit_keys=audit_keys,
    )


def open_database(url: str) -> Database:
    """The database at `sqlite:PATH` or `postgresql://...`; a file that does not exist is created.

    Raises SetupError if the URL has neither form, or the database cannot be used.
    """
    kind, _, path = url.partition(":")
    if kind != "sqlite":
        return PostgresDatabase(url, connections=4)
    try:
        return SqliteDatabase(Path(path.removeprefix("//")))
    except OSError as error:
        raise SetupError(f"The file {path} cannot be used: {error.strerror}.") from error


def head_in(data_dir: Path, database_url: str | None) -> AuditHead:
    """The end of the audit log of the database that is there."""
    with (
        closing(open_database(database_url or f"sqlite:{data_dir / DATABASE_FILE}")) as database,
        database.read() as connection,
    ):
        return read_head(connection)


def prepare(database: Database, master_key: bytes | KeyProvider | None, key_file: Path) -> KeyRing:
    """Upgrade the schema and find the right master key; create one for a new database. Raises SetupError."""
    try:
        with database.set_up() as connection:
            migrations.upgrade(connection)
            refuse_strangers(connection)
            _refuse_unfinished_copy(connection)
            begin_chain(connection)
            if get_metadata(connection, CHECK) is None:
                set_metadata(connection, MARK, b"")
            ring = bootstrap_keys(connection, _provider(master_key, key_file))
    except BaseException:
        database.close()
        raise
    return ring


def _anchored(database: Database, ring: KeyRing, file: Path, accepted: AuditHead | None) -> Anchor:
    """The anchor that the database is not behind of. Raises SetupError."""
    anchor = Anchor(database, ring.derive, file)
    try:
        anchor.require(accepted)
    except SetupError:
        database.close()
        raise
    return anchor


def _provider(given: bytes | KeyProvider | None, key_file: Path) -> KeyProvider:
    if given is None:
        return KeyFile(key_file, own=True)
    return GivenKeys((given,)) if isinstance(given, bytes) else given


def _refuse_unfinished_copy(connection: Connection) -> None:
    if get_metadata(connection, UNFINISHED_COPY) is not None:
        raise SetupError("A copy into this database was not finished: run `visavis db copy` again.")
