"""Certificates and keys: reading and making them, keeping them on disk, TLS settings from them."""
