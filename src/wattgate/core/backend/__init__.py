"""The small test backend: an OCPP 1.6 central system with a memory, without sockets."""
