"""OCPP-J: frames, sessions, handshakes and charging schedules, as values."""
