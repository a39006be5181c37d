"""Opens the storage of a data directory; server and command line both begin here, also at the same time."""

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
from visavis.storage.database.postgresql import PostgresDatabase, place
from visavis.storage.database.schema import meta
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.gallery import group_rows
from visavis.storage.gallery.embeddings import StoredEmbeddings
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.gallery.model_change import Conversions, no_conversions
from visavis.storage.keys.bootstrap import bootstrap_keys
from visavis.storage.keys.metadata import CHECK, DATA_KEYS
from visavis.storage.keys.providers import GivenKeys, KeyFile, KeyProvider
from visavis.storage.keys.ring import KeyRing
from visavis.storage.keys.rotation import Rotation
from visavis.storage.keys.sync import KeySync
from visavis.storage.proof.anchor import Anchor
from visavis.storage.proof.tagging import MARK, tag_rows
from visavis.types import StorageUse

DATABASE_FILE = "visavis.db"
KEY_FILE = "master.key"
ANCHOR_FILE = "anchor"

TOMBSTONES_KEPT = timedelta(days=365)
"""So long a deleted group is told from one that never was."""

_UNTOUCHED = DATA_KEYS["derivation"]
"""The key of a row that is always there, and that nobody locks."""

SERVER = Actor(kind=ActorKind.SERVER)


@dataclass(frozen=True, slots=True)
class Storage:
    """What is kept, opened."""

    gallery: SealedGallery
    apps: KeyedApps
    calibrations: StoredCalibrations
    accounts: StoredAccounts
    journal: Journal
    """How what no store records by itself gets into the audit log."""
    audit: Chain
    owner: Actor
    """Whom the audit log names for what nobody else has begun."""
    token_key: bytes = field(repr=False)
    """32 bytes for signing page tokens, the same in every process on the same data."""
    anchor: Anchor
    """Notices a database that was put back from an earlier time."""
    key_sync: KeySync
    rotation: Rotation
    database: Database
    keys: KeyRing = field(repr=False)
    index_cache: IndexCache
    _audit_keys: AuditKeys = field(repr=False)

    def check(self) -> None:
        """Raises ServiceError if the records cannot be read."""
        with self.database.read() as connection:
            connection.execute(select(1))

    def check_writes(self) -> None:
        """Raises ServiceError if nothing can be written: by writing what is there already, to the disk."""
        with self.database.write() as connection:
            connection.execute(update(meta).where(meta.c.key == _UNTOUCHED).values(value=meta.c.value))

    def use(self) -> StorageUse:
        """What is held at the moment, without asking the database."""
        connections, index = self.database.connections(), self.index_cache.use()
        return StorageUse(*index, connections.open, connections.in_use)

    def verify_audit(self, recorded: Sequence[AuditHead], progress: Callable[[int], None]) -> Verdict:
        """Hold the audit log against its chain, and against heads noted before."""
        self.audit.advance(wait=True)
        return verify(self.database, self._audit_keys, recorded, progress)

    def prune_audit(self, before: datetime) -> int:
        """Take the records older than this moment out of the audit log; how many."""
        return prune(self.database, self._audit_keys, self.journal, before)

    def tidy(self) -> None:
        """Finish deletions as far as the database had put that off, and forget groups deleted long ago."""
        with self.database.write() as connection:
            group_rows.prune_tombstones(connection, datetime.now(UTC) - TOMBSTONES_KEPT)
        self.database.tidy()

    def compact(self) -> None:
        """Write the database anew, so that nothing is left of what was deleted; requests wait meanwhile."""
        self.database.compact()

    def close(self) -> None:
        """Let go of the database and of the templates in memory, after the anchor has followed."""
        self.anchor.advance()
        self.index_cache.clear()
        self.database.close()


def open_storage(  # noqa: PLR0913 - where everything is, and what it is made of
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
    """Open the data directory; the first to do so makes it, its database and, if none is given, its master key.

    `max_loaded_bytes` bounds the embeddings held in memory for searches. With a `database_url`, a libpq URI, the
    records are kept by that PostgreSQL server, over at most `database_connections` connections, and the
    directory holds the key file alone. `conversions` lead from one recognition model to another. `owner` is whom
    the audit log names for what nobody else has begun. `anchor_file`, else the file `anchor` of the directory,
    tells how far the database had come; `accept_older` is the head of the audit log of one that may be behind
    it. Raises SetupError if the directory or the database cannot be used, the database is older than it was, or
    the master key is missing or wrong.
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
        where = place(database_url) if database_url else f"The database {data_dir / DATABASE_FILE}"
        raise SetupError(f"{where} cannot be used: {why(error)}.") from error
    except OSError as error:
        raise SetupError(f"The data directory {data_dir} cannot be used: {error.strerror}.") from error
    index_cache = IndexCache(StoredEmbeddings(database, ring), max_loaded_bytes)
    audit_keys = AuditKeys(ring.derive)
    journal = Journal(database, audit_keys, owner)
    return Storage(
        gallery=SealedGallery(database, ring, index_cache, journal, conversions, instrument),
        apps=KeyedApps(database, ring, index_cache, journal),
        calibrations=StoredCalibrations(database, ring.proofs, journal),
        accounts=StoredAccounts(database, ring.proofs, journal),
        journal=journal,
        audit=Chain(database, audit_keys),
        anchor=anchor,
        owner=owner,
        token_key=ring.derive("page tokens"),
        key_sync=KeySync(database, ring),
        rotation=Rotation(database, ring, journal),
        database=database,
        keys=ring,
        index_cache=index_cache,
        _audit_keys=audit_keys,
    )


def open_database(place: str) -> Database:
    """The database at `sqlite:PATH` or `postgresql://...`; a file that does not exist is made.

    Raises SetupError if the place cannot be read as either, or used.
    """
    kind, _, path = place.partition(":")
    if kind != "sqlite":
        return PostgresDatabase(place, connections=4)
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
    """Bring the schema up to date and find the master key that fits. Raises SetupError."""
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
