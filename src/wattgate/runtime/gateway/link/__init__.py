"""One login at a backend, kept up."""
