"""Durable storage: SQLite through one writer thread, and an in-memory twin for tests."""
