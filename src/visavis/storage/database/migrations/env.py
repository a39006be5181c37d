"""What Alembic runs for every command: it migrates on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

from visavis.storage.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, once the driver keeps its hands off transactions
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
