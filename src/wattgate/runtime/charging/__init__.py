"""Limits in the words of one OCPP 1.6 wallbox, and whether it keeps to them."""
