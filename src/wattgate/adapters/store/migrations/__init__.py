"""How the schema of the SQLite store came to be, step by step (Alembic)."""
