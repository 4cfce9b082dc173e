"""One login at a backend: how it is registered, what secures it, what went wrong."""
