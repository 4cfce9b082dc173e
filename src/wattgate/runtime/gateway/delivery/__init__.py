"""What is queued for a backend, delivered once and in order."""
