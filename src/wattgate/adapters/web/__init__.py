"""HTTP: API, health, metrics."""
