"""The charging profiles of backends, kept, and given to the wallbox while we only observe."""
