"""Passing files between wallboxes and backends."""
