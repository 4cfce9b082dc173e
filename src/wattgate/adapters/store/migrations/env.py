"""Run by Alembic: migrates over the connection, and in the transaction, that the caller gives."""

from alembic import context

from wattgate.adapters.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
