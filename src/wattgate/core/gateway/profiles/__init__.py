"""The charging profiles of backends, and what all of them allow together."""
