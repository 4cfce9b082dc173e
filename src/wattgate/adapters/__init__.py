"""The only importers of third-party I/O."""
