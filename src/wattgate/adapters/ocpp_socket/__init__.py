"""OCPP-J over WebSocket: listener and dialer."""
