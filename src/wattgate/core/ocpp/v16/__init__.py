"""OCPP 1.6 edition 2 with the security extension: message types and the table of actions."""
